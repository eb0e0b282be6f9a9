//! Loopback is everybody's: another user of this host has the link, and even the cookie, and gets nothing.

use std::process::Command;

use crate::harness::{Lab, PATIENCE, run_bounded, skip};

/// Sends a request as another user, and prints what comes back.
const ASK: &str = r#"
import socket, sys
stream = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
stream.settimeout(20)
try:
    stream.sendall(sys.argv[2].encode())
    while True:
        part = stream.recv(65536)
        if not part: break
        sys.stdout.write(part.decode("latin-1"))
except ConnectionError: pass
"#;

#[test]
fn another_user_of_this_host_gets_nothing_by_link_or_cookie() {
    if !rustix::process::geteuid().is_root() {
        return skip("playing another user takes root");
    }
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let port = dashboard.address.port().to_string();
    let ask = |uid: &str, path: &str, cookie: &str| {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{cookie}Connection: close\r\n\r\n", dashboard.address);
        let mut command = Command::new("setpriv");
        command.args(["--reuid", uid, "--clear-groups", "/usr/bin/python3", "-c", ASK, &port, &request]);
        let asked = run_bounded(&mut command, b"", PATIENCE);
        assert_eq!(asked.code, Some(0), "{asked:?}");
        asked.stdout
    };
    let link = dashboard.link.strip_prefix(&format!("http://{}", dashboard.address)).unwrap().to_owned();
    assert_eq!(ask("4711", &link, ""), "", "the link");
    let browser = dashboard.browser();
    let cookie = format!("Cookie: {}\r\n", browser.cookie.as_deref().unwrap());
    for path in ["/", "/events", "/assets/main.js"] {
        assert_eq!(ask("4711", path, &cookie), "", "{path}");
    }
    assert!(ask("0", "/", &cookie).starts_with("HTTP/1.1 200"), "the same request by its own user");
    let log = std::fs::read_to_string(lab.file("dashboard.log")).unwrap();
    assert_eq!(log.matches("uid 4711").count(), 1, "{log}");
}
