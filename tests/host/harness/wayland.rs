//! A person on Wayland: a true session of logind's at no seat, with a compositor, a terminal, and two outputs that nobody sees but
//! who asks for their pixels.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Host, Picture, Screen, User, wait_for};

/// Which compositor shows a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compositor {
    /// sway.
    Sway,
    /// labwc.
    Labwc,
    /// cage, which has no session lock.
    Cage,
}

impl Compositor {
    /// Its program.
    pub fn name(self) -> &'static str {
        match self {
            Compositor::Sway => "sway",
            Compositor::Labwc => "labwc",
            Compositor::Cage => "cage",
        }
    }
}

/// A session on Wayland. It is ended when this value goes.
pub struct Desk {
    screen: Screen,
    pictures: AtomicU32,
}

impl Drop for Desk {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(picture) = self.try_picture()
        {
            let file = std::env::temp_dir().join(format!("usher-last-{}-{}.png", std::process::id(), self.number));
            picture.save(&file);
            println!("--- what the outputs showed: {}", file.display());
        }
    }
}

impl Deref for Desk {
    type Target = Screen;

    fn deref(&self) -> &Screen {
        &self.screen
    }
}

impl Host {
    /// Logs this user in on Wayland, and waits until the desktop and its terminal are there.
    #[track_caller]
    pub fn wayland(&self, user: &User, compositor: Compositor) -> Desk {
        self.wayland_with(user, compositor, "LANG=C.UTF-8")
    }

    /// The same for somebody whose environment has this variable.
    #[track_caller]
    pub fn wayland_with(&self, user: &User, compositor: Compositor, variable: &str) -> Desk {
        let (number, name, program) = (self.next_display(), &user.name, compositor.name());
        let unit = format!("desk-{number}");
        self.root(&format!(
            "systemd-run --quiet --collect --unit={unit} -p PAMName=test-session -p User={name} \
             -p WorkingDirectory=/home/{name} -E XDG_SESSION_TYPE=wayland -E XDG_SESSION_CLASS=user -E {variable} \
             /usr/local/bin/test-desk {program} {number}"
        ))
        .succeeds();
        Desk { screen: Screen::furnished(self, user, number, Some(unit)), pictures: 0.into() }
    }
}

impl Desk {
    /// The compositor's socket.
    #[track_caller]
    pub fn socket(&self) -> String {
        let file = PathBuf::from(format!("/home/{}/.desk-{}/socket", self.user.name, self.number));
        let name = wait_for("the compositor's socket is known", || {
            Some(self.host.content(&file).trim().to_owned()).filter(|name| !name.is_empty())
        });
        format!("/run/user/{}/{name}", self.user.uid)
    }

    /// What all outputs show now, side by side, as a program of root's sees it; none while there is no picture.
    pub fn try_picture(&self) -> Option<Picture> {
        self.try_picture_of("")
    }

    /// What this output shows now.
    pub fn try_output(&self, output: &str) -> Option<Picture> {
        self.try_picture_of(&format!("-o {output}"))
    }

    fn try_picture_of(&self, which: &str) -> Option<Picture> {
        // Several may be taken side by side.
        let nth = self.pictures.fetch_add(1, Ordering::Relaxed);
        let file = format!("/tmp/picture-{}-{nth}.ppm", self.number);
        let seen = self.host.root(&format!(
            "XDG_RUNTIME_DIR=/run/user/{} WAYLAND_DISPLAY={} timeout 10 grim {which} -t ppm {file}",
            self.user.uid,
            self.socket()
        ));
        let picture = std::fs::read(self.host.path(&file)).ok().filter(|_| seen.code == Some(0));
        let _ = std::fs::remove_file(self.host.path(&file));
        Picture::of_ppm(&picture?)
    }

    /// What all outputs show now.
    #[track_caller]
    pub fn picture(&self) -> Picture {
        wait_for("the outputs can be pictured", || self.try_picture())
    }

    /// Types by the virtual keyboard of a program of the session's user.
    #[track_caller]
    pub fn types(&self, text: &str) {
        // A new keyboard's first key may come before its program has learned of the keyboard.
        self.shell(&format!("wtype -M shift -m shift -s 100 '{text}'")).succeeds();
    }

    /// The process of the compositor.
    #[track_caller]
    pub fn compositor(&self, compositor: Compositor) -> String {
        let name = compositor.name();
        wait_for(&format!("{name} runs"), || {
            let found = self.host.root(&format!("pgrep -u {} -x {name}", self.user.name)).stdout;
            Some(found.trim().to_owned()).filter(|pid| !pid.is_empty())
        })
    }
}
