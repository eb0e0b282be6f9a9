//! The methods of logind and of the service manager that usherd calls (`org.freedesktop.login1(5)`,
//! `org.freedesktop.systemd1(5)`).

use zbus::OwnedObjectPath;

use super::unit::Property;

/// One entry of logind's list: ID, uid, user, seat, and the session's object.
pub(super) type ListedSession = (String, u32, String, String, OwnedObjectPath);

/// What systemd did to install a unit: the kind of change, the link, and what it leads to.
pub(super) type InstallChange = (String, String, String);

/// One entry of the service manager's list: name, description, three states, what it follows, its object, and its job's ID, type
/// and object.
pub(super) type ListedUnit =
    (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

#[zbus::proxy(
    interface = "org.freedesktop.login1.Manager",
    default_service = "org.freedesktop.login1",
    default_path = "/org/freedesktop/login1"
)]
pub(super) trait LoginManager {
    fn list_sessions(&self) -> zbus::Result<Vec<ListedSession>>;
    fn get_session(&self, id: &str) -> zbus::Result<OwnedObjectPath>;
    fn terminate_session(&self, id: &str) -> zbus::Result<()>;
    fn kill_session(&self, id: &str, whom: &str, signal: i32) -> zbus::Result<()>;
}

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
pub(super) trait ServiceManager {
    fn start_transient_unit(
        &self,
        name: &str,
        mode: &str,
        properties: Vec<Property<'_>>,
        auxiliary: Vec<(String, Vec<Property<'_>>)>,
    ) -> zbus::Result<OwnedObjectPath>;
    fn enable_unit_files(&self, files: &[&str], runtime: bool, force: bool)
    -> zbus::Result<(bool, Vec<InstallChange>)>;
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn reset_failed_unit(&self, name: &str) -> zbus::Result<()>;
    fn list_units_by_patterns(&self, states: &[&str], patterns: &[&str]) -> zbus::Result<Vec<ListedUnit>>;
    fn get_unit(&self, name: &str) -> zbus::Result<OwnedObjectPath>;
}
