//! What the workspace's programs are, and how cargo is told to build them. Nothing else here names them.

/// What `cargo demo` builds: as little as the tour needs, without logind's sessions and D-Bus.
pub const DEMO: &[&str] =
    &["--no-default-features", "--package", "usher", "--package", "usherd", "--package", "usher-tty", "--bins"];

/// What `cargo demo -- --web` builds too: the page, and what draws pictures of the sessions.
pub const WEB_DEMO: &[&str] = &["--package", "usher-dashboard", "--package", "usher-shield"];

/// Every program of the workspace, without its tests.
pub const ALL: &[&str] = &["build", "--workspace", "--bins", "--locked"];

/// Everything that tests run, built with the features that it has beside them: one build for all of verify's steps.
pub const TESTED: &[&str] = &["test", "--workspace", "--locked", "--no-run"];

/// What is shipped. Each by itself: together they would have each other's features.
pub const SHIPPED: &[&[&str]] = &[
    &["--package", "usher", "--bins"],
    &["--package", "usherd", "--bins"],
    &["--package", "usher-tty", "--bins"],
    &["--package", "usher-seat", "--bins"],
    &["--package", "usher-gateway", "--bins"],
    &["--package", "usher-dashboard", "--bins"],
    &["--package", "pam_usher", "--lib", "--bins"],
];

/// The one that has a profile of its own, of the same name.
pub const SHIELD: &str = "shield";
/// Its package, and its program.
pub const SHIELDS: &str = "usher-shield";

/// The packages whose manifests describe a Debian package.
pub const PACKED: &[&str] = &[MAIN, "pam_usher"];

/// What is built for others than Rust. Cargo puts it beside the programs only where somebody asks for it alone.
pub const LIBRARIES: &[&str] = &["libpam_usher.so"];

/// The package whose manifest describes the Debian package, and that has the documentation's tests and the figures.
pub const MAIN: &str = "usher";

/// What all programs share, with features for what only some of them need.
pub const SHARED: &str = "usher-core";

/// The page's package.
pub const DASHBOARD: &str = "usher-dashboard";
