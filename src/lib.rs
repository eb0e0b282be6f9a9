//! usher controls the user sessions of shared Linux hosts.
//!
//! The modules stand in the order of the one way through: arguments, request, transport, actor,
//! authorize, plan, execute (backend), observe, outcome, output. ARCHITECTURE.md draws it.

pub mod cli;
pub mod cmdlet;

pub mod request;
pub mod servers;
pub mod transport;

pub mod daemon;

pub mod actor;
pub mod authorize;
pub mod backend;
pub mod display;
pub mod execute;
pub mod identities;
pub mod login;
pub mod outcome;
pub mod plan;

pub mod session;
pub mod shield;
pub mod store;
pub mod tty;

pub mod clock;
pub mod sys;
pub mod token;
pub mod words;
