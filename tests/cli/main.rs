//! The command line, the daemon and the holders as people use them: real binaries, real terminals.
//!
//! One file per verb; a test's name says what it shows. Every test has a daemon of its own in a
//! directory of its own, so that all of them run beside each other. No test looks at the clock to
//! judge: it waits for what must become true, with generous patience.

mod harness;

mod activation;
mod api;
mod attach;
mod audit;
mod bad_input;
mod block;
mod chaos;
mod chinese;
mod close;
mod cmdlets;
mod completions;
mod concurrency;
mod demo;
mod descent;
mod disconnect;
mod ending;
mod hostile;
mod identities;
mod list;
mod lock;
mod names;
mod notice;
mod open;
mod picture;
mod powershell;
mod protocol;
mod read_only;
mod readme;
mod release;
mod rename;
mod roles;
mod server;
mod servers;
mod show;
mod skew;
mod station;
mod status;
mod store;
mod tables;
mod thumbnail;
mod unlock;
mod usage;
mod watch;
