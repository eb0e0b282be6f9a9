//! From a key pressed at a station to its echo on the station's terminal.

use std::io::{Read, Write};
use std::process::Child;
use std::time::{Duration, Instant};

use pty_process::blocking::{Command, Pty};

use super::fixture::{Daemon, Table, median, there_is};

const KEYS: usize = 400;

pub fn measure(table: &mut Table) {
    let daemon = Daemon::on_disk();
    daemon.open(1);
    let ours =
        echo(Command::new(env!("CARGO_BIN_EXE_usher")).arg("--socket").arg(daemon.socket()).args(["attach", "1"]));
    let mut peers = format!("cat in a bare terminal {:.0} us", echo(Command::new("cat")));
    if there_is("script") {
        peers += &format!(", script {:.0} us", echo(Command::new("script").args(["-qfc", "cat", "/dev/null"])));
    }
    if there_is("tmux") {
        let server = format!("usher-bench-{}", std::process::id());
        let tmux = Command::new("tmux").args(["-L", &server, "-f", "/dev/null", "new-session", "cat"]);
        peers += &format!(", tmux {:.0} us", echo(tmux.env_remove("TMUX")));
        let _ = std::process::Command::new("tmux").args(["-L", &server, "kill-server"]).status();
    }
    table.add("keystroke to echo through attach", format!("{ours:.0} us"), "", &peers);
}

/// The median echo in microseconds of a program that shows what is typed.
fn echo(command: Command) -> f64 {
    let (mut pty, pts) = pty_process::blocking::open().expect("a terminal");
    pty.resize(pty_process::Size::new(24, 80)).expect("a size");
    let command = command.env("TERM", "xterm-256color").env_remove("USHER_SESSION").env_remove("USHER_SOCKET");
    let mut child = command.spawn(pts).expect("the program starts");
    settle(&mut pty);
    let mut times = Vec::new();
    for index in 0..KEYS {
        // A different letter each time, so that an old echo is not taken for the new one.
        let key = b'a' + u8::try_from(index % 26).unwrap_or(0);
        let begun = Instant::now();
        pty.write_all(&[key]).expect("the terminal takes keys");
        wait_for(&mut pty, key);
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        if index % 40 == 39 {
            pty.write_all(b"\r").expect("the terminal takes keys");
            settle(&mut pty);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    end(&mut child);
    median(&mut times)
}

fn wait_for(pty: &mut Pty, key: u8) {
    let mut buffer = [0; 4096];
    loop {
        let count = pty.read(&mut buffer).expect("the program lives");
        // The echo is the last thing written that is no control sequence.
        let text = strip_sequences(&buffer[..count]);
        if text.contains(&key) {
            return;
        }
    }
}

/// The bytes without control sequences, whose final letters would look like keys.
fn strip_sequences(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        if *byte == 0x1b {
            if rest.next() == Some(&b'[') {
                let _ = rest.find(|b| b.is_ascii_alphabetic());
            }
        } else {
            text.push(*byte);
        }
    }
    text
}

/// Reads what comes until nothing comes for a moment.
fn settle(pty: &mut Pty) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut buffer = [0; 65536];
    let quiet = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
    while poll(&mut [PollFd::new(&*pty, PollFlags::IN)], Some(&quiet)).is_ok_and(|ready| ready > 0) {
        if !matches!(pty.read(&mut buffer), Ok(count) if count > 0) {
            return;
        }
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
