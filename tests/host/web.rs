//! The page that a host serves: people sign in by PAM over TLS, and are who they are.

use serde_json::{Value, json};

use crate::harness::{Host, Options, Suite, User, X11, ready, skip};
use crate::who::session;

/// Where browsers call from. The host has both ends of the line, and they are not the same.
const BROWSER: &str = "10.99.0.2";
const OURS: &str = "https://lab:8478";
const FORM: &str = "application/x-www-form-urlencoded";

/// A host whose page is served.
struct Page {
    host: Host,
    client: String,
}

/// What a browser got.
struct Got {
    status: u64,
    cookies: Vec<String>,
    body: String,
    policy: String,
}

impl Page {
    #[track_caller]
    fn open(suite: Suite) -> Self {
        let host = Host::boot(Options { suite, packages: true });
        // Both on the host, and neither is a loopback address.
        host.root("ip address add 10.99.0.1/32 dev lo && ip address add 10.99.0.2/32 dev lo").succeeds();
        assert!(
            !host.root("ss -Hltn 'sport = :8478'").stdout.contains(":8478"),
            "no port is open before it is enabled"
        );
        let said = host.root("usher dashboard enable").succeeds();
        let fingerprint = host.content("/run/usher-dashboard/fingerprint");
        assert!(said.contains(":8478/") && said.contains(fingerprint.trim()), "{said}");
        let client = host.script("web", include_str!("web.py"));
        Page { host, client }
    }

    /// A user with a password.
    #[track_caller]
    fn user(&self, name: &str, groups: &[&str]) -> User {
        let user = self.host.user_in(name, groups);
        self.host.root(&format!("echo '{}:right horse' | chpasswd", user.name)).succeeds();
        user
    }

    #[track_caller]
    fn asked(&self, method: &str, path: &str, cookie: &str, origin: &str, kind: &str, body: &str) -> Got {
        let words = [BROWSER, method, path, cookie, origin, kind, body]
            .map(|word| format!("'{}'", word.replace('\'', "'\\''")));
        let said = self.host.root(&format!("python3 {} {}", self.client, words.join(" "))).json();
        let texts = |value: &Value| {
            value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        Got {
            status: said["status"].as_u64().expect("a status"),
            cookies: texts(&said["cookies"]),
            body: said["body"].as_str().unwrap_or_default().to_owned(),
            policy: said["headers"]["content-security-policy"].as_str().unwrap_or_default().to_owned(),
        }
    }

    #[track_caller]
    fn sign_in(&self, user: &User, password: &str) -> Got {
        let form = format!("user={}&password={}", user.name, password.replace(' ', "+"));
        self.asked("POST", "/sign-in", "", OURS, FORM, &form)
    }

    /// The cookie of somebody who signed in.
    #[track_caller]
    fn cookie(&self, user: &User) -> String {
        let got = self.sign_in(user, "right horse");
        assert_eq!(got.status, 303, "{}", got.body);
        let set = got.cookies.iter().find(|set| set.starts_with("__Host-usher=")).expect("a cookie");
        for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(set.contains(part), "{set}");
        }
        set.split(';').next().expect("a pair").to_owned()
    }

    #[track_caller]
    fn get(&self, path: &str, cookie: &str) -> Got {
        self.asked("GET", path, cookie, "", "", "")
    }

    /// The only outcome of an order.
    #[track_caller]
    fn order(&self, verb: &str, cookie: &str, order: &Value) -> Value {
        let got = self.asked("POST", &format!("/verbs/{verb}"), cookie, OURS, "application/json", &order.to_string());
        assert_eq!(got.status, 200, "{}", got.body);
        let first: Value = serde_json::from_str(got.body.lines().next().expect("a line")).expect("JSON");
        first["outcomes"][0].clone()
    }

