//! Which text sessions can be started.

use usher_core::request::OpenRequest;

use super::{Error, ErrorId, View};

impl View<'_> {
    /// The request, if its words can become a program's arguments and environment.
    pub(super) fn open(&self, request: &OpenRequest) -> Result<Box<OpenRequest>, Error> {
        if self.registry.of_system {
            let why = "the system's daemon hosts no text sessions yet: it controls those that logind knows";
            return Err(Error::new(ErrorId::NotSupported, why)
                .hint("start `usherd --user`, and give its socket with --socket or $USHER_SOCKET"));
        }
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
