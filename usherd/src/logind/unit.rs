//! Units of the service manager (`org.freedesktop.systemd1(5)`): transient ones, and one that is enabled and started.

use std::os::fd::BorrowedFd;

use usher_core::outcome::{Error, ErrorId};
use zbus::{Fd, OwnedVariant, Variant};

use super::bus::{Bus, in_time};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const SERVICE: &str = "org.freedesktop.systemd1.Service";

/// The most lines with a getty that are looked at.
const MOST_GETTYS: usize = 64;

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
        self.start_transient(name, properties).await
    }

    /// Starts a service of this name.
    ///
    /// # Errors
    /// The service manager refuses, or does not answer.
    pub async fn start_transient(&self, name: &str, properties: Vec<Property<'_>>) -> Result<(), Error> {
        let manager = self.service_manager().await?;
        let started = manager.start_transient_unit(name, "fail", properties, Vec::new());
        in_time("StartTransientUnit", started).await.map(drop)
    }

    /// Stops a unit and forgets that it failed, if it is there.
    ///
    /// # Errors
    /// The service manager does not answer.
    pub async fn forget_unit(&self, name: &str) -> Result<(), Error> {
        let manager = self.service_manager().await?;
        // A unit that is not there is stopped.
        let _ = in_time("StopUnit", manager.stop_unit(name, "replace")).await;
        let _ = in_time("ResetFailedUnit", manager.reset_failed_unit(name)).await;
        Ok(())
    }

    /// A number among a service's properties.
    ///
    /// # Errors
    /// There is no such unit or property, or the service manager does not answer.
    pub async fn service_number(&self, name: &str, property: &str) -> Result<i64, Error> {
        match &*self.service_property(name, property).await? {
            Variant::I32(number) => Ok(i64::from(*number)),
            Variant::U32(number) => Ok(i64::from(*number)),
            _ => Err(Error::new(ErrorId::BackendFailed, format!("{property} of {name} is no number"))),
        }
    }

    async fn service_property(&self, name: &str, property: &str) -> Result<OwnedVariant, Error> {
        let path = in_time("GetUnit", self.service_manager().await?.get_unit(name)).await?;
        self.property(SYSTEMD, path.as_str(), SERVICE, property).await
    }

    /// The name below `/dev` of the terminal whose getty became this process; none if no getty did. A getty's terminal is
    /// root's word (`systemd.exec(5)`, TTYPath), and `login(1)` keeps its process (`systemd-getty-generator(8)`).
    ///
    /// # Errors
    /// The service manager does not answer.
    pub async fn getty_line(&self, process: u32) -> Result<Option<String>, Error> {
        let manager = self.service_manager().await?;
        let gettys = manager.list_units_by_patterns(&["active"], &["*getty*.service"]);
        let gettys = in_time("ListUnitsByPatterns", gettys).await?;
        for (name, ..) in gettys.into_iter().take(MOST_GETTYS) {
            // One that ended meanwhile is nobody's.
            if self.service_number(&name, "MainPID").await.is_ok_and(|main| main == i64::from(process))
                && let Variant::Str(path) = &*self.service_property(&name, "TTYPath").await?
            {
                return Ok(path.as_str().strip_prefix("/dev/").map(str::to_owned));
            }
        }
        Ok(None)
    }

    /// Starts a unit, and does nothing where it runs already.
    ///
    /// # Errors
    /// The service manager refuses, or does not answer.
    pub async fn start(&self, name: &str) -> Result<(), Error> {
        in_time("StartUnit", self.service_manager().await?.start_unit(name, "replace")).await.map(drop)
    }

    /// Has a unit started now and at every boot, and does nothing where it is so already.
    ///
    /// # Errors
    /// The service manager refuses, or does not answer.
    pub async fn enable_and_start(&self, name: &str) -> Result<(), Error> {
        let manager = self.service_manager().await?;
        let (runtime, force) = (false, false);
        in_time("EnableUnitFiles", manager.enable_unit_files(&[name], runtime, force)).await?;
        self.start(name).await
    }
}

/// The properties of a service that reads what users' programs say: it has no right that it could lose to them
/// (`systemd.exec(5)`). Its system calls are those of this list.
pub fn without_rights(calls: &[&str]) -> Vec<Property<'static>> {
    let text = |value: &str| Variant::from(value.to_owned());
    let list = |values: &[&str]| Variant::from(values.iter().map(|v| (*v).to_owned()).collect::<Vec<String>>());
    let only = |values: &[&str]| Variant::from((true, values.iter().map(|v| (*v).to_owned()).collect::<Vec<String>>()));
    vec![
        // A uid of its own: services of ours cannot signal each other, nor can anybody else's processes signal them.
        ("DynamicUser", Variant::from(true)),
        ("UMask", Variant::from(0o077u32)),
        ("NoNewPrivileges", Variant::from(true)),
        ("CapabilityBoundingSet", Variant::from(0u64)),
        ("ProtectSystem", text("strict")),
        ("ProtectHome", text("yes")),
        ("PrivateDevices", Variant::from(true)),
        ("ProtectKernelTunables", Variant::from(true)),
        ("ProtectKernelModules", Variant::from(true)),
        ("ProtectControlGroups", Variant::from(true)),
        ("ProtectClock", Variant::from(true)),
        ("RestrictNamespaces", Variant::from(0u64)),
        ("RestrictRealtime", Variant::from(true)),
        ("RestrictSUIDSGID", Variant::from(true)),
        ("LockPersonality", Variant::from(true)),
        ("MemoryDenyWriteExecute", Variant::from(true)),
        ("RestrictAddressFamilies", only(&["AF_UNIX"])),
        ("SystemCallFilter", only(calls)),
        ("SystemCallArchitectures", list(&["native"])),
    ]
}
