//! `usher`: turns arguments into requests and prints what comes back.

pub mod cli;
pub mod client;
pub mod cmdlet;
pub mod words;
