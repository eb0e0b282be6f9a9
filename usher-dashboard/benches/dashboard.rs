//! What the web page costs, with a real Chromium that shows it: `cargo xtask bench dashboard`, or `-- --short` to try it. Each
//! figure is printed with its goal. Medians are printed; CPU is that of usher's processes, not of the browser, in per cent of
//! one core. Script and layout are the browser's own count.

#[path = "../../benches/shared/built.rs"]
mod built;
#[path = "../tests/dashboard/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the page's tests use more of it")]
mod harness;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use harness::{Chromium, Lab, chromium, program};

/// The whole takes no longer, apart from what waits for something that never comes, which ends by itself.
const BOUND: Duration = Duration::from_secs(240);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Tiles on the wall, and how many of them change twice a second.
    tiles: usize,
    changing: usize,
    /// How many samples a median is of, and how long one takes.
    samples: usize,
    window: Duration,
}

const WHOLE: Extent = Extent { tiles: 200, changing: 20, samples: 5, window: Duration::from_secs(8) };
const SHORT: Extent = Extent { tiles: 20, changing: 2, samples: 2, window: Duration::from_secs(2) };

/// Counts in the page, before the page's own script: when the first picture is seen, what the stream tells, what moves.
const COUNTING: &str = "
globalThis.counted = { first: 0, news: 0, told: 0, moved: 0, pictures: 0 };
document.addEventListener('load', (event) => {
  if (event.target.tagName !== 'IMG' || !(event.target.naturalWidth > 1)) return;
  counted.pictures += 1;
  counted.first ||= performance.now();
}, true);
const Source = EventSource;
globalThis.EventSource = class extends Source {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', (event) => { counted.news += 1; counted.told += event.data.length; });
  }
};
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) counted.moved += one.value;
}).observe({ type: 'layout-shift', buffered: true });
performance.setResourceTimingBufferSize(1000000);
";

fn main() {
    let Some(programs) = chromium() else { return };
    let extent = if std::env::args().any(|one| one == "--short") { SHORT } else { WHOLE };
    built::programs(&["usher", "usherd", "usher-tty", "usher-dashboard"]);
    built::shield();
    let until = Instant::now() + BOUND;
    first_picture(&programs, extent);
    wall(&programs, extent, 0, until);
    wall(&programs, extent, extent.changing, until);
}

/// Says a figure and whether it reached its goal.
fn figure(what: &str, value: f64, unit: &str, most: f64) {
    let verdict = if value <= most { "reached" } else { "MISSED" };
    println!("  {what}: {value:.1} {unit} (goal: at most {most} {unit}; {verdict})");
}

fn browser(programs: &(PathBuf, PathBuf)) -> Chromium {
    let page = Chromium::start(programs, "en");
    page.tool("Page.addScriptToEvaluateOnNewDocument", &json!({"source": COUNTING}));
    page
}

/// From opening the link to the first picture that is seen, in a browser that runs already.
fn first_picture(programs: &(PathBuf, PathBuf), extent: Extent) {
    let lab = Lab::start();
    for name in ["exam", "clock", "essay"] {
        lab.open(name, "exec cat");
    }
    let page = browser(programs);
    let times = (0..extent.samples).map(|_| {
        let dashboard = lab.dashboard();
        page.open(&dashboard.link);
        page.until("counted.first");
        counted(&page)[0]
    });
    let times: Vec<f64> = times.collect();
    println!("Three sessions, on loopback:");
    figure("first picture after the sign-in by the link", median(times), "ms", 500.0);
}

/// A wall of tiles, all of them in view, with pictures as often as the page offers.
fn wall(programs: &(PathBuf, PathBuf), extent: Extent, changing: usize, until: Instant) {
    let Extent { tiles, samples, window, .. } = extent;
    let lab = Lab::start();
    for number in 0..tiles {
        let script = if number < changing { "while sleep .5; do date +%N; done" } else { "exec cat" };
        lab.open(&format!("tile-{number}"), script);
    }
    let dashboard = lab.dashboard();
    let page = browser(programs);
    let size = json!({"width": 2560, "height": 2400, "deviceScaleFactor": 1, "mobile": false});
    page.tool("Emulation.setDeviceMetricsOverride", &size);
    page.open(&dashboard.link);
    page.script("for (const [id, value] of [['size', 130], ['every', 0.5]]) { const one = document.getElementById(id); one.value = value; one.dispatchEvent(new Event('input')); }");
    page.until(&format!("document.querySelectorAll('.tile img').length === {tiles} && [...document.querySelectorAll('.tile img')].every((image) => image.naturalWidth > 0)"));
    page.tool("Performance.enable", &json!({}));
    // The wall that this script made smaller moved.
    let moved = counted(&page)[3];
    let mut taken: Vec<Sample> = Vec::new();
    while taken.len() < samples && (taken.is_empty() || Instant::now() < until) {
        taken.push(sample(&page, window));
    }
    let of = |what: fn(&Sample) -> f64| median(taken.iter().map(what).collect());
    println!("{tiles} tiles, {changing} of which change twice a second; medians of {} times {window:?}:", taken.len());
    if changing == 0 {
        figure("CPU of all of usher's processes", of(|one| one.drawing + one.others), "%", 1.0);
    } else {
        figure("CPU of the dashboard and of what draws", of(|one| one.drawing), "%", 30.0);
        figure("script and layout, for each picture or word that came", of(Sample::an_update), "ms", 16.0);
        figure("to the page", of(|one| one.bytes) / 1e6, "MB/s", 2.0);
    }
    println!("  beside it: usherd and holders {:.1} % CPU", of(|one| one.others));
    println!(
        "  {:.1} pictures and {:.1} words a second, {:.2} MB/s; script and layout {:.1} ms a second; layout shift {:.3}",
        of(|one| one.pictures),
        of(|one| one.news),
        of(|one| one.bytes) / 1e6,
        of(|one| one.busy),
        counted(&page)[3] - moved,
    );
}

