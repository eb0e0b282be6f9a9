//! Hosts that the web page of another was joined to: people act there by their own name, and within both roles.

use serde_json::{Value, json};

use crate::harness::{Host, Options, Screen, Suite, User, X11, ready, skip, wait_for, wait_until};
use crate::host;
use crate::web::{OURS, Page, enable};
use crate::who::session;

/// A page, and the host that it was joined to under the name `far`.
struct Joined {
    page: Page,
    far: Host,
    token: String,
}

impl Joined {
    #[track_caller]
    fn open(far: Host) -> Self {
        let host = Host::boot(Options { suite: Suite::Trixie, packages: true });
        enable(&host);
        let name = format!("dashboard@{}", host.name());
        let invite = ["invite", &name, "--role", "operator", "--address", far.address()];
        let token = far.root_usher(&invite).succeeds().trim().to_owned();
        let said = host.root(&format!("echo {token} | usher dashboard join - --name far")).succeeds();
        assert!(said.contains("far") && said.contains(&name), "{said}");
        Joined { page: Page::of(host, 2), far, token }
    }

    /// What the far host calls somebody who signed in here.
    fn called(&self, name: &str) -> String {
        format!("{name} at {}, by the dashboard", self.page.host.name())
    }

    /// The users whose sessions the page shows of the far host, once it was heard.
    #[track_caller]
    fn shown(&self, cookie: &str) -> Vec<String> {
        wait_for("the far host is heard", || {
            let news: Value =
                serde_json::from_str(self.page.get("/events", cookie).body.strip_prefix("data: ")?).ok()?;
            let host =
                news["hosts"].as_array()?.iter().find(|host| host["name"] == "far" && host["reach"] == "here")?;
            let tiles = news["tiles"].as_array()?.iter().filter(|tile| tile["host"] == host["index"]);
            Some(tiles.filter_map(|tile| tile["session"]["user"].as_str().map(str::to_owned)).collect())
        })
    }
}

/// An order for a session of the far host, which stands behind the page's own.
#[track_caller]
fn far(screen: &Screen, message: Option<&str>) -> Value {
    let mut order = json!({"targets": {"1": [session(&screen.host, screen)["session_id"]]}});
    if let Some(message) = message {
        order["message"] = message.into();
    }
    order
}

#[test]
fn people_who_sign_in_act_on_joined_hosts_by_their_name_and_within_both_roles() {
    if let Err(reason) = ready(Suite::Trixie) {
        return skip(&reason);
    }
    let joined = Joined::open(host!(Bookworm));
    let (page, there) = (&joined.page, &joined.far);
    let (alice, olga) = (page.user("alice", &[]), page.user("olga", &["usher-operator"]));
    let adam = page.user("adam", &["usher-admin"]);
    let bobs = there.x11(&there.user("bob"), X11::Xvfb);
    let roots = there.x11(&there.user_in("ruth", &["usher-admin"]), X11::Xvfb);

    // An operator here is one there, by her own name.
    let operator = page.cookie(&olga);
    assert!(joined.shown(&operator).contains(&bobs.user.name));
    let locked = page.order("lock", &operator, &far(&bobs, Some("Eyes up")));
    assert_eq!(
        (&locked["result"], &locked["observed"], &locked["host"]),
        (&"done".into(), &true.into(), &"far".into())
    );
    assert_eq!(session(there, &bobs)["lock"]["by"], joined.called(&olga.name));
    let done = there.root_usher(&["audit", "--action", "lock", "--output", "json"]).array();
    assert!(done.iter().any(|record| record["actor"] == joined.called(&olga.name)), "{done:?}");
    assert_eq!(page.order("unlock", &operator, &far(&bobs, None))["result"], "done");

    // An administrator here is no more there than the page was invited as.
    let administrator = page.cookie(&adam);
    joined.shown(&administrator);
    let close = page.order("close", &administrator, &far(&roots, None));
    assert_eq!((&close["result"], &close["error"]["id"]), (&"failed".into(), &"AccessDenied".into()), "{close}");
    assert!(roots.exists());

    // Whoever has a certificate acts there by the name on it, for as long as a sign-in lasts.
    let certificate = page.certificate("ines@tablet", "operator");
    let certified = page.certified(&certificate);
    assert!(joined.shown(&certified).contains(&bobs.user.name));
    assert_eq!(page.order("lock", &certified, &far(&bobs, Some("Eyes up")))["result"], "done");
    assert_eq!(session(there, &bobs)["lock"]["by"], joined.called("ines@tablet"));
    assert_eq!(page.order("unlock", &certified, &far(&bobs, None))["result"], "done");
    let close = page.order("close", &certified, &far(&roots, None));
    assert_eq!((&close["result"], &close["error"]["id"]), (&"failed".into(), &"AccessDenied".into()), "{close}");

    // A pupil reaches no other host, and an operator who is one no more does not either.
    let pupil = page.cookie(&alice);
    let order = far(&bobs, Some("x")).to_string();
    let refused = page.asked("POST", "/verbs/lock", &pupil, "https://lab:8478", "application/json", &order);
    assert_eq!(refused.status, 400, "{}", refused.body);
    page.host.root(&format!("gpasswd -d {} usher-operator", olga.name)).succeeds();
    let denied = || page.order("unlock", &operator, &far(&bobs, None))["result"] == "failed";
    wait_until("her role is gone there too", denied);
    assert_eq!(page.order("lock", &operator, &far(&bobs, Some("x")))["result"], "failed");

    page.host.root("echo 'sign_in_seconds = 5' >>/etc/usher/usherd.toml && systemctl restart usherd").succeeds();
    let brief = page.certified(&certificate);
    assert!(page.get("/", &brief).body.contains("ines@tablet"));
    wait_until("her time is over", || page.get("/events", &brief).status == 403);
    assert_eq!(page.asked("POST", "/verbs/lock", &brief, OURS, "application/json", "{}").status, 403);
    page.host.root("sed -i /sign_in_seconds/d /etc/usher/usherd.toml && systemctl restart usherd").succeeds();
    let administrator = page.cookie(&adam);
    joined.shown(&administrator);

    // The host revokes the page, and the page forgets the host.
    there.root_usher(&["revoke", &format!("dashboard@{}", page.host.name())]).succeeds();
    assert_eq!(page.order("lock", &administrator, &far(&bobs, Some("x")))["result"], "failed");
    page.host.root("usher dashboard leave far").succeeds();
    assert_ne!(page.host.root("usher dashboard leave far").code, Some(0));
    assert_ne!(page.host.root(&format!("usher dashboard join {} --name far", joined.token)).code, Some(0), "once");
}

