//! The browser, on a machine of the hosts' network.

use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use crate::harness::common::run;
use crate::harness::{Host, Lab, PATIENCE, skip, wait_for};

#[allow(dead_code, reason = "the page's own tests use more of it")]
#[path = "../../usher-dashboard/tests/dashboard/harness/chromium.rs"]
mod chromium;
#[allow(dead_code, reason = "the page's own tests start more kinds of programs with it")]
#[path = "../../usher-dashboard/tests/dashboard/harness/service.rs"]
mod service;

pub use chromium::{Chromium, chromium};
pub use service::Service;
use service::clean;

/// The network of the laboratory, in which hosts are reached by their addresses.
pub fn laboratory() -> PathBuf {
    network(Lab::shared().init)
}

/// The network of a host, in which its loopback is reached.
pub fn of_host(host: &Host) -> PathBuf {
    network(host.leader())
}

fn network(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/ns/net"))
}

fn wait_bounded(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    run::wait_bounded(child, patience)
}
