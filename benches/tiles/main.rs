//! What a tile's picture costs on a host, usher's page beside Epoptes: the same displays, and pictures of the same size.
//!
//! `cargo xtask bench dashboard` runs it after the page's own figures. It needs what the tests on real hosts need, and Chromium.
//! `--short` tries it. No figure is ever demanded: machines are noisy.

#[path = "../../tests/host/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests on real hosts stand on it too")]
mod harness;

#[path = "../../tests/dashboard/browser.rs"]
#[allow(dead_code, reason = "the page's tests use more of it")]
mod browser;
#[path = "../shared/built.rs"]
#[allow(dead_code, reason = "what is measured is in the packages")]
mod built;
#[path = "../displays/cost.rs"]
#[allow(dead_code, reason = "locks are measured with more of it")]
mod cost;
#[path = "../displays/installed.rs"]
mod installed;
#[path = "../displays/table.rs"]
#[allow(dead_code, reason = "locks are measured with more of it")]
mod table;

mod epoptes;
mod page;

use std::time::Duration;

use harness::{Host, Options, Screen, Suite, X11};
use table::{Table, figures};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    tiles: usize,
    samples: usize,
    window: Duration,
}

const WHOLE: Extent = Extent { tiles: 20, samples: 5, window: Duration::from_secs(8) };
const SHORT: Extent = Extent { tiles: 2, samples: 2, window: Duration::from_secs(2) };

/// A terminal that shows something new twice a second.
const CHANGES: &str = "exec xterm -geometry 60x10+300+200 -e sh -c 'while sleep .5; do date +%N; done'";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too, with an argument that says so: it only has to start.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    if let Err(reason) = harness::ready(Suite::Bookworm) {
        println!("tiles: not measured: {reason}");
        return;
    }
    let Some(programs) = browser::chromium() else { return };
    let extent = if arguments.iter().any(|argument| argument == "--short") { SHORT } else { WHOLE };
    let host = Host::boot(Options { suite: Suite::Bookworm, packages: false });
    installed::install(&host);
    let screens: Vec<Screen> =
        (1..=extent.tiles).map(|number| host.x11(&host.user(&format!("person{number}")), X11::Xvfb)).collect();
    let page = page::Page::open(&host, &screens, &programs);
    let mut table = Table::new(&["a tile's picture", "pictures a second", "CPU ms", "KiB on the wire"]);
    let still = page.measure(extent.samples, extent.window);
    screens.iter().for_each(|screen| _ = screen.start(CHANGES));
    let changing = page.measure(extent.samples, extent.window);
    table.row(changing.a_picture("usher, screens that change twice a second"));
    let size = page.size();
    drop(page);
    let asked: Vec<epoptes::Cost> =
        screens.iter().map(|screen| epoptes::measure(screen, size, extent.samples)).collect();
    let of = |what: fn(&epoptes::Cost) -> f64| figures(&asked.iter().map(what).collect::<Vec<_>>());
    table.row(vec![
        "epoptes, each time it asks, changed or not".to_owned(),
        "as often as it asks".to_owned(),
        of(|cost| cost.cpu_ms),
        of(|cost| cost.bytes / 1024.0),
    ]);
    println!("{} displays of 1280x720, pictures of {}x{}:\n\n{table}", extent.tiles, size.0, size.1);
    println!("usher's CPU, in per cent of one core (goal of what changes: at most 30 % without usherd):");
    println!("  screens that change twice a second: {changing}");
    println!("  screens that do not change: {still}");
}
