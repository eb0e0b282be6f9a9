//! Signing in by TLS, with a real browser on another machine.

use crate::browser::{Chromium, chromium, laboratory};
use crate::harness::{Host, Options, Suite, User, X11, ready, skip};
use crate::room::pictures;

const ENTER: &str = "\u{e007}";

/// Goes to the form and says who one is.
#[track_caller]
pub fn sign_in(page: &Chromium, host: &Host, user: &User, password: &str) {
    page.open(&format!("https://{}:8478/", host.address()));
    page.until("document.querySelector('form[action=\"/sign-in\"]')");
    page.click("[name=user]");
    page.keys(&user.name);
    page.click("[name=password]");
    page.keys(&format!("{password}{ENTER}"));
}

/// The users of the tiles.
fn shown(page: &Chromium) -> String {
    let users = "return [...document.querySelectorAll('.tile .user')].map((user) => user.textContent).sort().join()";
    page.script(users).as_str().unwrap_or_default().to_owned()
}

/// The form, at the sizes and in the schemes of screens.
fn take_pictures(page: &Chromium, language: &str) {
    for (width, height) in [(390, 844), (1280, 800)] {
        for scheme in ["light", "dark"] {
            let size = serde_json::json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
            page.tool("Emulation.setDeviceMetricsOverride", &size);
            let feature = serde_json::json!([{"name": "prefers-color-scheme", "value": scheme}]);
            page.tool("Emulation.setEmulatedMedia", &serde_json::json!({"features": feature}));
            page.shot(&pictures().join(format!("sign-in-{language}-{width}-{scheme}.png")));
        }
    }
    page.tool("Emulation.clearDeviceMetricsOverride", &serde_json::json!({}));
}

#[test]
fn people_sign_in_and_see_what_is_theirs_until_it_is_over() {
    if let Err(reason) = ready(Suite::Trixie) {
        return skip(&reason);
    }
    let Some(programs) = chromium() else { return };
    let host = Host::boot(Options { suite: Suite::Trixie, packages: true });
    host.root("usher dashboard enable").succeeds();
    let (alice, bob) = (host.user("alice"), host.user("bob"));
    let (olga, adam) = (host.user_in("olga", &["usher-operator"]), host.user_in("adam", &["usher-admin"]));
    let [_alices, _bobs, adams] = [&alice, &bob, &adam].map(|user| host.x11(user, X11::Xvfb));
    let page = Chromium::start_in(Some(laboratory()), &programs, "en");

    // A wrong password is told, and lets nobody in.
    sign_in(&page, &host, &alice, "wrong");
    page.until("document.querySelector('.wrong')?.textContent.length > 10");
    take_pictures(&page, "en");

    // A pupil sees their own session, with its picture, and no other.
    sign_in(&page, &host, &alice, &alice.password);
    page.until("document.querySelectorAll('.tile').length === 1");
    assert_eq!(shown(&page), alice.name);
    page.until("document.querySelector('.screen img').naturalWidth > 0");
    page.shot(&pictures().join("signed-in-pupil.png"));
    page.click("#out");
    page.until("document.querySelector('form[action=\"/sign-in\"]')");

    // An operator closes no administrator's session: the host says so, and the page passes it on.
    sign_in(&page, &host, &olga, &olga.password);
    page.until("document.querySelectorAll('.tile').length === 3");
    page.click("#filter");
    page.keys(&format!("{}\u{e00c}", adam.name));
    page.until("document.querySelectorAll('.tile:not([hidden])').length === 1");
    page.keys("ac");
    page.until("document.querySelector('#close-dialog[open]')");
    page.click("#close-dialog .sends");
    page.until("document.querySelectorAll('#failures li').length === 1");
    page.until("document.querySelector('.tile:not([hidden])').dataset.outcome === 'failed'");
    page.shot(&pictures().join("refused-operator.png"));
    assert!(adams.exists());

    // Whose sign-in is ended is told so without a reload, and signs in again.
    let listed = host.root_usher(&["identities", "--web", "--output", "json"]).array();
    let own = listed.iter().find(|one| one["user"] == olga.name.as_str()).expect("her sign-in");
    host.root_usher(&["identities", "--web", "--end", &own["id"].to_string()]).succeeds();
    page.until("!document.querySelector('#lost').hidden && document.body.classList.contains('away')");
    page.shot(&pictures().join("signed-out.png"));

    // One whose time is over is over, too.
    host.root("echo 'sign_in_seconds = 8' >>/etc/usher/usherd.toml && systemctl restart usherd").succeeds();
    sign_in(&page, &host, &alice, &alice.password);
    page.until("document.querySelectorAll('.tile').length === 1");
    page.until("!document.querySelector('#lost').hidden && document.body.classList.contains('away')");
    page.script("location.reload()");
    page.until("document.querySelector('form[action=\"/sign-in\"]')");

    let chinese = Chromium::start_in(Some(laboratory()), &programs, "zh-CN");
    chinese.open(&format!("https://{}:8478/", host.address()));
    chinese.until("document.documentElement.lang.startsWith('zh')");
    take_pictures(&chinese, "zh-CN");
}
