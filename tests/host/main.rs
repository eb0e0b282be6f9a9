//! usher on real hosts: Debian with its own systemd, logind, PAM, X servers, sshd and xrdp, with the packages installed.
//!
//! A test's name says what it shows. The hosts are booted once for all tests of this program; a test has users of its
//! own. CONTRIBUTING.md tells how to write one.

#[allow(dead_code, reason = "the benchmarks stand on it too, and each uses a part of it")]
mod harness;

mod auditing;
mod bounds;
mod close;
mod cmdlets;
mod console;
mod console_login;
mod disconnect;
mod freezing;
mod holding_on;
mod hostile;
mod join;
mod lab;
mod list;
mod lock;
mod login;
mod logins;
mod looking;
mod open;
mod packaging;
mod raw;
mod reading;
mod reboot;
mod releasing;
mod roles;
mod seats;
mod server;
mod sessions;
mod shield;
mod ssh;
mod ssh_login;
mod status;
mod stopping;
mod stuck;
mod thumbnail;
mod types;
mod unseen;
mod wayland;
mod wayland_looks;
mod wayland_viewers;
mod web;
mod web_certificate;
mod web_joined;
mod who;
mod x2go;
