//! The headers of requests and answers on the daemon's socket, and the version of the API.

/// The version of the API. Sent with every request and answer; both sides refuse another one.
pub const API_VERSION: &str = "1";

/// The header that carries [`API_VERSION`].
pub const API_HEADER: &str = "usher-api";

/// The version of this release of usher.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The header with [`VERSION`], in requests and answers. Programs of before 0.2.0 do not send it.
pub const VERSION_HEADER: &str = "usher-version";

/// The header in which a caller declares the session it sits in, as `BOOT_ID:SESSION_ID`.
pub const OWN_SESSION_HEADER: &str = "usher-own-session";

/// The header in which the gateway names the remote identity for which it asks.
pub const IDENTITY_HEADER: &str = "usher-identity";

/// The header with the hash of the public key that the identity proved to have.
pub const IDENTITY_KEY_HEADER: &str = "usher-identity-key";

/// The header with the address from which the identity, or the bearer of an invitation, calls.
pub const FROM_HEADER: &str = "usher-from";

/// The header in which usher-dashboard shows the secret of somebody who signed in on the web page. [`FROM_HEADER`] says from
/// where they call.
pub const WEB_HEADER: &str = "usher-web";

/// The header in which usher-dial says, with the first request of a connection, for whom another host's web page asks: a
/// [`PagePerson`](crate::request::PagePerson). The gateway says it to usherd with every request of the connection, and back
/// to usher-dial.
pub const PERSON_HEADER: &str = "usher-person";

/// The header of an answer with a picture of a screen whose next change is told as an event
/// ([`ScreenChanged`](crate::event::EventKind::ScreenChanged)).
pub const SCREEN_HEADER: &str = "usher-screen";

/// Its value: nobody needs to ask again before that.
pub const SCREEN_TOLD: &str = "told";

/// The protocol that a connection of the web page's upgrades to, which then leads to a joined host.
pub const RELAY_PROTOCOL: &str = "usher-relay";

/// The header of an answer to `attach` with the ID of the session.
pub const SESSION_HEADER: &str = "usher-session";

/// The protocol that `attach` upgrades its connection to.
pub const STATION_PROTOCOL: &str = "usher-station";
