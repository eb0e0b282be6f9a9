//! The page by mouse: select, lock, close with notice, look at one large; a reload keeps how the wall is looked at.

use crate::harness::{Chromium, Lab, chromium, wait_until};

#[test]
fn a_session_is_locked_looked_at_and_closed_by_mouse() {
    let Some(programs) = chromium() else { return };
    let lab = Lab::start();
    let (id, other) = (lab.open("exam", "exec cat"), lab.open("clock", "exec cat"));
    let dashboard = lab.dashboard();
    let page = Chromium::start(&programs, "en");
    page.open(&dashboard.link);
    page.until("document.querySelectorAll('.tile').length === 2");
    page.click(&format!("#tile-0-{id}"));
    page.click("[data-verb=lock]");
    page.click("#lock-dialog [name=message]");
    page.keys("Eyes up");
    page.click("#lock-dialog [name=until]");
    page.keys("15");
    page.click("#lock-dialog .sends");
    wait_until("it is locked", || lab.session(id)["lock"]["until"].is_string());
    assert_eq!(lab.session(other)["locked"], false);
    page.until("document.querySelectorAll('.tile.locked').length === 1");

    page.script(&format!(
        "document.querySelector('#tile-0-{id}').dispatchEvent(new MouseEvent('dblclick', {{bubbles: true}}))"
    ));
    page.until("document.querySelector('#large[open] img').naturalWidth > 320");
    page.click("#large [data-cancel]");

    page.click("#filter");
    page.keys("clock");
    page.until("document.querySelectorAll('.tile:not([hidden])').length === 1");
    assert_eq!(page.script("return location.search"), "?q=clock");
    page.script("location.reload()");
    page.until("document.querySelectorAll('.tile:not([hidden])').length === 1 && document.querySelectorAll('.tile').length === 2");

    page.click(&format!("#tile-0-{other}"));
    page.click("[data-verb=close]");
    page.until("document.querySelector('#close-dialog[open]')");
    page.click("#close-dialog .sends");
    wait_until("the countdown runs", || lab.session(other)["closing_at"].is_string());
    page.until("document.querySelector('.tile:not([hidden]) .lock').textContent.includes('closes at')");
    page.click(&format!("#tile-0-{other}"));
    page.click("#cancel-close");
    wait_until("it is called off", || lab.session(other)["closing_at"].is_null());

    // A band over both tiles, from the empty ground below them.
    page.click("#filter");
    page.keys("\u{e00c}");
    page.script(
        "const filter = document.querySelector('#filter'); filter.value = ''; filter.dispatchEvent(new Event('input'))",
    );
    page.until("document.querySelectorAll('.tile:not([hidden])').length === 2");
    let size = serde_json::json!({"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false});
    page.tool("Emulation.setDeviceMetricsOverride", &size);
    page.drag((20, 700), (1200, 200));
    page.until("document.querySelectorAll('.tile[aria-selected=true]').length === 2");
    assert_eq!(page.complaints(), Vec::<String>::new(), "the console is empty");
}
