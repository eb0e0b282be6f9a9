//! What is asked of logind and of the service manager over the system bus. Every call has a deadline.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use usher_core::outcome::{Error, ErrorId};
use zbus::{Connection, ObjectPath, OwnedObjectPath};

use super::{Login, Properties};

/// How long logind or systemd may take to answer.
const DEADLINE: Duration = Duration::from_secs(5);

pub(super) const LOGIND: &str = "org.freedesktop.login1";
const LOGIND_PATH: &str = "/org/freedesktop/login1";
pub(super) const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";

/// One row of logind's list: ID, uid, user, seat, and the session's object.
type Row = (String, u32, String, String, OwnedObjectPath);

/// The daemon's way to the system bus: the connection of the moment, if there is one.
#[derive(Debug, Clone, Default)]
pub struct Bus(Arc<Mutex<Option<Connection>>>);

impl Bus {
    /// From now on this connection is used; `None` while there is none.
    pub(super) fn set(&self, connection: Option<Connection>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    fn connection(&self) -> Result<Connection, Error> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        connection.ok_or_else(|| {
            Error::new(ErrorId::BackendFailed, "the system bus cannot be reached")
                .hint("usherd goes on trying; see `systemctl status dbus`")
        })
    }

    /// Calls a method and reads its answer.
    ///
    /// # Errors
    /// There is no bus, no answer in time, or the answer is an error.
    pub(super) async fn call<B, R>(
        &self,
        (destination, path, interface, method): (&str, &ObjectPath<'_>, &str, &str),
        body: &B,
    ) -> Result<R, Error>
    where
        B: Serialize + zbus::wire::DynamicType,
        R: DeserializeOwned + zbus::wire::Type,
    {
        let connection = self.connection()?;
        let call = connection.call_method(Some(destination), path, Some(interface), method, body);
        let failed = |why: String| Error::new(ErrorId::BackendFailed, format!("{method}: {why}"));
        let answer = tokio::time::timeout(DEADLINE, call)
            .await
            .map_err(|_| Error::new(ErrorId::Timeout, format!("{method} was not answered in 5 s")))?;
        let answer = answer.map_err(|e| failed(e.to_string()))?;
        answer.body().deserialize().map_err(|e| failed(e.to_string()))
    }

    async fn manager<B, R>(&self, method: &str, body: &B) -> Result<R, Error>
    where
        B: Serialize + zbus::wire::DynamicType,
        R: DeserializeOwned + zbus::wire::Type,
    {
        let path = ObjectPath::try_from(LOGIND_PATH).map_err(|e| Error::new(ErrorId::BackendFailed, e.to_string()))?;
        self.call((LOGIND, &path, MANAGER, method), body).await
    }

    /// Every session of class user.
    pub(super) async fn logins(&self) -> Result<Vec<Login>, Error> {
        let rows: Vec<Row> = self.manager("ListSessions", &()).await?;
        let mut logins = Vec::with_capacity(rows.len());
        for (.., path) in rows {
            // One that ended meanwhile is not there to be asked.
            logins.extend(self.login(&path).await.ok().flatten());
        }
        Ok(logins)
    }

    /// The session behind an object, if it is one of class user.
    pub(super) async fn login(&self, path: &ObjectPath<'_>) -> Result<Option<Login>, Error> {
        let place = (LOGIND, path, "org.freedesktop.DBus.Properties", "GetAll");
        let properties: Properties = self.call(place, &(SESSION,)).await?;
        Ok(Login::from_properties(&properties))
    }

    /// The session with this ID, asked freshly; none if it is gone.
    ///
    /// # Errors
    /// logind does not answer.
    pub async fn login_by_id(&self, native_id: &str) -> Result<Option<Login>, Error> {
        match self.manager::<_, OwnedObjectPath>("GetSession", &(native_id,)).await {
            Ok(path) => self.login(&path).await,
            Err(error) if error.message.contains("No session") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks logind to end a session: SIGTERM and SIGHUP to everything in its scope.
    ///
    /// # Errors
    /// logind does not answer, or does not know the session.
    pub async fn terminate(&self, native_id: &str) -> Result<(), Error> {
        self.manager("TerminateSession", &(native_id,)).await
    }

    /// Sends a signal to every process of a session.
    ///
    /// # Errors
    /// logind does not answer, or does not know the session.
    pub async fn kill(&self, native_id: &str, signal: i32) -> Result<(), Error> {
        self.manager("KillSession", &(native_id, "all", signal)).await
    }
}
