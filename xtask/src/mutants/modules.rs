//! What is mutated, and the tests that have to notice.

/// A part of the code that has to be held tightly.
pub struct Module {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The package it is in.
    pub package: &'static str,
    /// Its files.
    pub files: &'static [&'static str],
    /// The packages whose tests are run.
    pub tests: &'static [&'static str],
    /// Which tests of these, as `cargo test` takes them.
    pub which: &'static [&'static str],
}

/// Those of the daemon: its own tests, and those of the real binaries whose names have one of these words.
const DAEMON: &[&str] = &["usherd", "usher-tty", "usher"];

/// The targets of these: libraries, programs and the tests of real binaries.
macro_rules! with_binaries {
    ($($word:literal),*) => {
        &["--lib", "--bins", "--test", "program", "--test", "cli", "--", "--skip", "chaos", $($word),*]
    };
}

/// All of them, in the order in which they matter.
pub const ALL: &[Module] = &[
    Module {
        name: "authorize",
        package: "usherd",
        files: &["usherd/src/authorize.rs"],
        tests: &["usherd"],
        which: &["--lib"],
    },
    // Pure decisions, which their own tests have to hold.
    Module {
        name: "plan",
        package: "usherd",
        files: &["usherd/src/plan/**"],
        tests: &["usherd"],
        which: &["--lib", "--", "plan::"],
    },
    // Against real databases on the disk.
    Module {
        name: "store",
        package: "usherd",
        files: &["usherd/src/store/**"],
        tests: &["usherd"],
        which: &["--lib", "--", "store::"],
    },
    Module {
        name: "execute",
        package: "usherd",
        files: &["usherd/src/execute/**"],
        tests: DAEMON,
        which: with_binaries!(),
    },
    Module {
        name: "registry",
        package: "usherd",
        files: &["usherd/src/session/**"],
        tests: &["usherd"],
        which: &["--lib"],
    },
    Module {
        name: "identities",
        package: "usherd",
        files: &["usherd/src/identities.rs"],
        tests: DAEMON,
        which: with_binaries!(),
    },
    Module {
        name: "backend",
        package: "usherd",
        files: &["usherd/src/backend/**"],
        tests: DAEMON,
        which: with_binaries!(),
    },
    Module {
        name: "routes",
        package: "usher-gateway",
        files: &["usher-gateway/src/gateway/routes.rs"],
        tests: &["usher-gateway"],
        which: &["--lib"],
    },
    Module {
        name: "bind",
        package: "usher",
        files: &["src/cmdlet/bind/**"],
        tests: &["usher"],
        which: &["--lib", "--bins"],
    },
];
