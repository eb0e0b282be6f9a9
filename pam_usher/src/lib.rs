//! `pam_usher.so`: refuses new logins under usher's blocks, with the operator's message.
//!
//! It runs inside the program that logs a user in, as that program's user, and no fault of its own may keep anybody out. So
//! it does little: it reads the rules that usherd wrote, decides ([`usher_core::logins`]), says the message, and tells
//! usherd without waiting for it.

pub mod auth;
mod conversation;
mod ffi;
pub mod login;
mod news;
mod rules;
