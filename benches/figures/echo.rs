//! From a key pressed at a station to its echo on the station's terminal.

use std::time::{Duration, Instant};

use pty_process::blocking::Command;

use super::fixture::{Daemon, Table, median, there_is};
use super::terminal::{Terminal, Tmux};

const KEYS: usize = 400;

pub fn measure(table: &mut Table) {
    let daemon = Daemon::on_disk();
    daemon.open(1);
    let ours = echo(Terminal::attach(&daemon, "1"));
    let mut goal = String::new();
    let mut peers = format!("cat in a bare terminal {:.0} us", echo(Terminal::run(Command::new("cat"))));
    if there_is("script") {
        let script = Command::new("script").args(["-qfc", "cat", "/dev/null"]);
        peers += &format!(", script {:.0} us", echo(Terminal::run(script)));
    }
    if there_is("tmux") {
        let (_server, terminal) = Tmux::start("cat");
        let peer = echo(terminal);
        peers += &format!(", tmux {peer:.0} us");
        goal = format!("<= {peer:.0} us");
    }
    table.add("keystroke to echo through attach", format!("{ours:.0} us"), &goal, &peers);
}

/// The median echo in microseconds of a program that shows each key.
fn echo(mut terminal: Terminal) -> f64 {
    let mut times = Vec::new();
    for index in 0..KEYS {
        // A different letter each time, so that an old echo is not taken for the new one.
        let key = b'a' + u8::try_from(index % 26).unwrap_or(0);
        let begun = Instant::now();
        terminal.type_keys(&[key]);
        wait_for(&mut terminal, key);
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        if index % 40 == 39 {
            terminal.type_keys(b"\r");
            terminal.settle();
        }
        // Keys come one by one, as from a person.
        std::thread::sleep(Duration::from_millis(2));
    }
    median(&mut times)
}

fn wait_for(terminal: &mut Terminal, key: u8) {
    let mut buffer = [0; 4096];
    // The echo is the last thing written that is no control sequence.
    while !strip_sequences(terminal.read(&mut buffer)).contains(&key) {}
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
