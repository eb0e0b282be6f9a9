//! Tells the service manager that the event loop runs: should it ever hang, the watchdog starts another daemon.

use sd_notify::NotifyState;

/// Feeds the watchdog for as long as the loop runs, if the unit has one (`sd_notify(3)`, "WATCHDOG=1").
pub(super) fn start_feeding() {
    let Some(patience) = sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero()) else { return };
    tokio::spawn(async move {
        let mut meals = tokio::time::interval(patience / 4);
        meals.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            meals.tick().await;
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        }
    });
}
