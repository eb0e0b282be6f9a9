//! People who come by X2Go: a real nxagent on the host, a real nxproxy on the client's display, between them ssh.

use super::{Client, Host, Screen, User, wait_for};

impl Host {
    /// Logs this user in by X2Go; the session's desktop is the usual one.
    #[track_caller]
    pub fn x2go(&self, user: &User) -> (Screen, Client) {
        self.lets_in_by_key(user);
        std::fs::write(self.path("/usr/local/bin/test-x2go"), include_str!("x2go.sh")).expect("a script");
        let client = Client::start(self, "x2go", &format!("sh /usr/local/bin/test-x2go {}", user.name));
        let number = wait_for(&format!("{} has a desktop by X2Go", user.name), || {
            let ready = self.root(&format!("ls -d /home/{}/.desk-*/ready", user.name)).stdout;
            ready.lines().next()?.split_once(".desk-")?.1.strip_suffix("/ready")?.parse().ok()
        });
        (Screen::furnished(self, user, number, None), client)
    }
}
