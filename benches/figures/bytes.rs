//! The bytes that a station's terminal gets: over a slow line a person waits for each.

use super::fixture::{Daemon, Table, there_is};
use super::terminal::{Terminal, Tmux};

const LINES: usize = 51;
const KEYS: usize = 200;
/// For every line that is typed it prints one of 70 characters, no two alike.
const LOG: &str = "stty -echo; n=100; while read -r _; do n=$((n+1)); printf '%s the log says what it says, and what it says \
                   differs from line to line %s\\n' $n $((n*n)); done";

pub fn measure(table: &mut Table) {
    let daemon = Daemon::on_disk();
    daemon.run(&["open", "--", "sh", "-c", LOG]);
    daemon.run(&["open", "--", "cat"]);
    let (lines, keys) = (scrolled(Terminal::attach(&daemon, "1")), typed(Terminal::attach(&daemon, "2")));
    let (mut lines_peer, mut keys_peer) = (String::new(), String::new());
    let (mut most_lines, mut most_keys) = (String::new(), String::new());
    if there_is("tmux") {
        let (_server, terminal) = Tmux::start(LOG);
        let peer = scrolled(terminal);
        lines_peer = format!("tmux {peer}");
        most_lines = format!("<= {:.0}", 1.2 * peer as f64);
        let (_server, terminal) = Tmux::start("cat");
        let peer = typed(terminal);
        keys_peer = format!("tmux {peer:.2}");
        most_keys = format!("<= {:.2}", 1.2 * peer);
    }
    table.add(&format!("{LINES} scrolled lines through attach, bytes"), lines.to_string(), &most_lines, &lines_peer);
    table.add("a key through attach, bytes", format!("{keys:.2}"), &most_keys, &keys_peer);
}

/// The bytes of lines that scroll one by one, on a screen that is full.
fn scrolled(mut terminal: Terminal) -> usize {
    (0..30).for_each(|_| terminal.type_keys(b"\r"));
    terminal.settle();
    let line = |_| {
        terminal.type_keys(b"\r");
        terminal.settle()
    };
    (0..LINES).map(line).sum()
}

/// The bytes that a key costs, echoed one by one in lines of forty.
fn typed(mut terminal: Terminal) -> f64 {
    let mut bytes = 0;
    for key in 0..KEYS {
        let letter = b'a' + u8::try_from(key % 26).unwrap_or(0);
        terminal.type_keys(if key % 40 == 39 { b"\r" } else { std::slice::from_ref(&letter) });
        bytes += terminal.settle();
    }
    bytes as f64 / KEYS as f64
}
