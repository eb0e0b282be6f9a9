//! usher's page with a tile for each display, as the host itself serves it by TLS, in a Chromium on another machine.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use super::browser::{Chromium, laboratory};
use super::cost::{self, Unit};
use super::harness::{Host, Screen};
use super::table::{figures, median};

const ENTER: &str = "\u{e007}";

/// Counts the pictures that are seen, before the page's own script.
const COUNTING: &str = "
globalThis.pictures = 0;
document.addEventListener('load', (event) => {
  if (event.target.tagName === 'IMG' && event.target.naturalWidth > 1) pictures += 1;
}, true);
";

/// The page, which an operator has opened.
pub struct Page<'h> {
    browser: Chromium,
    host: &'h Host,
    usherd: Unit,
    /// What serves the page, and what draws: the page's service, and the displays' shields.
    drawing: Vec<Unit>,
}

impl Page<'_> {
    /// Signs in and has every tile on the screen, with pictures as often as the page offers.
    pub fn open<'h>(host: &'h Host, screens: &[Screen], programs: &(PathBuf, PathBuf)) -> Page<'h> {
        host.root("usher dashboard enable").succeeds();
        let olga = host.user_in("olga", &["usher-operator"]);
        let browser = Chromium::start_in(Some(laboratory()), programs, "en");
        browser.tool("Page.addScriptToEvaluateOnNewDocument", &json!({"source": COUNTING}));
        let size = json!({"width": 2560, "height": 2400, "deviceScaleFactor": 1, "mobile": false});
        browser.tool("Emulation.setDeviceMetricsOverride", &size);
        browser.open(&format!("https://{}:8478/", host.address()));
        browser.until("document.querySelector('form[action=\"/sign-in\"]')");
        browser.click("[name=user]");
        browser.keys(&olga.name);
        browser.click("[name=password]");
        browser.keys(&format!("{}{ENTER}", olga.password));
        let shown = "[...document.querySelectorAll('.tile img')].filter((image) => image.naturalWidth > 1).length";
        browser.until(&format!("{shown} === {}", screens.len()));
        browser.script(
            "const one = document.getElementById('every'); one.value = 0.5; one.dispatchEvent(new Event('input'));",
        );
        let [usherd, page] = ["usherd.service", "usher-dashboard.service"].map(|name| Unit::of(host, name));
        let shields = screens.iter().map(|screen| cost::shield(host, screen).expect("a shield"));
        Page { browser, host, usherd, drawing: [page].into_iter().chain(shields).collect() }
    }

    /// How large the pictures are, in pixels.
    pub fn size(&self) -> (u64, u64) {
        let said = self
            .browser
            .script("const one = document.querySelector('.tile img'); return [one.naturalWidth, one.naturalHeight]");
        (said[0].as_u64().expect("a width"), said[1].as_u64().expect("a height"))
    }

    /// What the page costs for a while, several times.
    pub fn measure(&self, samples: usize, window: Duration) -> Costs {
        Costs((0..samples).map(|_| self.sample(window)).collect())
    }

    fn sample(&self, window: Duration) -> Sample {
        let now = || (self.drawing_ms(), self.usherd.cpu(), self.bytes(), self.pictures());
        let (before, begun) = (now(), Instant::now());
        std::thread::sleep(window);
        let (after, seconds) = (now(), begun.elapsed().as_secs_f64());
        Sample {
            drawing_ms: (after.0 - before.0) / seconds,
            usherd_ms: (after.1 - before.1) / seconds,
            bytes: (after.2 - before.2) / seconds,
            pictures: (after.3 - before.3) / seconds,
        }
    }

    fn drawing_ms(&self) -> f64 {
        self.drawing.iter().map(Unit::cpu).sum()
    }

    /// All that the host's network card has sent and received: nobody else speaks with the host.
    fn bytes(&self) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/net/dev", self.host.leader())).expect("the host's network");
        let cards = text.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| name.trim() != "lo");
        let of = |counts: &str| -> f64 {
            let counts: Vec<f64> = counts.split_whitespace().filter_map(|count| count.parse().ok()).collect();
            // `proc_pid_net(5)`: received bytes come first, sent ones ninth.
            counts[0] + counts[8]
        };
        cards.map(|(_, counts)| of(counts)).sum()
    }

    fn pictures(&self) -> f64 {
        self.browser.script("return pictures").as_f64().expect("a number")
    }
}

/// What a second costs.
#[derive(Debug, Clone, Copy)]
struct Sample {
    drawing_ms: f64,
    usherd_ms: f64,
    bytes: f64,
    pictures: f64,
}

/// What several whiles cost.
#[derive(Debug)]
pub struct Costs(Vec<Sample>);

impl Costs {
    fn of(&self, what: fn(&Sample) -> f64) -> Vec<f64> {
        self.0.iter().map(what).collect()
    }

    /// The cells of what one picture costs.
    pub fn a_picture(&self, name: &str) -> Vec<String> {
        vec![
            name.to_owned(),
            figures(&self.of(|one| one.pictures)),
            figures(&self.of(|one| (one.drawing_ms + one.usherd_ms) / one.pictures.max(1.0))),
            figures(&self.of(|one| one.bytes / one.pictures.max(1.0) / 1024.0)),
        ]
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |what| median(&self.of(what));
        // A millisecond of a second is a tenth of a per cent.
        let (drawing, usherd) = (of(|one| one.drawing_ms / 10.0), of(|one| one.usherd_ms / 10.0));
        let (pictures, bytes) = (of(|one| one.pictures), of(|one| one.bytes / 1024.0));
        write!(f, "the page's service and the shields {drawing:.1} %, usherd beside it {usherd:.1} %; ")?;
        write!(f, "{pictures:.1} pictures and {bytes:.1} KiB a second")
    }
}
