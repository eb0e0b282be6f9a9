//! Which text sessions can be started.

use usher_core::request::OpenRequest;

use super::{Error, ErrorId, Kind, Registry, View};

impl View<'_> {
    /// The request, if its words can become a program's arguments and environment.
    pub(super) fn open(&self, request: &OpenRequest) -> Result<Box<OpenRequest>, Error> {
        self.actor.uid().map_or(Ok(()), |uid| require_room(self.registry, uid))?;
        let wrong = |why: &str| Err(Error::new(ErrorId::InvalidRequest, why));
        if request.command.iter().chain(&request.environment).any(|text| text.contains('\0')) {
            return wrong("a command or an environment cannot contain a NUL byte");
        }
        if request.command.first().is_some_and(String::is_empty) {
            return wrong("the command is empty: give a program, or nothing for a login shell");
        }
        if request.environment.iter().any(|variable| !variable.contains('=')) {
            return wrong("an environment variable is NAME=VALUE");
        }
        Ok(Box::new(request.clone()))
    }
}

/// A user of the system's daemon has fewer text sessions than they may have.
///
/// # Errors
/// They have as many.
pub(crate) fn require_room(registry: &Registry, uid: u32) -> Result<(), Error> {
    let theirs = registry.sessions().filter(|session| session.kind == Kind::Text && session.uid == uid).count();
    let most = registry.most_text_sessions;
    if !registry.of_system || u32::try_from(theirs).is_ok_and(|theirs| theirs < most) {
        return Ok(());
    }
    let message = format!("you have {theirs} text sessions on this host, and may have {most}");
    Err(Error::new(ErrorId::AccessDenied, message).hint("`usher attach` resumes one, and `exit` in it ends it"))
}