/// What a second costs.
#[derive(Debug)]
struct Sample {
    /// CPU in per cent of one core: of the dashboard with what draws, and of usher's other processes.
    drawing: f64,
    others: f64,
    bytes: f64,
    pictures: f64,
    news: f64,
    /// Milliseconds of script and layout.
    busy: f64,
}

impl Sample {
    fn an_update(&self) -> f64 {
        self.busy / (self.pictures + self.news).max(1.0)
    }
}

fn sample(page: &Chromium, window: Duration) -> Sample {
    let before = (ticks(), counted(page), received(page), busy(page), Instant::now());
    std::thread::sleep(window);
    let seconds = before.4.elapsed().as_secs_f64();
    let (after, counts) = (ticks(), counted(page));
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    let cpu = |place: usize| 100.0 * after[place].saturating_sub(before.0[place]) as f64 / per_second / seconds;
    let grown = |place: usize| (counts[place] - before.1[place]) / seconds;
    Sample {
        drawing: cpu(0),
        others: cpu(1),
        bytes: (received(page) - before.2) / seconds + grown(2),
        pictures: grown(4),
        news: grown(1),
        busy: 1000.0 * (busy(page) - before.3) / seconds,
    }
}

/// The time that usher's processes have run: the dashboard and what draws, which ends as usherd's children; and all the others.
fn ticks() -> [u64; 2] {
    let place = program("usherd").parent().expect("a directory").to_owned();
    let all = fs::read_dir("/proc").expect("processes").flatten().map(|entry| entry.path());
    let mut ticks = [0, 0];
    for process in all {
        let Ok(program) = fs::read_link(process.join("exe")) else { continue };
        let (true, Ok(stat)) = (program.starts_with(&place), fs::read_to_string(process.join("stat"))) else {
            continue;
        };
        // In `proc_pid_stat(5)` these are the fields 14 to 17: the process's own time, and that of the children it waited for.
        let fields: Vec<&str> = stat.rsplit_once(") ").map_or(Vec::new(), |(_, rest)| rest.split(' ').collect());
        let of = |range: std::ops::Range<usize>| -> u64 {
            fields.get(range).unwrap_or_default().iter().filter_map(|field| field.parse::<u64>().ok()).sum()
        };
        let [draws, waits] = [&["usher-dashboard", "usher-shield"][..], &["usherd"]]
            .map(|names| names.iter().any(|name| program.ends_with(name)));
        ticks[usize::from(!draws)] += of(11..13);
        // What a holder waited for is its session's own program.
        if draws || waits {
            ticks[0] += of(13..15);
        }
    }
    ticks
}

/// What the page has counted: milliseconds to the first picture, words of the stream, their bytes, shifts, pictures.
fn counted(page: &Chromium) -> [f64; 5] {
    let said = page.script("return [counted.first, counted.news, counted.told, counted.moved, counted.pictures]");
    [0, 1, 2, 3, 4].map(|place| said[place].as_f64().unwrap_or(0.0))
}

/// The bytes that the page has been sent beside the stream, by the browser's count.
fn received(page: &Chromium) -> f64 {
    let all = "return performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0)";
    page.script(all).as_f64().unwrap_or(0.0)
}

/// Seconds of script and layout, by the browser's count.
fn busy(page: &Chromium) -> f64 {
    let said = page.tool("Performance.getMetrics", &json!({}));
    let metrics = said["metrics"].as_array().cloned().unwrap_or_default();
    let of = |name: &str| metrics.iter().find(|one| one["name"] == name).and_then(|one| one["value"].as_f64());
    ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"].into_iter().filter_map(of).sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
