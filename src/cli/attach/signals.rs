//! Signals that the station heeds, as a descriptor to wait for.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::{flag, low_level};
use usher_core::outcome::Exit;

/// What signals ask of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignalOrder {
    /// To end.
    End,
    /// To give the terminal back and to stop.
    Stop,
    /// To take the terminal again.
    GoOn,
    /// To look how large the terminal is.
    Measure,
}

/// Each with the signals that ask it, in the order in which they are heeded.
const ORDERS: [(SignalOrder, &[i32]); 4] = [
    (SignalOrder::End, &[SIGTERM, SIGHUP, SIGINT, SIGQUIT]),
    (SignalOrder::Stop, &[SIGTSTP]),
    (SignalOrder::GoOn, &[SIGCONT]),
    (SignalOrder::Measure, &[SIGWINCH]),
];

pub(super) struct Signals {
    wake: UnixStream,
    came: [(SignalOrder, Arc<AtomicBool>); 4],
}

impl Signals {
    /// Heeds them from now on. A second one that ends the station ends the process at once: something holds it up, and
    /// the guard restores the terminal.
    pub(super) fn heed() -> io::Result<Self> {
        let (wake, woken_by) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let came = ORDERS.map(|(order, _)| (order, Arc::<AtomicBool>::default()));
        for ((order, signals), (_, flag)) in ORDERS.iter().zip(&came) {
            for signal in *signals {
                if *order == SignalOrder::End {
                    flag::register_conditional_shutdown(*signal, Exit::Failed.code().into(), Arc::clone(flag))?;
                }
                flag::register(*signal, Arc::clone(flag))?;
                low_level::pipe::register(*signal, woken_by.try_clone()?)?;
            }
        }
        Ok(Signals { wake, came })
    }

    /// The descriptor to poll.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    /// What was asked since the last time. An end stays asked.
    pub(super) fn take(&self) -> Vec<SignalOrder> {
        let mut woken = [0; 64];
        while matches!((&self.wake).read(&mut woken), Ok(count) if count > 0) {}
        let came = |(order, flag): &(SignalOrder, Arc<AtomicBool>)| match order {
            SignalOrder::End => flag.load(Ordering::Relaxed).then_some(*order),
            _ => flag.swap(false, Ordering::Relaxed).then_some(*order),
        };
        self.came.iter().filter_map(came).collect()
    }
}
