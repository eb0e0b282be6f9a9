//! What callers ask daemons of other versions, and what comes of it. The tests of an upgrade ask real programs;
//! `tests/cli/skew.rs` asks what they recorded.

/// A command line of usher.
pub struct Case {
    /// Its words.
    pub words: &'static [&'static str],
    /// How it exits.
    pub exit: i32,
    /// What it says on standard output or error.
    pub says: &'static [&'static str],
}

const fn case(words: &'static [&'static str], exit: i32, says: &'static [&'static str]) -> Case {
    Case { words, exit, says }
}

/// What the refusal of an earlier daemon says, whatever was asked of it.
const UPGRADE: &[&str] = &["NotSupported", "usherd 0.1.0", "usher 0.2.0", "upgrade usherd"];

/// One after the other, to a daemon without sessions: what 0.1.0 understands, and so do we. Three sessions are open then,
/// of which the last is closed again.
pub const UNDERSTOOD: &[Case] = &[
    case(&["open", "--name", "essay", "--", "cat"], 0, &["1"]),
    case(&["open", "--", "cat"], 0, &["2"]),
    case(&["open", "--", "cat"], 0, &["3"]),
    case(&["list"], 0, &["essay", "disconnected"]),
    case(&["list", "2"], 0, &["cat"]),
    case(&["lock", "1", "--message", "Eyes up"], 0, &["done", "yes"]),
    case(&["lock", "9", "--message", "Eyes up"], 1, &["SessionNotFound"]),
    case(&["unlock", "1"], 0, &["done", "yes"]),
    case(&["unlock", "1"], 0, &["unchanged"]),
    case(&["lock", "--all", "--message", "Eyes up", "--for", "10m"], 0, &["done"]),
    case(&["unlock", "--all"], 0, &["done"]),
    case(&["block", "--all", "--message", "Not now", "--for", "1h"], 0, &["done"]),
    case(&["blocks"], 0, &["all", "Not now"]),
    case(&["unlock", "1"], 1, &["StillBlocked"]),
    case(&["unlock", "1", "--exempt"], 0, &["done"]),
    case(&["unblock", "--all"], 0, &["done"]),
    case(&["disconnect", "1"], 0, &["unchanged"]),
    case(&["close", "3", "--dry-run"], 0, &["planned"]),
    case(&["close", "3"], 0, &["done", "yes"]),
    case(&["identities"], 0, &[]),
    case(&["invite"], 1, &["NotSupported"]),
    case(&["revoke", "olga@laptop"], 1, &["IdentityNotFound"]),
    case(&["audit"], 0, &["Eyes up", "Not now"]),
    case(&["audit", "--action", "lock", "--since", "2020-01-01T00:00:00Z"], 0, &["Eyes up"]),
    case(&["Lock-WmsSession", "1", "-Message", "Eyes up"], 0, &[]),
    case(&["Unlock-WmsSession", "1"], 0, &[]),
    case(&["Close-WmsSession", "1", "-WhatIf"], 0, &["What if"]),
];

/// What 0.1.0 does not understand, asked after that.
pub const LATER: &[Case] = &[
    case(&["close", "--cancel", "2"], 1, UPGRADE),
    case(&["show", "2"], 1, UPGRADE),
    case(&["rename", "2", "novel"], 1, UPGRADE),
    case(&["status"], 1, UPGRADE),
    case(&["list", "--ended"], 1, UPGRADE),
    case(&["list", "essay"], 1, UPGRADE),
    case(&["lock", "essay", "--message", "Eyes up"], 1, UPGRADE),
    case(&["audit", "-n", "3"], 1, UPGRADE),
    case(&["audit", "--until", "2030-01-01T00:00:00Z"], 1, UPGRADE),
    case(&["audit", "--session", "1"], 1, UPGRADE),
    case(&["watch", "--since", "2020-01-01T00:00:00Z"], 1, UPGRADE),
    case(&["open", "--wait", "--", "true"], 1, UPGRADE),
];
