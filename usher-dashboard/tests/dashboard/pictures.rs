//! Pictures: what the page gets is ours, within bounds, and on record.

use crate::harness::{Lab, wait_until};

#[test]
fn a_session_is_pictured_on_record_and_sent_again_only_if_it_changed() {
    let lab = Lab::start();
    let id = lab.open("", "ls -l /usr/bin | head -20; printf '\\033]2;said\\007'; exec cat");
    wait_until("it has said it", || lab.session(id)["title"] == "said");
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let path = format!("/pictures/0/{id}?size=medium");
    let picture = browser.get(&path);
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")), "{}", picture.body);
    assert!(picture.bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let width = u32::from_be_bytes(picture.bytes[16..20].try_into().unwrap());
    assert!((1..=320).contains(&width), "{width}");
    let tag = picture.header("etag").unwrap().to_owned();
    let again = browser.request("GET", &path, &[("If-None-Match", &tag)], "");
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    let smaller = browser.request("GET", &path, &[("Accept", "image/webp")], "");
    assert_eq!((smaller.status, smaller.header("content-type")), (200, Some("image/webp")), "{}", smaller.head);
    assert_eq!((&smaller.bytes[..4], &smaller.bytes[8..12]), (&b"RIFF"[..], &b"WEBP"[..]));
    assert_eq!(smaller.header("vary"), Some("accept"));
    let (webp, png) = (smaller.bytes.len(), picture.bytes.len());
    assert!(webp < png, "{webp} bytes as WebP, {png} as PNG");
}

#[test]
fn a_screen_that_changes_is_told_of_once_for_each_picture() {
    let lab = Lab::start();
    let go = lab.file("go");
    let script = format!("until [ -e {0} ]; do sleep .05; done; printf changed; exec cat", go.display());
    let id = lab.open("", &script);
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let mut stream = browser.events();
    stream.until("the session", |known| known.session(id).is_some());
    let path = format!("/pictures/0/{id}?size=medium");
    let first = browser.get(&path);
    assert_eq!((first.status, first.header("usher-screen")), (200, Some("told")), "{}", first.head);
    let tag = first.header("etag").unwrap().to_owned();
    let same = browser.request("GET", &path, &[("If-None-Match", &tag)], "");
    assert_eq!((same.status, same.header("usher-screen")), (304, Some("told")));
    assert!(stream.screens.is_empty(), "nothing changed: {:?}", stream.screens);
    std::fs::write(&go, "").unwrap();
    stream.until("the change", |known| known.screens.contains(&serde_json::json!([0, id])));
    let changed = browser.request("GET", &path, &[("If-None-Match", &tag)], "");
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
}

#[test]
fn a_look_that_goes_on_is_on_record_when_it_begins_and_when_it_ends() {
    let mut lab = Lab::start();
    let id = lab.open("", "printf 'hello\\033]2;said\\007'; exec cat");
    let notes = |lab: &Lab| -> Vec<String> {
        let records = lab.json(&["audit", "--action", "thumbnail"]);
        let notes = records.as_array().unwrap().iter().map(|record| record["outcomes"][0]["notes"][0].to_string());
        notes.collect()
    };
    {
        let dashboard = lab.dashboard();
        let browser = dashboard.browser();
        for _ in 0..3 {
            assert_eq!(browser.get(&format!("/pictures/0/{id}?size=small")).status, 200);
        }
        let begun = notes(&lab);
        assert!(begun.len() == 1 && begun[0].contains("the end of this look has a record of its own"), "{begun:?}");
    }
    lab.stop_usherd();
    lab.start_usherd();
    let ended = notes(&lab);
    assert!(ended.len() == 2 && ended[1].contains("is over: pictures 3"), "{ended:?}");
}

#[test]
fn a_picture_that_there_is_not_says_why() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let none = browser.get("/pictures/0/4711");
    assert_eq!((none.status, none.header("content-type")), (502, Some("application/json")));
    assert!(none.body.contains("SessionNotFound"), "{}", none.body);
    assert_eq!(browser.get("/pictures/9/1").status, 502);
    for path in ["/pictures/0/1?size=fullscreen", "/pictures/0/1?size=huge", "/pictures/0/x", "/pictures/0"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
}
