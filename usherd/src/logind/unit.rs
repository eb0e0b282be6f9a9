//! Units of the service manager (`org.freedesktop.systemd1(5)`): transient ones, and one that is enabled and started.

use std::os::fd::BorrowedFd;

use usher_core::outcome::Error;
use zbus::{Fd, Variant};

use super::bus::{Bus, in_time};

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
        properties.push(("StandardInputFileDescriptor", Variant::from(Fd::from(input))));
        let manager = self.service_manager().await?;
        let started = manager.start_transient_unit(name, "fail", properties, Vec::new());
        in_time("StartTransientUnit", started).await.map(drop)
    }

    /// Has a unit started now and at every boot, and does nothing where it is so already.
    ///
    /// # Errors
    /// The service manager refuses, or does not answer.
    pub async fn enable_and_start(&self, name: &str) -> Result<(), Error> {
        let manager = self.service_manager().await?;
        let (runtime, force) = (false, false);
        in_time("EnableUnitFiles", manager.enable_unit_files(&[name], runtime, force)).await?;
        in_time("StartUnit", manager.start_unit(name, "replace")).await.map(drop)
    }
}
