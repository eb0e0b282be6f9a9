//! The page ends with the terminal that it was started from.

use std::net::TcpStream;

use rustix::process::Signal;

use crate::harness::Lab;

#[test]
fn it_ends_at_each_signal_of_a_terminal_also_while_somebody_looks() {
    for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
        let lab = Lab::start();
        let mut dashboard = lab.dashboard();
        let mut events = dashboard.browser().events();
        events.until("the host", |page| !page.hosts.is_empty());
        dashboard.signal(signal);
        assert_eq!(dashboard.ends().code(), Some(0), "{signal:?}");
        assert!(TcpStream::connect(dashboard.address).is_err(), "nobody listens any more");
    }
}

#[test]
fn it_ends_when_nobody_is_at_the_other_end_of_its_input() {
    let lab = Lab::start();
    let mut dashboard = lab.dashboard();
    dashboard.browser();
    dashboard.hang_up();
    assert_eq!(dashboard.ends().code(), Some(0));
}

#[test]
fn it_listens_on_loopback_alone() {
    let lab = Lab::start();
    let dashboard = lab.dashboard();
    let sockets = usher_core::sys::diag::tcp().unwrap();
    let port = dashboard.address.port();
    let listening: Vec<_> = sockets.iter().filter(|tcp| tcp.listens && tcp.local.1 == port).collect();
    assert!(!listening.is_empty() && listening.iter().all(|tcp| tcp.local.0.is_loopback()), "{listening:?}");
    assert!(dashboard.pid() > 0);
}
