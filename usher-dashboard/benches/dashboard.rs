//! What the web page costs, with a real Chromium that shows it: `cargo xtask bench dashboard`. Medians are printed; CPU is that
//! of usher's processes, not of the browser, in per cent of one core.

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
    page.script("for (const [id, value] of [['size', 130], ['every', 2]]) { const one = document.getElementById(id); one.value = value; one.dispatchEvent(new Event('input')); }");
    page.until(&format!("document.querySelectorAll('.tile img').length === {TILES} && [...document.querySelectorAll('.tile img')].every((image) => image.naturalWidth > 0)"));
    page.script("performance.setResourceTimingBufferSize(1000000)");
    page.tool("Performance.enable", &json!({}));
    let samples: Vec<[f64; 3]> = (0..SAMPLES).map(|_| sample(&page)).collect();
    let of = |place: usize| median(samples.iter().map(|sample| sample[place]).collect());
    println!(
        "{TILES} tiles, {changing} change ({what}): CPU {:.1} %, {:.0} KB/s to the page, script and layout {:.1} ms a second",
        of(0),
        of(1) / 1000.0,
        of(2)
    );
}

/// CPU in per cent, bytes a second, and milliseconds of script and layout a second.
fn sample(page: &Chromium) -> [f64; 3] {
    let before = (ticks(), bytes(page), busy(page), Instant::now());
    std::thread::sleep(WINDOW);
    let seconds = before.3.elapsed().as_secs_f64();
    let per_second = rustix::param::clock_ticks_per_second();
    [
        100.0 * (ticks() - before.0) as f64 / per_second as f64 / seconds,
        (bytes(page) - before.1) / seconds,
        1000.0 * (busy(page) - before.2) / seconds,
    ]
}

/// The time that usher's processes have run, and the children that they waited for.
fn ticks() -> u64 {
    let place = program("usherd").parent().expect("a directory").to_owned();
    let all = fs::read_dir("/proc").expect("processes").flatten().map(|entry| entry.path());
    let ours = all.filter(|process| fs::read_link(process.join("exe")).is_ok_and(|exe| exe.starts_with(&place)));
    let stats = ours.filter_map(|process| fs::read_to_string(process.join("stat")).ok());
    stats
        .map(|stat| {
            let fields: Vec<&str> = stat.rsplit_once(") ").map_or(Vec::new(), |(_, rest)| rest.split(' ').collect());
            fields.get(11..15).unwrap_or_default().iter().filter_map(|field| field.parse::<u64>().ok()).sum::<u64>()
        })
        .sum()
}

/// What the page has been sent, by the browser's count.
fn bytes(page: &Chromium) -> f64 {
    let sum = "return performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0)";
    page.script(sum).as_f64().unwrap_or(0.0)
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
