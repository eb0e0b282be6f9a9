//! A person on X11: a true session of logind's with an X server, a window manager and a terminal.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Display, Host, PATIENCE, Picture, Ran, User, Watch, display, wait_for, wait_telling};

/// The desktop's colour, where nothing covers it.
pub const DESKTOP: [u8; 3] = [0x20, 0x60, 0x40];

/// Which X server shows a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum X11 {
    /// Without any station.
    Xvfb,
    /// TigerVNC's.
    Xvnc,
}

/// A session on X11. It is ended when this value goes.
pub struct Screen {
    /// The host it is on.
    pub host: Host,
    /// Whose it is.
    pub user: User,
    /// logind's ID of it.
    pub session: String,
    /// The number of its display.
    pub number: u32,
    desk: PathBuf,
    cookies: PathBuf,
    unit: Option<String>,
    commands: AtomicU32,
}

impl Host {
    /// Logs this user in on X11, and waits until the desktop and its terminal are there.
    #[track_caller]
    pub fn x11(&self, user: &User, server: X11) -> Screen {
        self.x11_of_size(user, server, "1280x720")
    }

    /// The same with a display of this size.
    #[track_caller]
    pub fn x11_of_size(&self, user: &User, server: X11, size: &str) -> Screen {
        self.x11_with(user, server, size, "LANG=C.UTF-8")
    }

    /// The same on Xvfb for somebody whose environment has this variable, as in `LANG=zh_CN.UTF-8`.
    #[track_caller]
    pub fn x11_speaking(&self, user: &User, variable: &str) -> Screen {
        self.x11_with(user, X11::Xvfb, "1280x720", variable)
    }

    #[track_caller]
    fn x11_with(&self, user: &User, server: X11, size: &str, variable: &str) -> Screen {
        let (number, name) = (self.next_display(), &user.name);
        let unit = format!("desk-{number}");
        self.root(&format!(
            "systemd-run --quiet --collect --unit={unit} -p PAMName=test-session -p User={name} \
             -p WorkingDirectory=/home/{name} -E XDG_SESSION_TYPE=x11 -E XDG_SESSION_CLASS=user -E {variable} \
             /usr/local/bin/test-desk {server:?} {number} {size}"
        ))
        .succeeds();
        Screen::furnished(self, user, number, Some(unit))
    }
}

impl Screen {
    /// A display whose desktop is being furnished.
    #[track_caller]
    pub(super) fn furnished(host: &Host, user: &User, number: u32, unit: Option<String>) -> Screen {
        let home = Path::new("/home").join(&user.name);
        let desk = home.join(format!(".desk-{number}"));
        let session = wait_for(&format!("{} has a desktop on display {number}", user.name), || {
            Some(host.content(desk.join("ready")).trim().to_owned()).filter(|id| !id.is_empty())
        });
        let cookies = home.join(".Xauthority");
        let (host, user) = (host.clone(), user.clone());
        Screen { host, user, session, number, desk, cookies, unit, commands: 0.into() }
    }

    /// A new connection to the display, from outside of the session.
    #[track_caller]
    pub fn display(&self) -> Display {
        Display::connect(&self.host, self.number, &self.cookies)
    }

    /// What the screen shows now.
    #[track_caller]
    pub fn pixels(&self) -> Picture {
        self.display().picture()
    }

    /// Writes what the screen shows as a PNG file, to be looked at.
    #[track_caller]
    pub fn screenshot(&self, file: impl AsRef<Path>) {
        self.pixels().save(file.as_ref());
    }

    /// Types on the display's keyboard.
    #[track_caller]
    pub fn type_keys(&self, text: &str) {
        self.display().type_keys(text);
    }

    /// Presses keys together, as in `&["Control_L", "Alt_L", "BackSpace"]`.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        self.display().press(keys);
    }

    /// What the terminal's program has received so far.
    pub fn typed(&self) -> String {
        self.host.content(self.desk.join("typed"))
    }

    /// Waits until the terminal's program has received exactly this.
    #[track_caller]
    pub fn wait_typed(&self, text: &str) {
        let told = || format!("{}'s terminal has {:?}, not {text:?}", self.user.name, self.typed());
        wait_telling(PATIENCE, told, || (self.typed() == text).then_some(()));
    }

    /// Watches the whole screen from now on, as fast as the display answers.
    #[track_caller]
    pub fn watch(&self, right: impl Fn(&Picture) -> bool + Send + 'static) -> Watch {
        Watch::start(self.display(), None, right)
    }

    /// Watches a part of the screen (x, y, width, height), which is quicker.
    #[track_caller]
    pub fn watch_part(&self, part: display::Part, right: impl Fn(&Picture) -> bool + Send + 'static) -> Watch {
        Watch::start(self.display(), Some(part), right)
    }

    /// Runs a shell command as the session's user, inside the session, with DISPLAY and XAUTHORITY, to its end.
    #[track_caller]
    pub fn shell(&self, command: &str) -> Ran {
        let name = self.start(command);
        let code = self.host.path(self.desk.join(format!("{name}.code")));
        let read = || fs::read_to_string(&code).ok()?.trim().parse().ok();
        let code = wait_for(&format!("in the session, {command:?} ends (it has {PATIENCE:?})"), read);
        let file = |kind: &str| self.host.content(self.desk.join(format!("{name}.{kind}")));
        Ran { what: command.to_owned(), code: Some(code), stdout: file("out"), stderr: file("err") }
    }

    /// Starts a shell command inside the session, and does not wait for it.
    #[track_caller]
    pub fn start(&self, command: &str) -> String {
        let name = format!("command{}", self.commands.fetch_add(1, Ordering::Relaxed));
        fs::write(self.host.path(self.desk.join(format!("{name}.sh"))), command).expect("a script");
        let pipe = self.host.path(self.desk.join("commands"));
        let mut pipe = fs::File::options().append(true).open(pipe).expect("the session's hands");
        writeln!(pipe, "{name}").expect("the session's hands");
        name
    }

    /// Whether logind still has the session.
    pub fn exists(&self) -> bool {
        !self.host.logind_session(&self.session, "Id").is_empty()
    }

    /// Ends the session at once, as a crash of everything in it would.
    pub fn kill(&self) {
        let _ = self.host.root(&format!("loginctl kill-session --signal=KILL {}", self.session));
        if let Some(unit) = &self.unit {
            let _ = self.host.root(&format!("systemctl stop {unit}"));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.host.content(self.desk.join("log"));
            println!("--- the desktop of {} on {}\n{log}", self.user.name, self.host.name());
            println!("--- usherd on {}\n{}", self.host.name(), self.host.journal("usherd"));
            let shields = self.host.journal(&format!("'usher-shield-{}-*'", self.session));
            println!("--- the shields of session {}\n{shields}", self.session);
        }
        self.kill();
    }
}
