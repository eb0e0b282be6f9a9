//! What is asked of a seat: who is in front there, and that somebody else may sit down: of logind, and of display managers
//! (`org.freedesktop.DisplayManager` of LightDM and SDDM, `org.gnome.DisplayManager` of GDM).

use std::collections::BTreeSet;

use usher_core::outcome::{Error, ErrorId};
use usher_core::sys::cards::FIRST_SEAT;
use zbus::fdo::DBusProxy;
use zbus::names::BusName;
use zbus::{ObjectPath, OwnedObjectPath, OwnedVariant, Variant};

use super::Login;
use super::bus::{Bus, DEADLINE, LOGIND, in_time, late, wrong};

const MANAGER: &str = "org.freedesktop.login1.Manager";
const MANAGER_PATH: &str = "/org/freedesktop/login1";
const SEAT: &str = "org.freedesktop.login1.Seat";
const SESSION: &str = "org.freedesktop.login1.Session";
const DISPLAY_MANAGER: &str = "org.freedesktop.DisplayManager";
const DISPLAY_MANAGER_PATH: &str = "/org/freedesktop/DisplayManager";
const GDM: &str = "org.gnome.DisplayManager";
/// More sessions of a display manager's than this are not looked at.
const MOST: usize = 64;

impl Bus {
    /// The session in front at a seat; none where that is a greeter, or nobody's.
    ///
    /// # Errors
    /// logind does not answer.
    pub async fn in_front(&self, seat: &str) -> Result<Option<Login>, Error> {
        let connection = self.connection()?;
        let asked = connection.call_method(Some(LOGIND), MANAGER_PATH, Some(MANAGER), "GetSeat", &seat);
        let path: OwnedObjectPath = in_time("GetSeat", async { asked.await?.body().deserialize() }).await?;
        let value = self.property(LOGIND, path.as_str(), SEAT, "ActiveSession").await?;
        let (native_id, path) = <(String, ObjectPath<'_>)>::try_from(Variant::from(value))
            .map_err(|error| wrong("ActiveSession", seat, &error))?;
        if native_id.is_empty() { Ok(None) } else { self.login(path.as_str()).await }
    }

    /// The virtual terminals that have a session of any class.
    ///
    /// # Errors
    /// logind does not answer, or does not about one of them.
    pub async fn taken_terminals(&self) -> Result<BTreeSet<u32>, Error> {
        let mut taken = BTreeSet::new();
        for (.., seat, path) in self.listed().await? {
            if seat == FIRST_SEAT {
                taken.extend(number(&self.property(LOGIND, path.as_str(), SESSION, "VTNr").await?));
            }
        }
        Ok(taken)
    }

    /// On how many virtual terminals logind has a login wait as soon as somebody comes there (`logind.conf(5)`, NAutoVTs).
    ///
    /// # Errors
    /// logind does not answer.
    pub async fn login_terminals(&self) -> Result<u32, Error> {
        let value = self.property(LOGIND, MANAGER_PATH, MANAGER, "NAutoVTs").await?;
        Ok(number(&value).unwrap_or(0))
    }

    /// Has the display manager of this seat put its greeter in front. False where none serves it.
    ///
    /// # Errors
    /// It refuses.
    pub async fn show_greeter(&self, seat: &str, user: &str) -> Result<bool, Error> {
        if self.is_there(DISPLAY_MANAGER).await?
            && let Some(path) = self.managed_seat(seat, user).await?
        {
            let interface = format!("{DISPLAY_MANAGER}.Seat");
            return self.ask_for_greeter(DISPLAY_MANAGER, &path, &interface, "SwitchToGreeter").await;
        }
        // GDM makes more greeters at no other.
        if seat == FIRST_SEAT && self.is_there(GDM).await? {
            let (path, interface) =
                ("/org/gnome/DisplayManager/LocalDisplayFactory", format!("{GDM}.LocalDisplayFactory"));
            return self.ask_for_greeter(GDM, path, &interface, "CreateTransientDisplay").await;
        }
        Ok(false)
    }

    /// Asks a display manager for its greeter. SDDM answers only once its display server has started: a late answer is no
    /// error, because the caller sees whether the greeter comes.
    async fn ask_for_greeter(&self, service: &str, path: &str, interface: &str, method: &str) -> Result<bool, Error> {
        match self.order(service, path, interface, method).await {
            Err(error) if error.id != ErrorId::Timeout => Err(error),
            Ok(()) | Err(_) => Ok(true),
        }
    }

    /// The display manager's own name of a seat: where it has this user's session, else its only one, if that is the first.
    async fn managed_seat(&self, seat: &str, user: &str) -> Result<Option<String>, Error> {
        let interface = format!("{DISPLAY_MANAGER}.Session");
        let mut found = BTreeSet::new();
        for session in self.managed("Sessions").await? {
            let name = self.property(DISPLAY_MANAGER, session.as_str(), &interface, "UserName").await?;
            if matches!(&*name, Variant::Str(name) if name.as_str() == user) {
                let at = self.property(DISPLAY_MANAGER, session.as_str(), &interface, "Seat").await?;
                found.extend(OwnedObjectPath::try_from(at).ok().map(|path| path.to_string()));
            }
        }
        let seats = if found.is_empty() && seat == FIRST_SEAT { self.managed("Seats").await? } else { Vec::new() };
        let mut all = found.into_iter().chain(seats.iter().map(ToString::to_string));
        // Of several it is not guessed which one is meant: somebody else may sit there.
        Ok(all.next().filter(|_| all.next().is_none()))
    }

    async fn managed(&self, what: &str) -> Result<Vec<OwnedObjectPath>, Error> {
        let value = self.property(DISPLAY_MANAGER, DISPLAY_MANAGER_PATH, DISPLAY_MANAGER, what).await?;
        let mut all = Vec::<OwnedObjectPath>::try_from(value).map_err(|error| wrong(what, DISPLAY_MANAGER, &error))?;
        all.truncate(MOST);
        Ok(all)
    }

    async fn is_there(&self, name: &str) -> Result<bool, Error> {
        let asked = async {
            let bus = DBusProxy::new(&self.connection()?).await.map_err(|error| wrong("NameHasOwner", name, &error))?;
            let bus_name = BusName::try_from(name).map_err(|error| wrong("NameHasOwner", name, &error))?;
            bus.name_has_owner(bus_name).await.map_err(|error| wrong("NameHasOwner", name, &error))
        };
        tokio::time::timeout(DEADLINE, asked).await.map_err(|_| late("NameHasOwner"))?
    }

    async fn order(&self, service: &str, path: &str, interface: &str, method: &str) -> Result<(), Error> {
        let connection = self.connection()?;
        in_time(method, connection.call_method(Some(service), path, Some(interface), method, &())).await.map(drop)
    }
}

fn number(value: &OwnedVariant) -> Option<u32> {
    match **value {
        Variant::U32(number) => Some(number),
        _ => None,
    }
}
