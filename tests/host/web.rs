//! The page that a host serves: people sign in by PAM over TLS, and are who they are.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::harness::{Host, Screen, Suite, User, X11, skip, wait_until};
use crate::who::session;

pub const OURS: &str = "https://lab:8478";
const FORM: &str = "application/x-www-form-urlencoded";

/// A host whose page is served.
pub struct Page {
    pub host: Host,
    client: String,
    /// Where the browser calls from. The host has both ends of the line, and they are not the same.
    pub browser: String,
}

/// What a browser got.
pub struct Got {
    pub status: u64,
    pub cookies: Vec<String>,
    pub body: String,
    pub policy: String,
    /// Where it was led.
    pub location: String,
}

impl Page {
    /// A page of the host that all tests share, for a browser of its own: tries are counted by where they come from.
    pub fn shared(browser: u8) -> Option<Self> {
        static SERVED: OnceLock<()> = OnceLock::new();
        let host = match Host::shared(Suite::Trixie) {
            Ok(host) => host,
            Err(reason) => {
                skip(&reason);
                return None;
            }
        };
        SERVED.get_or_init(|| enable(&host));
        Some(Page::of(host, browser))
    }

    pub fn of(host: Host, browser: u8) -> Self {
        let client = host.script(&format!("web{browser}"), include_str!("web.py"));
        // Both on the host, and neither is a loopback address.
        host.root(&format!("ip address replace 10.99.0.1/32 dev lo && ip address add 10.99.0.{browser}/32 dev lo"))
            .succeeds();
        Page { host, client, browser: format!("10.99.0.{browser}") }
    }

    /// What records say of where somebody was.
    pub fn from(&self) -> String {
        format!("{}, by the dashboard", self.browser)
    }

    /// A user with a password.
    #[track_caller]
    pub fn user(&self, name: &str, groups: &[&str]) -> User {
        let user = self.host.user_in(name, groups);
        self.host.root(&format!("echo '{}:right horse' | chpasswd", user.name)).succeeds();
        user
    }

    #[track_caller]
    pub fn asked(&self, method: &str, path: &str, cookie: &str, origin: &str, kind: &str, body: &str) -> Got {
        self.got(&[method, path, cookie, origin, kind, body])
    }

    /// The same, with a port and a certificate behind it.
    #[track_caller]
    pub fn got(&self, words: &[&str]) -> Got {
        let quoted = |word: &&str| format!("'{}'", word.replace('\'', "'\\''"));
        let words: Vec<String> = words.iter().map(quoted).collect();
        let said = self.host.root(&format!("python3 {} {} {}", self.client, self.browser, words.join(" "))).json();
        let texts = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        Got {
            status: said["status"].as_u64().expect("a status"),
            cookies: texts(&said["cookies"]),
            body: said["body"].as_str().unwrap_or_default().to_owned(),
            policy: said["headers"]["content-security-policy"].as_str().unwrap_or_default().to_owned(),
            location: said["headers"]["location"].as_str().unwrap_or_default().to_owned(),
        }
    }

    #[track_caller]
    pub fn sign_in(&self, user: &User, password: &str) -> Got {
        let form = format!("user={}&password={}", user.name, password.replace(' ', "+"));
        self.asked("POST", "/sign-in", "", OURS, FORM, &form)
    }