    /// The users whose sessions the page shows.
    #[track_caller]
    fn shown(&self, cookie: &str) -> Vec<String> {
        let got = self.get("/events", cookie);
        let news: Value = serde_json::from_str(got.body.strip_prefix("data: ").expect("news")).expect("JSON");
        let tiles = news["tiles"].as_array().cloned().unwrap_or_default();
        tiles.iter().map(|tile| tile["session"]["user"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The records of an action.
    #[track_caller]
    fn records(&self, action: &str) -> Vec<Value> {
        self.host.root_usher(&["audit", "--action", action, "--output", "json"]).array()
    }
}

#[test]
fn people_sign_in_by_pam_and_are_who_they_are() {
    if let Err(reason) = ready(Suite::Trixie) {
        return skip(&reason);
    }
    let page = Page::open(Suite::Trixie);
    let host = &page.host;
    let (alice, bob) = (page.user("alice", &[]), page.user("bob", &[]));
    let (olga, adam) = (page.user("olga", &["usher-operator"]), page.user("adam", &["usher-admin"]));
    let screens = [&alice, &bob, &adam].map(|user| host.x11(user, X11::Xvfb));
    let tile = |index: usize| json!({"targets": {"0": [screens[index].id().parse::<u32>().unwrap_or_else(|_| session(host, &screens[index])["session_id"].as_u64().unwrap().try_into().unwrap())]}});

    // Nobody is let in without a sign-in, and the form is all that there is.
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

    // A pupil sees their own sessions and may lock nobody.
    let pupil = page.cookie(&alice);
    let whole = page.get("/", &pupil);
    assert!(whole.body.contains(&alice.name) && whole.policy.contains("form-action 'none'"));
    assert_eq!(page.shown(&pupil), [alice.name.as_str()]);
    let lock = |index: usize| {
        let mut order = tile(index);
        order["message"] = "Eyes up".into();
        order
    };
    let refused = page.order("lock", &pupil, &lock(1));
    assert_eq!((&refused["result"], &refused["error"]["id"]), (&"failed".into(), &"AccessDenied".into()), "{refused}");
    assert_eq!(page.get("/log/0", &pupil).status, 502, "the audit log is for administrators");

    // An operator locks pupils by name, and closes no administrator's session.
    let operator = page.cookie(&olga);
    assert_eq!(page.shown(&operator).len(), 3);
    let locked = page.order("lock", &operator, &lock(0));
    assert_eq!((&locked["result"], &locked["observed"]), (&"done".into(), &true.into()), "{locked}");
    assert_eq!(session(host, &screens[0])["lock"]["by"], olga.name.as_str());
    let close = page.order("close", &operator, &tile(2));
    assert_eq!((&close["result"], &close["error"]["id"]), (&"failed".into(), &"AccessDenied".into()), "{close}");
    assert!(screens[2].exists());
    let done = page.records("lock");
    let record = done.iter().find(|record| record["actor"] == olga.name.as_str()).expect("a record");
    assert_eq!(record["from"], format!("{BROWSER}, by the dashboard"));

    // Roles are asked freshly.
    host.root(&format!("gpasswd -d {} usher-operator", olga.name)).succeeds();
    assert_eq!(page.order("unlock", &operator, &tile(0))["error"]["id"], "AccessDenied");

    // Other pages order nothing, whatever the browser shows.
    for origin in ["https://evil.example", "http://lab:8478", "https://lab:8479", "null", ""] {
        let got = page.asked("POST", "/verbs/lock", &operator, origin, "application/json", &lock(1).to_string());
        assert_eq!(got.status, 403, "{origin}");
        let form = format!("user={}&password=right+horse", bob.name);
        assert_eq!(page.asked("POST", "/sign-in", "", origin, FORM, &form).status, 403, "{origin}");
    }
    assert_eq!(session(host, &screens[1])["locked"], false);

    // Whoever signed out, or was, is out.
    let listed = host.root_usher(&["identities", "--web", "--output", "json"]).array();
    let of_olga = listed.iter().find(|one| one["user"] == olga.name.as_str()).expect("her sign-in");
    assert_eq!((listed.len(), &of_olga["from"]), (2, &BROWSER.into()), "{listed:?}");
    assert_ne!(host.usher(&olga, &["identities", "--web"]).code, Some(0), "that is for administrators");
    host.root_usher(&["identities", "--web", "--end", &of_olga["id"].to_string()]).succeeds();
    assert_eq!(page.asked("POST", "/sign-out", &pupil, OURS, "", "").status, 303);
    for replayed in [&operator, &pupil] {
        crate::harness::wait_until("it is over", || page.get("/events", replayed).status == 403);
        assert!(page.get("/", replayed).body.contains("action=\"/sign-in\""));
    }
    assert_eq!(page.records("sign-out").len(), 2);

    // An account that has expired is let in no more, nor is root.
    host.root(&format!("usermod -e 1 {}", bob.name)).succeeds();
    let barred = page.sign_in(&bob, "right horse");
    assert!(barred.status == 403 && barred.body.contains("may not sign in now"), "{}", barred.body);
    host.root("echo 'root:right horse' | chpasswd").succeeds();
    assert_eq!(page.sign_in(&User { name: "root".to_owned(), ..alice.clone() }, "right horse").status, 403);

    // Who guesses waits.
    let statuses: Vec<_> = (0..4).map(|_| page.sign_in(&adam, "wrong").status).collect();
    assert_eq!(statuses, [403, 403, 403, 429]);
}

#[test]
fn the_web_server_cannot_say_who_somebody_is() {
    if let Err(reason) = ready(Suite::Bookworm) {
        return skip(&reason);
    }
    let page = Page::open(Suite::Bookworm);
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
    crate::harness::wait_until("nobody is signed in", || page.get("/events", &cookie).status == 403);
    host.root("usher dashboard disable").succeeds();
    assert!(!host.root("ss -Hltn 'sport = :8478'").stdout.contains(":8478"));
    assert_ne!(host.run(&alice, "usher dashboard enable").code, Some(0));
}
