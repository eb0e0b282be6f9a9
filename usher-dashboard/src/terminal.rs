//! The page ends with the terminal that it was started from.

use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Resolves at SIGINT, SIGTERM or SIGHUP, and when the other end of standard input is gone.
pub fn ended() -> impl Future<Output = ()> {
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    let (say, hung_up) = oneshot::channel();
    // A thread that waits for good is ended with the program.
    std::thread::spawn(move || {
        if hangs_up(&std::io::stdin()) {
            let _ = say.send(());
        }
    });
    async {
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = signals else {
            // Without signal handlers the default action ends the process.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            Ok(()) = hung_up => {}
        }
    }
}

/// Waits until nobody is at the other end; false if that cannot be seen. Nothing is read, so that a page in the background
/// is not stopped by its terminal.
fn hangs_up(input: &impl AsFd) -> bool {
    loop {
        let mut watched = [PollFd::new(input, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(_) => return watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_a_hangup_and_waiting_input_is_none() {
        let (reader, writer) = std::io::pipe().unwrap();
        let waiting = std::thread::spawn(move || hangs_up(&reader));
        std::io::Write::write_all(&mut &writer, b"typed").unwrap();
        drop(writer);
        assert!(waiting.join().unwrap());
    }
}