/// What a web server that was taken over would try: it has the secret of somebody who is signed in, and says anything.
const TAKEN_OVER: &str = r#"
import socket, sys
def talk(connection, request):
    connection.sendall(request.encode())
    said = b""
    connection.settimeout(5)
    while b"\r\n\r\n" not in said:
        piece = connection.recv(65536)
        if not piece: break
        said += piece
    return said.decode("utf-8", "replace")
secret, session = sys.argv[1:3]
own = socket.socket(socket.AF_UNIX)
own.connect("/run/usher/usher.sock")
head = "Host: usherd\r\nConnection: upgrade\r\nUpgrade: usher-relay\r\n"
said = talk(own, f"POST /v1/web/hosts/far/stream HTTP/1.1\r\n{head}usher-web: {secret}\r\nusher-from: 10.99.0.2\r\n\r\n")
print(said.splitlines()[0])
if "101" in said:
    greeting = said.split("\r\n\r\n", 1)[1] or own.recv(65536).decode()
    print(greeting.strip())
    forged = "usher-person: administrator root\r\nusher-identity: root@far\r\n"
    for path, body in [("/v1/renew", '{"request":"x"}'), (f"/v1/sessions/lock", '{"targets":{"ids":[%s]},"message":"x"}' % session)]:
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        print(talk(own, f"POST {path} HTTP/1.1\r\nHost: usherd\r\n{forged}{length}\r\n{body}").splitlines()[0])
"#;

#[test]
fn a_web_server_that_was_taken_over_is_nobody_else_on_joined_hosts() {
    if let Err(reason) = ready(Suite::Trixie) {
        return skip(&reason);
    }
    let joined = Joined::open(host!(Bookworm));
    let (page, there) = (&joined.page, &joined.far);
    let (alice, olga) = (page.user("alice", &[]), page.user("olga", &["usher-operator"]));
    let bobs = there.x11(&there.user("bob"), X11::Xvfb);
    let script = page.host.script("taken-over.py", TAKEN_OVER);
    let plays = |secret: &str| {
        let id = session(there, &bobs)["session_id"].to_string();
        let play = format!("runuser -u usher-dashboard -- python3 {script} {secret} {id}");
        page.host.root(&play).succeeds().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let secret = |user: &User| page.cookie(user).split_once('=').expect("a secret").1.to_owned();
    let said = plays(&secret(&olga));
    assert!(said[0].contains("101") && said[1].starts_with("usher-stream"), "{said:?}");
    assert!(said[2].contains("403"), "no certificate for it: {said:?}");
    assert!(said[3].contains("200"), "{said:?}");
    assert_eq!(session(there, &bobs)["lock"]["by"], joined.called(&olga.name), "and not root");
    assert!(plays(&secret(&alice))[0].contains("403"), "a pupil reaches no host");
    assert!(plays(&"A".repeat(43))[0].contains("403"), "nobody reaches none");
    let direct = "runuser -u usher-dashboard -- python3 -c 'import socket;socket.socket(socket.AF_UNIX).connect(\"/run/usher-dial.sock\")'";
    assert!(page.host.root(direct).stderr.contains("Permission"), "usherd alone says for whom it is");
    let key = page.host.root("runuser -u usher-dashboard -- ls /var/lib/usher-dial");
    assert!(key.code != Some(0) && key.stderr.contains("Permission"), "{key:?}");
}
