//! The page in a real Chromium. One test of everything is here; `cargo xtask dashboard` has more.

use crate::harness::{Chromium, Lab, chromium, wait_until};

/// Enter, as WebDriver writes it.
const ENTER: &str = "\u{e007}";

#[test]
fn the_title_bar_of_a_large_picture_says_whether_its_user_is_told() {
    let Some(programs) = chromium() else { return };
    let (told, untold) = (Lab::with_settings("tell_looks = true\n"), Lab::start());
    let page = Chromium::start(&programs, "en");
    for (lab, words) in [(&untold, "on record; {user} is not told"), (&told, "on record; {user} is told")] {
        let id = lab.open("essay", "exec cat");
        let dashboard = lab.dashboard();
        page.open(&dashboard.link);
        page.until("document.querySelectorAll('.tile').length > 0");
        page.script(&format!("document.querySelector('#tile-0-{id}').focus()"));
        page.keys(ENTER);
        page.until("document.querySelector('#large[open] img').naturalWidth > 0");
        let words = words.replace("{user}", lab.session(id)["user"].as_str().expect("a user"));
        // Directions of what users are called are kept apart by marks that nobody sees.
        let shown = "document.querySelector('#large .told').textContent.replace(/[\\u2068\\u2069]/g, '')";
        page.until(&format!("{shown} === {words:?}"));
    }
}

#[test]
fn a_room_is_locked_unlocked_and_blocked_by_keyboard_in_chromium() {
    let Some(programs) = chromium() else { return };
    let lab = Lab::start();
    let markup = "<img src=x onerror=document.title=1>";
    let ids = [lab.open("", &format!("printf '\\033]2;{markup}\\007'; exec cat")), lab.open("clock", "exec cat")];
    let dashboard = lab.dashboard();
    let page = Chromium::start(&programs, "en");
    page.open(&dashboard.link);
    page.until("document.querySelectorAll('.tile').length === 2");
    assert_eq!(page.script("return location.pathname"), "/", "the link's secret is out of the address");
    page.until(&format!("[...document.querySelectorAll('.title')].some((title) => title.textContent === {markup:?})"));
    assert_eq!(page.script("return document.querySelectorAll('img[src=x]').length"), 0, "a title is text");
    page.until("[...document.querySelectorAll('.screen img')].every((image) => image.naturalWidth > 0)");

    let locked = |wanted: bool| {
        wait_until("the host says so", || ids.iter().all(|id| lab.session(*id)["locked"] == wanted));
        page.until(&format!(
            "[...document.querySelectorAll('.tile')].every((tile) => tile.classList.contains('locked') === {wanted})"
        ));
    };
    page.keys("al");
    page.until("document.querySelector('#lock-dialog[open]')");
    page.keys(&format!("Eyes up{ENTER}"));
    locked(true);
    page.until("document.querySelectorAll('.tile[data-outcome=done]').length === 2");
    page.keys("au");
    locked(false);

    page.keys("b");
    page.until("document.querySelector('#block-dialog[open]')");
    page.keys(&format!("Exam{ENTER}"));
    locked(true);
    page.until("document.querySelector('#block').getAttribute('aria-checked') === 'true'");
    page.keys("au");
    page.until("document.querySelectorAll('#failures li').length === 2");
    page.keys("b");
    locked(false);
    page.until("document.querySelectorAll('#failures li').length === 2");
    page.click("#seen-all");
    page.until("document.querySelector('#failures').hidden");

    // What was done stands in the log, whose view is a step to go back from.
    page.click("[data-view=log]");
    page.until("document.querySelectorAll('#records tr').length > 4");
    assert_eq!(page.script("return location.search"), "?view=log");
    page.script(
        "const field = document.querySelector('#lq'); field.value = 'Eyes up'; field.dispatchEvent(new Event('input'))",
    );
    page.until("document.querySelectorAll('#records tr').length === 1");
    assert_eq!(page.script("return location.search"), "?view=log&lq=Eyes+up");
    page.click("#records button");
    page.until("!document.querySelector('#wall').hidden && document.activeElement.classList.contains('tile')");
    page.script("history.back()");
    page.until("!document.querySelector('#log').hidden");
    page.click("[data-view=rules]");
    page.until("document.querySelectorAll('#reached tr').length === 1 && !document.querySelector('#no-rules').hidden");

    assert_eq!(page.complaints(), Vec::<String>::new(), "the console is empty");
}
