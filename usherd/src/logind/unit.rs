//! Units of the service manager (`org.freedesktop.systemd1(5)`): transient ones, and one that is enabled and started.

use std::os::fd::BorrowedFd;

use usher_core::outcome::{Error, ErrorId};
use zbus::{Fd, ObjectPath, OwnedObjectPath, Variant};

use super::bus::Bus;

const SYSTEMD: &str = "org.freedesktop.systemd1";
const SYSTEMD_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";

/// A property of a unit, by its name on the bus.
pub type Property<'a> = (&'a str, Variant<'a>);

impl Bus {
    /// Starts a service of this name, with this descriptor as its standard input.
    ///
    /// # Errors
    /// The service manager refuses, or does not answer.
    pub async fn start_unit(
        &self,
        name: &str,
        input: BorrowedFd<'_>,
        mut properties: Vec<Property<'_>>,
    ) -> Result<(), Error> {
        let failed = |e: zbus::Error| Error::new(ErrorId::BackendFailed, e.to_string());
        let path = ObjectPath::try_from(SYSTEMD_PATH).map_err(failed)?;
        properties.push(("StandardInputFileDescriptor", Variant::from(Fd::from(input))));
        let auxiliary: Vec<(String, Vec<Property<'_>>)> = Vec::new();
        let body = (name, "fail", properties, auxiliary);
        let _: OwnedObjectPath = self.call((SYSTEMD, &path, MANAGER, "StartTransientUnit"), &body).await?;
        Ok(())
    }

    /// Has a unit started now and at every boot (EnableUnitFiles, StartUnit), and does nothing where it is so already.
    ///
    /// # Errors
    /// The service manager refuses, or does not answer.
    pub async fn enable_and_start(&self, name: &str) -> Result<(), Error> {
        let failed = |e: zbus::Error| Error::new(ErrorId::BackendFailed, e.to_string());
        let path = ObjectPath::try_from(SYSTEMD_PATH).map_err(failed)?;
        let (runtime, force) = (false, false);
        let enable = (SYSTEMD, &path, MANAGER, "EnableUnitFiles");
        let _: (bool, Vec<(String, String, String)>) = self.call(enable, &(vec![name], runtime, force)).await?;
        let _: OwnedObjectPath = self.call((SYSTEMD, &path, MANAGER, "StartUnit"), &(name, "replace")).await?;
        Ok(())
    }
}
