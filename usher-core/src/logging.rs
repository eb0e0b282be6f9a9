//! Where the daemon's log goes: to journald under systemd, else to standard error.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging, at the level of `$USHER_LOG` (error, warn, info, debug, trace). If that is absent, everything that
/// happens is told; on a terminal, where somebody types, only what is wrong.
pub fn start() {
    let usual = if std::io::stderr().is_terminal() { LevelFilter::WARN } else { LevelFilter::INFO };
    let level = std::env::var("USHER_LOG").ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let registry = tracing_subscriber::registry().with(level);
    // systemd sets JOURNAL_STREAM where standard error is the journal (systemd.exec(5)).
    if std::env::var_os("JOURNAL_STREAM").is_some()
        && let Ok(journal) = tracing_journald::layer()
    {
        registry.with(journal).init();
        return;
    }
    registry.with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false)).init();
}
