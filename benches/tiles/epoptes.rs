//! The pupil's half of Epoptes: the program that epoptes-client starts for each picture that the teacher's window asks for.
//! The teacher's half is not counted.

use super::harness::Screen;

/// What one picture costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// The running time of the programs that make it, in milliseconds.
    pub cpu_ms: f64,
    /// What goes to the teacher, without TLS.
    pub bytes: f64,
}

/// Makes several pictures of a display, one after the other.
pub fn measure(screen: &Screen, (width, height): (u64, u64), count: usize) -> Cost {
    let again = format!("for _ in $(seq {count}); do python3 thumbshot.py {width} {height}; done");
    let said = screen.shell(&format!("cd /usr/share/epoptes-client && {{ {again}; }} | wc -c && times")).succeeds();
    let mut lines = said.lines();
    let bytes: f64 = lines.next().and_then(|line| line.trim().parse().ok()).expect("how many bytes there were");
    // The shell's own times come first, then those of what it waited for.
    let waited_for = lines.nth(1).expect("the times of the shell's children");
    let seconds: f64 = waited_for.split_whitespace().map(seconds).sum();
    Cost { cpu_ms: 1000.0 * seconds / count as f64, bytes: bytes / count as f64 }
}

/// A time as `times` writes it: `0m1.250s`.
fn seconds(time: &str) -> f64 {
    let (minutes, seconds) = time.trim_end_matches('s').split_once('m').expect("minutes and seconds");
    60.0 * minutes.parse::<f64>().expect("minutes") + seconds.parse::<f64>().expect("seconds")
}
