//! PAM's own interface: the only unsafe code of this package.

#![allow(unsafe_code)]

mod client;
mod module;

pub(crate) use client::judge;
