//! What a screen reader, or somebody who sees little, would stumble over, as axe-core finds it.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Chromium, Lab, chromium, skip};

/// The violations that axe-core finds in what is shown now.
#[track_caller]
fn violations(page: &Chromium, axe: &str) -> Vec<String> {
    page.tool("Runtime.evaluate", &json!({"expression": axe}));
    let run = "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((one) => one.id + ': ' + one.help + ' ' + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + ' ' + node.any.map((any) => any.message).join(' ')).join(' | ')))";
    let said = page.tool("Runtime.evaluate", &json!({"expression": run, "awaitPromise": true, "returnByValue": true}));
    let found = said["result"]["value"].as_array().unwrap_or_else(|| panic!("axe-core says {said}"));
    found.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn axe_core_finds_nothing_in_any_view_scheme_and_size() {
    let Some(programs) = chromium() else { return };
    let Some(axe) = std::env::var_os("USHER_AXE").and_then(|file| fs::read_to_string(file).ok()) else {
        return skip("axe-core is not installed");
    };
    let lab = Lab::start();
    for name in ["exam", "clock", "essay"] {
        lab.open(name, "exec cat");
    }
    lab.json(&["lock", "1", "--message", "Eyes up, 眼睛看前面"]);
    lab.json(&["block", "--user", "nobody", "--message", "x"]);
    let dashboard = lab.dashboard();
    let page = Chromium::start(&programs, "en");
    page.open(&dashboard.link);
    page.until("document.querySelectorAll('.tile').length === 3");
    page.until("[...document.querySelectorAll('.screen img')].some((image) => image.naturalWidth > 0)");
    page.click("#tile-0-2");
    for width in [390, 1280] {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        page.tool("Emulation.setDeviceMetricsOverride", &size);
        for scheme in ["light", "dark"] {
            let feature = json!([{"name": "prefers-color-scheme", "value": scheme}]);
            page.tool("Emulation.setEmulatedMedia", &json!({"features": feature}));
            for view in ["wall", "log", "rules"] {
                page.click(&format!("[data-view={view}]"));
                page.until("document.querySelector('#records tr, #wall:not([hidden])')");
                assert_eq!(violations(&page, &axe), Vec::<String>::new(), "{view}, {scheme}, {width}");
            }
            page.click("[data-view=wall]");
            page.script("document.activeElement.blur(); document.querySelector('[data-verb=lock]').click()");
            page.until("document.querySelector('#lock-dialog[open]')");
            assert_eq!(violations(&page, &axe), Vec::<String>::new(), "the lock's dialog, {scheme}, {width}");
            page.click("#lock-dialog [data-cancel]");
        }
    }
}
