//! What is asked of logind and of the service manager over the system bus. Every call has a deadline.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use usher_core::outcome::{Error, ErrorId};
use zbus::fdo::{self, PropertiesProxy};
use zbus::names::InterfaceName;
use zbus::{Connection, OwnedVariant};

use super::proxies::{ListedSession, LoginManagerProxy, ServiceManagerProxy};
use super::{Login, properties};

/// How long the bus, logind or systemd may take to answer.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

pub(super) const LOGIND: &str = "org.freedesktop.login1";
const SESSION: &str = "org.freedesktop.login1.Session";
/// How logind says that it has no session of an ID (`sd-bus-errors(3)`).
const NO_SESSION: &str = "org.freedesktop.login1.NoSuchSession";
/// The most sessions that are asked for side by side.
const BESIDE: usize = 16;

/// The daemon's way to the system bus: the connection of the moment, if there is one.
#[derive(Debug, Clone, Default)]
pub struct Bus(Arc<Mutex<Option<Connection>>>);

impl Bus {
    /// From now on calls take this connection; `None` while there is none.
    pub(super) fn set(&self, connection: Option<Connection>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// Whether there is a connection.
    pub fn is_connected(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn connection(&self) -> Result<Connection, Error> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        connection.ok_or_else(|| {
            Error::new(ErrorId::BackendFailed, "the system bus cannot be reached")
                .hint("usherd goes on trying; see `systemctl status dbus`")
        })
    }

    async fn login_manager(&self) -> Result<LoginManagerProxy<'static>, Error> {
        LoginManagerProxy::new(&self.connection()?).await.map_err(|e| failed("logind", &e))
    }

    pub(super) async fn service_manager(&self) -> Result<ServiceManagerProxy<'static>, Error> {
        ServiceManagerProxy::new(&self.connection()?).await.map_err(|e| failed("systemd", &e))
    }

    /// Every session of any class.
    pub(super) async fn listed(&self) -> Result<Vec<ListedSession>, Error> {
        in_time("ListSessions", self.login_manager().await?.list_sessions()).await
    }

    /// Every session of class user.
    ///
    /// # Errors
    /// logind does not answer, or does not about one of them: one that is left out would be taken for gone.
    pub(super) async fn logins(&self) -> Result<Vec<Login>, Error> {
        let paths = self.listed().await?.into_iter().map(|(.., path)| path.to_string());
        let each = stream::iter(paths.map(|path| async move { self.login(&path).await }));
        let logins: Vec<Option<Login>> = each.buffer_unordered(BESIDE).try_collect().await?;
        Ok(logins.into_iter().flatten().collect())
    }

    /// The session behind an object, if there is one and it is of class user.
    ///
    /// # Errors
    /// logind does not answer.
    pub(super) async fn login(&self, path: &str) -> Result<Option<Login>, Error> {
        let proxy = PropertiesProxy::new(&self.connection()?, LOGIND, path).await.map_err(|e| failed(path, &e))?;
        let interface = InterfaceName::try_from(SESSION).map_err(|e| failed(SESSION, &e))?;
        match tokio::time::timeout(DEADLINE, proxy.get_all(interface)).await {
            Ok(Ok(properties)) => Ok(properties::login(&properties)),
            Ok(Err(fdo::Error::UnknownObject(_))) => Ok(None),
            Ok(Err(error)) => Err(failed("GetAll", &error)),
            Err(_) => Err(late("GetAll")),
        }
    }

    /// The session with this ID, asked freshly; none if it is gone.
    ///
    /// # Errors
    /// logind does not answer.
    pub async fn login_by_id(&self, native_id: &str) -> Result<Option<Login>, Error> {
        let manager = self.login_manager().await?;
        match tokio::time::timeout(DEADLINE, manager.get_session(native_id)).await {
            Ok(Ok(path)) => self.login(path.as_str()).await,
            Ok(Err(zbus::Error::MethodError(name, ..))) if name.as_str() == NO_SESSION => Ok(None),
            Ok(Err(error)) => Err(failed("GetSession", &error)),
            Err(_) => Err(late("GetSession")),
        }
    }

    /// Asks logind to end a session: SIGTERM and SIGHUP to everything in its scope.
    ///
    /// # Errors
    /// logind does not answer, or does not know the session.
    pub async fn terminate(&self, native_id: &str) -> Result<(), Error> {
        in_time("TerminateSession", self.login_manager().await?.terminate_session(native_id)).await
    }

    /// Sends a signal to every process of a session.
    ///
    /// # Errors
    /// logind does not answer, or does not know the session.
    pub async fn kill(&self, native_id: &str, signal: i32) -> Result<(), Error> {
        in_time("KillSession", self.login_manager().await?.kill_session(native_id, "all", signal)).await
    }

    /// A property of an object.
    ///
    /// # Errors
    /// There is none, or it is not told in time.
    pub(super) async fn property(
        &self,
        service: &str,
        name: &str,
        interface: &str,
        property: &str,
    ) -> Result<OwnedVariant, Error> {
        let interface = InterfaceName::try_from(interface).map_err(|error| wrong(property, name, &error))?;
        let asked = async {
            let proxy = PropertiesProxy::new(&self.connection()?, service, name).await;
            let asked = proxy.map_err(|error| wrong(property, name, &error))?.get(interface, property).await;
            asked.map_err(|error| wrong(property, name, &error))
        };
        let late = || Error::new(ErrorId::Timeout, format!("{property} of {name} was not told in time"));
        tokio::time::timeout(DEADLINE, asked).await.map_err(|_| late())?
    }
}

/// The answer of a call, if it comes in time.
pub(super) async fn in_time<T>(method: &str, call: impl Future<Output = zbus::Result<T>>) -> Result<T, Error> {
    let answer = tokio::time::timeout(DEADLINE, call).await.map_err(|_| late(method))?;
    answer.map_err(|e| failed(method, &e))
}

fn failed(what: &str, why: &dyn std::error::Error) -> Error {
    Error::new(ErrorId::BackendFailed, format!("{what}: {why}"))
}

pub(super) fn late(method: &str) -> Error {
    Error::new(ErrorId::Timeout, format!("{method} was not answered in {} s", DEADLINE.as_secs()))
}

/// What a service said is not what was asked for.
pub(super) fn wrong(property: &str, name: &str, why: &dyn std::error::Error) -> Error {
    Error::new(ErrorId::BackendFailed, format!("{property} of {name}: {why}"))
}
