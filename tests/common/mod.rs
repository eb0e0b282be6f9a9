//! What the harnesses of all test programs share: patience, commands, and the list of skipped tests.

pub mod run;
pub mod skip;
pub mod wait;
