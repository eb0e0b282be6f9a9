//! What the web page costs, with a real Chromium that shows it: `cargo xtask bench dashboard`. Medians are printed; CPU is that
//! of usher's processes, not of the browser, in per cent of one core. Script and layout are the browser's own count.

#[path = "../tests/dashboard/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the page's tests use more of it")]
mod harness;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use harness::{Chromium, Lab, chromium, program};

/// Tiles on the wall, and how many of them change twice a second.
const TILES: usize = 200;
const CHANGING: usize = 20;
/// How many samples a median is of, and how long one takes.
const SAMPLES: usize = 5;
const WINDOW: Duration = Duration::from_secs(8);

fn main() {
    let Some(programs) = chromium() else { return };
    first_picture(&programs);
    wall(&programs, "nothing changes", 0);
    wall(&programs, "some change twice a second", CHANGING);
}

/// From opening the link to the first picture that is seen, in a browser that runs already.
fn first_picture(programs: &(PathBuf, PathBuf)) {
    let lab = Lab::start();
    for name in ["exam", "clock", "essay"] {
        lab.open(name, "exec cat");
    }
    let page = Chromium::start(programs, "en");
    let times = (0..SAMPLES).map(|_| {
        let dashboard = lab.dashboard();
        let begun = Instant::now();
        page.open(&dashboard.link);
        page.until("[...document.querySelectorAll('.screen img')].some((image) => image.naturalWidth > 0)");
        begun.elapsed().as_secs_f64() * 1000.0
    });
    println!("first picture after the link was opened: {:.0} ms", median(times.collect()));
}

/// A wall of 200 tiles, all of them in view, with pictures as often as the page offers.
fn wall(programs: &(PathBuf, PathBuf), what: &str, changing: usize) {
    let lab = Lab::start();
    for number in 0..TILES {
        let script = if number < changing { "while sleep .5; do date +%N; done" } else { "exec cat" };
        lab.open(&format!("tile-{number}"), script);
    }
    let dashboard = lab.dashboard();
    let page = Chromium::start(programs, "en");
    let size = json!({"width": 2560, "height": 2400, "deviceScaleFactor": 1, "mobile": false});
    page.tool("Emulation.setDeviceMetricsOverride", &size);
    page.open(&dashboard.link);
    page.script("for (const [id, value] of [['size', 130], ['every', 0.5]]) { const one = document.getElementById(id); one.value = value; one.dispatchEvent(new Event('input')); }");
    page.until(&format!("document.querySelectorAll('.tile img').length === {TILES} && [...document.querySelectorAll('.tile img')].every((image) => image.naturalWidth > 0)"));
    page.script("performance.setResourceTimingBufferSize(1000000)");
    page.script("globalThis.moved = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) globalThis.moved += one.value; }).observe({type: 'layout-shift', buffered: true})");
    page.tool("Performance.enable", &json!({}));
    let samples: Vec<[f64; 5]> = (0..SAMPLES).map(|_| sample(&page)).collect();
    let of = |place: usize| median(samples.iter().map(|sample| sample[place]).collect());
    println!(
        "{TILES} tiles, {changing} change ({what}): CPU of the dashboard and of what draws {:.1} %, of usherd and holders {:.1} %, {:.0} KB/s to the page, {:.1} pictures a second, script and layout {:.1} ms a second, {:.2} ms a picture, layout shift {}",
        of(0),
        of(1),
        of(2) / 1000.0,
        of(3),
        of(4),
        of(4) / of(3).max(1.0),
        page.script("return globalThis.moved")
    );
}

/// CPU in per cent of the dashboard with what draws, and of the others; bytes, pictures, and milliseconds of script and layout a
/// second.
fn sample(page: &Chromium) -> [f64; 5] {
    let before = (ticks(), received(page), busy(page), Instant::now());
    std::thread::sleep(WINDOW);
    let seconds = before.3.elapsed().as_secs_f64();
    let per_second = rustix::param::clock_ticks_per_second();
    let (after, sent) = (ticks(), received(page));
    let cpu = |place: usize| 100.0 * after[place].saturating_sub(before.0[place]) as f64 / per_second as f64 / seconds;
    [
        cpu(0),
        cpu(1),
        (sent[0] - before.1[0]) / seconds,
        (sent[1] - before.1[1]) / seconds,
        1000.0 * (busy(page) - before.2) / seconds,
    ]
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
        let of = |range| {
            fields
                .get::<std::ops::Range<usize>>(range)
                .unwrap_or_default()
                .iter()
                .filter_map(|f| f.parse::<u64>().ok())
                .sum::<u64>()
        };
        let draws = ["usher-dashboard", "usher-shield"].iter().any(|name| program.ends_with(name));
        ticks[usize::from(!draws)] += of(11..13);
        ticks[0] += of(13..15);
    }
    ticks
}

/// The bytes that the page has been sent, and the pictures, by the browser's count. An answer without a picture has no body.
fn received(page: &Chromium) -> [f64; 2] {
    let script = "const all = performance.getEntriesByType('resource'); return [all.reduce((sum, one) => sum + one.transferSize, 0), all.filter((one) => one.name.includes('/pictures/') && one.encodedBodySize > 0).length]";
    let said = page.script(script);
    [0, 1].map(|place| said[place].as_f64().unwrap_or(0.0))
}

/// Seconds of script and layout, by the browser's count.
fn busy(page: &Chromium) -> f64 {
    let said = page.tool("Performance.getMetrics", &json!({}));
    let of = |name: &str| {
        let found = said["metrics"].as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
        found.and_then(|one| one["value"].as_f64()).unwrap_or(0.0)
    };
    ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"].map(of).iter().sum()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
