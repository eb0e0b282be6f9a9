//! Signing in with a certificate on the page that a host serves: the gateway verifies it, and the page's service has no part in that.

use crate::harness::{X11, wait_until};
use crate::web::{Got, OURS, Page, lock, tile};
use crate::who::session;

impl Page {
    /// The directory with the certificate and the key of somebody who was invited.
    #[track_caller]
    pub fn certificate(&self, name: &str, role: &str) -> String {
        let keeper = self.host.user("keeper");
        let token =
            self.host.root_usher(&["invite", name, "--role", role, "--address", self.host.address()]).succeeds();
        self.host.usher(&keeper, &["join", token.trim(), "--name", "here"]).succeeds();
        format!("/home/{}/.config/usher/servers/here", keeper.name)
    }

    /// The page's form, sent to the gateway by a browser that may have a certificate.
    #[track_caller]
    fn by_certificate(&self, origin: &str, directory: Option<&str>) -> Got {
        let words = ["POST", "/web/sign-in", "", origin, "application/x-www-form-urlencoded", "", "8477"];
        let words: Vec<&str> = words.into_iter().chain(directory).collect();
        self.got(&words)
    }

    /// The cookie of whoever has this certificate.
    #[track_caller]
    pub fn certified(&self, directory: &str) -> String {
        let got = self.by_certificate(OURS, Some(directory));
        assert_eq!((got.status, got.location.as_str()), (303, "https://lab:8478/"), "{}", got.body);
        let set = got.cookies.first().expect("a cookie");
        assert!(
            set.starts_with("__Host-usher=") && set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"),
            "{set}"
        );
        set.split(';').next().expect("a pair").to_owned()
    }
}

#[test]
fn a_certificate_signs_its_identity_in_within_its_role_and_every_record_names_it() {
    let Some(page) = Page::shared(8) else { return };
    let host = &page.host;
    let directory = page.certificate("olga@tablet", "operator");
    let form = page.get("/", "");
    assert!(form.body.contains("action=\"https://lab:8477/web/sign-in\""), "{}", form.body);
    assert!(form.policy.contains("form-action 'self' https://lab:8477;"), "{}", form.policy);
    let (alice, adam) = (page.user("alice", &[]), page.user("adam", &["usher-admin"]));
    let wrong = page.sign_in(&alice, "wrong horse");
    assert!(wrong.body.contains("action=\"https://lab:8477/web/sign-in\""), "it still will do: {}", wrong.body);
    let [pupils, administrators] = [&alice, &adam].map(|user| host.x11(user, X11::Xvfb));

    let cookie = page.certified(&directory);
    assert!(page.get("/", &cookie).body.contains("olga@tablet"));
    assert!(page.shown(&cookie).contains(&alice.name));
    let locked = page.order("lock", &cookie, &lock(&pupils));
    assert_eq!((&locked["result"], &locked["observed"]), (&"done".into(), &true.into()), "{locked}");
    assert_eq!(session(host, &pupils)["lock"]["by"], "olga@tablet via TLS");
    let close = page.order("close", &cookie, &tile(&administrators));
    assert_eq!((&close["result"], &close["error"]["id"]), (&"failed".into(), &"AccessDenied".into()), "{close}");
    assert!(administrators.exists());
    assert_eq!(page.get("/log/0", &cookie).status, 502, "the audit log is for administrators");
    assert_eq!(page.order("unlock", &cookie, &tile(&pupils))["result"], "done");
    for action in ["lock", "unlock"] {
        let done = page.records(action);
        assert!(done.iter().any(|record| record["actor"] == "olga@tablet via TLS"), "{done:?}");
    }
    let signed = host.root_usher(&["audit", "--action", "sign-in", "--output", "json"]).array();
    let own = |record: &&serde_json::Value| record["actor"] == "olga@tablet via TLS";
    let record = signed.iter().find(own).expect("her sign-in is on record");
    assert_eq!(record["from"], format!("TLS from {}", page.browser));

    let listed = host.root_usher(&["identities", "--web", "--output", "json"]).array();
    let shown = listed.iter().find(|one| one["user"] == "olga@tablet").expect("she is listed");
    assert!(shown["uid"].is_null() && shown["from"] == page.browser, "{shown}");
    assert_eq!(page.asked("POST", "/sign-out", &cookie, OURS, "", "").status, 303);
    wait_until("she is out", || page.get("/events", &cookie).status == 403);
    let again = page.certified(&directory);
    let listed = host.root_usher(&["identities", "--web", "--output", "json"]).array();
    let shown = listed.iter().find(|one| one["user"] == "olga@tablet").expect("she is listed again");
    host.root_usher(&["identities", "--web", "--end", &shown["id"].to_string()]).succeeds();
    wait_until("she is out again", || page.get("/events", &again).status == 403);
}

#[test]
fn without_a_certificate_that_the_host_accepts_nobody_is_signed_in() {
    let Some(page) = Page::shared(9) else { return };
    let host = &page.host;
    let directory = page.certificate("mallory@tablet", "administrator");
    let led = |origin: &str, directory| {
        let got = page.by_certificate(origin, directory);
        assert!(got.cookies.is_empty(), "{:?}", got.cookies);
        (got.status, got.location)
    };
    let none = led(OURS, None);
    assert_eq!(none, (303, "https://lab:8478/?certificate=none".to_owned()));
    assert!(page.get("/?certificate=none", "").body.contains("showed no certificate"));
    for origin in ["https://evil.example", "https://lab:9443", "http://lab:8478", "null", ""] {
        assert_eq!(led(origin, Some(&directory)), (403, String::new()), "another page sends nobody here: {origin}");
    }

    // Whoever is revoked is out at once, and is let in no more.
    let cookie = page.certified(&directory);
    assert!(page.get("/", &cookie).body.contains("mallory@tablet"));
    host.root_usher(&["revoke", "mallory@tablet"]).succeeds();
    let listed = host.root_usher(&["identities", "--web", "--output", "json"]).array();
    assert!(!listed.iter().any(|one| one["user"] == "mallory@tablet"), "{listed:?}");
    wait_until("the sign-in is over", || page.get("/", &cookie).body.contains("action=\"/sign-in\""));
    assert_eq!(led(OURS, Some(&directory)), (303, "https://lab:8478/?certificate=refused".to_owned()));
    let tried = host.root_usher(&["audit", "--action", "sign-in", "--output", "json"]).array();
    let refused = tried.iter().filter(|record| record["actor"] == "mallory@tablet via TLS");
    assert!(refused.flat_map(|record| record["outcomes"].as_array()).flatten().any(|one| one["result"] == "failed"));
}
