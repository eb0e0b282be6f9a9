//! Nothing on the page moves by itself, by the browser's own measure (Layout Instability API).

use crate::harness::{Chromium, Lab, chromium};

/// What has moved so far without anybody's hand: how much, and what.
const MOVED: &str = "return globalThis.moved";
/// Notes it from the beginning of the page on.
const NOTE: &str = r#"
    globalThis.moved = [];
    const named = ({node, previousRect: a, currentRect: b}) =>
        `${node?.nodeName}#${node?.id ?? ""}.${node?.className ?? ""} ${[a.x, a.y, a.width, a.height]} to ${[b.x, b.y, b.width, b.height]}`;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) moved.push(one.value + ": " + one.sources.map(named).join("; "));
    }).observe({type: "layout-shift", buffered: true});
"#;

#[test]
fn pictures_titles_and_locks_move_nothing() {
    let Some(programs) = chromium() else { return };
    let lab = Lab::start();
    let script = r"read -r line; printf '\033]2;a longer title than the one before\007\033[2J%s' $line; exec cat";
    let ids: Vec<u32> = (0..12).map(|_| lab.open("", script)).collect();
    let dashboard = lab.dashboard();
    let page = Chromium::start(&programs, "en");
    page.open(&dashboard.link);
    page.script(NOTE);
    page.until("document.querySelectorAll('.tile').length === 12");
    page.until("[...document.querySelectorAll('.tile img')].slice(0, 4).every((image) => image.naturalWidth > 0)");
    lab.json(&["lock", "--all", "--message", "Eyes up, and put everything that is on your tables into your bags"]);
    page.until("document.querySelectorAll('.tile.locked').length === 12");
    lab.json(&["unlock", &ids[0].to_string()]);
    page.until("document.querySelectorAll('.tile.locked').length === 11");
    page.script("document.querySelector('.tile').click(); document.querySelector('[data-verb=unlock]').click()");
    page.until(
        "document.querySelectorAll('.tile.locked').length <= 11 && document.querySelector('.tile[data-outcome]')",
    );
    assert_eq!(page.script(MOVED), serde_json::json!([]), "something moved");
}