    /// The cookie of somebody who signed in.
    #[track_caller]
    pub fn cookie(&self, user: &User) -> String {
        let got = self.sign_in(user, "right horse");
        assert_eq!(got.status, 303, "{}", got.body);
        let set = got.cookies.iter().find(|set| set.starts_with("__Host-usher=")).expect("a cookie");
        for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(set.contains(part), "{set}");
        }
        set.split(';').next().expect("a pair").to_owned()
    }

    #[track_caller]
    pub fn get(&self, path: &str, cookie: &str) -> Got {
        self.asked("GET", path, cookie, "", "", "")
    }

    /// The only outcome of an order.
    #[track_caller]
    pub fn order(&self, verb: &str, cookie: &str, order: &Value) -> Value {
        let got = self.asked("POST", &format!("/verbs/{verb}"), cookie, OURS, "application/json", &order.to_string());
        assert_eq!(got.status, 200, "{}", got.body);
        let first: Value = serde_json::from_str(got.body.lines().next().expect("a line")).expect("JSON");
        first["outcomes"][0].clone()
    }

    /// The users whose sessions the page shows.
    #[track_caller]
    pub fn shown(&self, cookie: &str) -> Vec<String> {
        let got = self.get("/events", cookie);
        let news: Value = serde_json::from_str(got.body.strip_prefix("data: ").expect("news")).expect("JSON");
        let tiles = news["tiles"].as_array().cloned().unwrap_or_default();
        tiles.iter().map(|tile| tile["session"]["user"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The records of what was done, or tried, in this browser.
    #[track_caller]
    pub fn records(&self, action: &str) -> Vec<Value> {
        let mut all = self.host.root_usher(&["audit", "--action", action, "--output", "json"]).array();
        all.retain(|record| record["from"] == self.from());
        all
    }
}

/// Serves the page, and not before somebody says so.
#[track_caller]
pub fn enable(host: &Host) {
    let listens = || host.root("ss -Hltn 'sport = :8478'").stdout.contains(":8478");
    assert!(!listens(), "no port is open before it is enabled");
    let said = host.root("usher dashboard enable").succeeds();
    let fingerprint = host.content("/run/usher-dashboard/fingerprint");
    assert!(said.contains(":8478/") && said.contains(fingerprint.trim()), "{said}");
}

/// An order for one session.
#[track_caller]
pub fn tile(screen: &Screen) -> Value {
    json!({"targets": {"0": [session(&screen.host, screen)["session_id"]]}})
}

#[track_caller]
pub fn lock(screen: &Screen) -> Value {
    let mut order = tile(screen);
    order["message"] = "Eyes up".into();
    order
}

#[test]
fn nobody_is_let_in_without_a_sign_in_and_every_try_is_on_record() {
    let Some(page) = Page::shared(2) else { return };
    let alice = page.user("alice", &[]);
    let stranger = page.get("/", "");
    assert!(
        stranger.status == 200 && stranger.body.contains("action=\"/sign-in\"") && !stranger.body.contains("<script")
    );
    assert!(stranger.policy.contains("form-action 'self'") && stranger.policy.contains("frame-ancestors 'none'"));
    for path in ["/events", "/log/0", "/pictures/0/1"] {
        assert_eq!(page.get(path, "").status, 403, "{path}");
    }
    assert_eq!(page.sign_in(&alice, "wrong").status, 403);
    let nobody = User { name: "hunter2".to_owned(), ..alice.clone() };
    assert_eq!(page.sign_in(&nobody, "x").status, 403, "nobody hears whether there is such a user");
    let tried = page.records("sign-in");
    let actors: Vec<_> = tried.iter().map(|record| record["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, [alice.name.as_str(), "unknown user"], "{tried:?}");
    assert_eq!(tried[0]["outcomes"][0]["error"]["id"], "AccessDenied");
}

#[test]
fn a_pupil_sees_their_own_sessions_and_locks_nobody() {
    let Some(page) = Page::shared(3) else { return };
    let (alice, bob) = (page.user("alice", &[]), page.user("bob", &[]));
    let [_own, other] = [&alice, &bob].map(|user| page.host.x11(user, X11::Xvfb));
    let pupil = page.cookie(&alice);
    let whole = page.get("/", &pupil);
    assert!(whole.body.contains(&alice.name) && whole.policy.contains("form-action 'none'"));
    assert_eq!(page.shown(&pupil), [alice.name.as_str()]);
    let refused = page.order("lock", &pupil, &lock(&other));
    assert_eq!((&refused["result"], &refused["error"]["id"]), (&"failed".into(), &"AccessDenied".into()), "{refused}");
    assert_eq!(page.get("/log/0", &pupil).status, 502, "the audit log is for administrators");
}

#[test]
fn an_operator_locks_by_name_for_as_long_as_they_are_one_and_closes_no_administrator() {
    let Some(page) = Page::shared(4) else { return };
    let host = &page.host;
    let (alice, olga) = (page.user("alice", &[]), page.user("olga", &["usher-operator"]));
    let adam = page.user("adam", &["usher-admin"]);
    let [pupils, administrators] = [&alice, &adam].map(|user| host.x11(user, X11::Xvfb));
    let operator = page.cookie(&olga);
    let shown = page.shown(&operator);
    assert!(shown.contains(&alice.name) && shown.contains(&adam.name), "{shown:?}");
    let locked = page.order("lock", &operator, &lock(&pupils));
    assert_eq!((&locked["result"], &locked["observed"]), (&"done".into(), &true.into()), "{locked}");
    assert_eq!(session(host, &pupils)["lock"]["by"], olga.name.as_str());
    let close = page.order("close", &operator, &tile(&administrators));
    assert_eq!((&close["result"], &close["error"]["id"]), (&"failed".into(), &"AccessDenied".into()), "{close}");
    assert!(administrators.exists());
    let done = page.records("lock");
    let record = done.iter().find(|record| record["actor"] == olga.name.as_str()).expect("a record");
    assert_eq!(record["from"], page.from());

    host.root(&format!("gpasswd -d {} usher-operator", olga.name)).succeeds();
    assert_eq!(
        page.order("unlock", &operator, &tile(&pupils))["error"]["id"],
        "AccessDenied",
        "roles are asked freshly"
    );
}

#[test]
fn other_pages_order_nothing_whatever_the_browser_shows() {
    let Some(page) = Page::shared(5) else { return };
    let (bob, olga) = (page.user("bob", &[]), page.user("olga", &["usher-operator"]));
    let screen = page.host.x11(&bob, X11::Xvfb);
    let operator = page.cookie(&olga);
    for origin in ["https://evil.example", "http://lab:8478", "https://lab:8479", "null", ""] {
        let got = page.asked("POST", "/verbs/lock", &operator, origin, "application/json", &lock(&screen).to_string());
        assert_eq!(got.status, 403, "{origin}");
        let form = format!("user={}&password=right+horse", bob.name);
        assert_eq!(page.asked("POST", "/sign-in", "", origin, FORM, &form).status, 403, "{origin}");
    }
    assert_eq!(session(&page.host, &screen)["locked"], false);
}

#[test]
fn whoever_signed_out_or_was_is_out() {
    let Some(page) = Page::shared(6) else { return };
    let host = &page.host;
    let (alice, olga) = (page.user("alice", &[]), page.user("olga", &["usher-operator"]));
    let (pupil, operator) = (page.cookie(&alice), page.cookie(&olga));
    let listed = host.root_usher(&["identities", "--web", "--output", "json"]).array();
    let of_olga = listed.iter().find(|one| one["user"] == olga.name.as_str()).expect("her sign-in");
    assert_eq!(of_olga["from"], page.browser, "{listed:?}");
    assert_ne!(host.usher(&olga, &["identities", "--web"]).code, Some(0), "that is for administrators");
    host.root_usher(&["identities", "--web", "--end", &of_olga["id"].to_string()]).succeeds();
    assert_eq!(page.asked("POST", "/sign-out", &pupil, OURS, "", "").status, 303);
    for replayed in [&operator, &pupil] {
        wait_until("it is over", || page.get("/events", replayed).status == 403);
        assert!(page.get("/", replayed).body.contains("action=\"/sign-in\""));
    }
    let out = host.root_usher(&["audit", "--action", "sign-out", "--output", "json"]).array();
    let ended = |user: &User| out.iter().any(|record| record["targets"][0] == user.name.as_str());
    assert!(ended(&alice) && ended(&olga), "{out:?}");
}

#[test]
fn an_expired_account_and_root_are_not_let_in_and_who_guesses_waits() {
    let Some(page) = Page::shared(7) else { return };
    let (bob, adam) = (page.user("bob", &[]), page.user("adam", &["usher-admin"]));
    page.host.root(&format!("usermod -e 1 {}", bob.name)).succeeds();
    let barred = page.sign_in(&bob, "right horse");
    assert!(barred.status == 403 && barred.body.contains("may not sign in now"), "{}", barred.body);
    page.host.root("echo 'root:right horse' | chpasswd").succeeds();
    assert_eq!(page.sign_in(&User { name: "root".to_owned(), ..bob.clone() }, "right horse").status, 403);
    let statuses: Vec<_> = (0..4).map(|_| page.sign_in(&adam, "wrong").status).collect();
    assert_eq!(statuses, [403, 403, 403, 429]);
}

#[test]
fn the_web_server_cannot_say_who_somebody_is() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    enable(&host);
    let page = Page::of(host, 2);
    let host = &page.host;
    let (alice, adam) = (page.user("alice", &[]), page.user("adam", &["usher-admin"]));
    let cookie = page.cookie(&adam);
    let secret = cookie.split_once('=').expect("a secret").1;
    let raw = |uid: &str, method: &str, path: &str, headers: &str, body: &str| {
        let request = format!(
            "{method} {path} HTTP/1.1\\r\\nHost: usherd\\r\\nConnection: close\\r\\nContent-Type: application/json\\r\\nContent-Length: {}\\r\\n{headers}\\r\\n{body}",
            body.len()
        );
        let client = format!(
            "import socket;s=socket.socket(socket.AF_UNIX);s.connect(\"/run/usher/usher.sock\");s.sendall(b'''{request}''');\nd=b\"\"\nwhile True:\n p=s.recv(65536)\n if not p: break\n d+=p\nprint(d.decode())"
        );
        let file = host.script("raw.py", &client);
        host.root(&format!("runuser -u {uid} -- python3 {file}")).succeeds()
    };
    let own = "usher-dashboard";
    let denied = |said: &str| said.contains("403 Forbidden") && said.contains("AccessDenied");
    assert!(denied(&raw(own, "GET", "/v1/sessions", "", "")), "it is served nothing for itself");
    let shown = format!("usher-web: {secret}\\r\\nusher-from: 10.99.0.2\\r\\n");
    assert!(raw(own, "GET", "/v1/audit?last=1", &shown, "").contains("200 OK"), "for those who signed in it is");
    let forged = format!("usher-web: {}\\r\\nusher-from: 10.99.0.2\\r\\n", "A".repeat(43));
    assert!(denied(&raw(own, "GET", "/v1/sessions", &forged, "")));
    let identity = format!(
        "usher-identity: adam@desk\\r\\nusher-identity-key: {}\\r\\nusher-from: 10.99.0.2\\r\\n",
        "a".repeat(64)
    );
    assert!(denied(&raw(own, "GET", "/v1/sessions", &identity, "")));
    let sign_in =
        json!({"user": adam.name, "from": "10.99.0.2", "step": {"proved": {"uid": 0, "secret": "a".repeat(64)}}})
            .to_string();
    assert!(denied(&raw(own, "POST", "/v1/web/sign-ins", "", &sign_in)), "who somebody is is usher-auth's to say");
    assert!(denied(&raw(own, "POST", "/v1/web/sign-ins", &shown, &sign_in)), "also for an administrator");
    let certified =
        json!({"user": "adam@desk", "from": "10.99.0.2", "step": {"certified": {"secret": "a".repeat(64)}}})
            .to_string();
    for headers in ["", &shown, &identity] {
        assert!(
            denied(&raw(own, "POST", "/v1/web/sign-ins", headers, &certified)),
            "a certificate is the gateway's to see"
        );
    }
    assert!(denied(&raw("root", "POST", "/v1/web/sign-ins", "", &certified)));
    assert!(denied(&raw(own, "POST", "/v1/identities/invite", &shown, "{\"role\":\"administrator\"}")));
    assert!(denied(&raw(own, "POST", "/v1/sessions/open", &shown, "{}")));
    // A secret in other hands is nothing, not even in root's.
    assert!(denied(&raw(&alice.name, "GET", "/v1/audit", &shown, "")));
    assert!(denied(&raw("root", "GET", "/v1/audit", &shown, "")));
    assert!(denied(&raw(&alice.name, "POST", "/v1/web/sign-ins", "", &sign_in)));
    // Nobody but the web server talks to usher-auth.
    let refused =
        host.run(&alice, "python3 -c 'import socket;socket.socket(socket.AF_UNIX).connect(\"/run/usher-auth.sock\")'");
    assert!(refused.code != Some(0) && refused.stderr.contains("Permission"), "{refused:?}");

    // A restart of usherd signs everybody out, and an end of the service closes the port.
    host.root("systemctl restart usherd").succeeds();
    wait_until("nobody is signed in", || page.get("/events", &cookie).status == 403);
    host.root("usher dashboard disable").succeeds();
    assert!(!host.root("ss -Hltn 'sport = :8478'").stdout.contains(":8478"));
    assert_ne!(host.run(&alice, "usher dashboard enable").code, Some(0));
}
