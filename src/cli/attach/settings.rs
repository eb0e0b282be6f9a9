//! How this person wants their stations: an option, else a variable, else `usher.toml` beside the book of hosts.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use usher_core::outcome::{Error, ErrorId};
use usher_core::servers::Book;

use super::keys::DetachKeys;
use crate::words;

/// The keys that detach, where nothing says otherwise.
const DETACH_KEYS: &str = "^\\ d";
/// The variable with other ones.
const DETACH_KEYS_VARIABLE: &str = "USHER_DETACH_KEYS";

/// What `usher.toml` may set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StationSettings {
    detach_keys: Option<String>,
    mouse: Option<bool>,
    clipboard: Option<bool>,
}

impl StationSettings {
    /// Reads this user's file; without one, nothing is set.
    ///
    /// # Errors
    /// The file cannot be read, or says something that is no setting.
    pub(super) fn load() -> Result<Self, Error> {
        file().map_or_else(|| Ok(StationSettings::default()), |file| StationSettings::read(&file))
    }

    fn read(file: &Path) -> Result<Self, Error> {
        match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|error| wrong(&file.display().to_string(), &error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(StationSettings::default()),
            Err(error) => Err(wrong(&file.display().to_string(), &error.to_string())),
        }
    }

    /// The keys that detach, with those of the command line before all others.
    ///
    /// # Errors
    /// The variable or the file names keys that cannot be typed.
    pub(super) fn detach_keys(&self, option: Option<DetachKeys>) -> Result<DetachKeys, Error> {
        if let Some(keys) = option {
            return Ok(keys);
        }
        let place = || file().unwrap_or_default().display().to_string();
        let (text, place) = match (variable(DETACH_KEYS_VARIABLE), &self.detach_keys) {
            (Some(text), _) => (text, DETACH_KEYS_VARIABLE.to_owned()),
            (None, Some(text)) => (text.clone(), format!("{}: detach_keys", place())),
            (None, None) => (DETACH_KEYS.to_owned(), String::new()),
        };
        text.parse().map_err(|why: String| wrong(&place, &why))
    }
}

impl StationSettings {
    /// Whether the wheel scrolls back, and whether the session may set the terminal's clipboard.
    ///
    /// # Errors
    /// A variable says neither yes nor no.
    pub(super) fn mouse_and_clipboard(&self) -> Result<(bool, bool), Error> {
        let mouse = switch("USHER_MOUSE")?.or(self.mouse).unwrap_or(true);
        Ok((mouse, switch("USHER_CLIPBOARD")?.or(self.clipboard).unwrap_or(false)))
    }
}

/// A variable that says yes or no.
fn switch(name: &str) -> Result<Option<bool>, Error> {
    let Some(text) = variable(name) else { return Ok(None) };
    match text.as_str() {
        "1" | "true" | "yes" | "on" => Ok(Some(true)),
        "0" | "false" | "no" | "off" => Ok(Some(false)),
        _ => Err(wrong(name, &words::text!("attach-switch-wrong"))),
    }
}

fn file() -> Option<PathBuf> {
    Some(Book::place()?.join("usher.toml"))
}

/// A variable that says anything.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

fn wrong(place: &str, why: &str) -> Error {
    let said = [("place", place), ("why", why)];
    Error::new(ErrorId::InvalidRequest, words::with!("attach-setting-wrong", &said))
        .hint(words::text!("attach-setting-wrong-hint"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<StationSettings, Error> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("usher.toml");
        std::fs::write(&file, text).unwrap();
        StationSettings::read(&file)
    }

    #[test]
    fn the_file_sets_keys_and_the_command_line_others() {
        let set = of("detach_keys = '^P ^Q'").unwrap();
        assert_eq!(set.detach_keys(None).unwrap().spelled(), "^P ^Q");
        assert_eq!(set.detach_keys(Some("^A d".parse().unwrap())).unwrap().spelled(), "^A d");
        assert_eq!(of("").unwrap().detach_keys(None).unwrap().spelled(), "^\\ d");
        assert_eq!(of("").unwrap().mouse_and_clipboard().unwrap(), (true, false));
        assert_eq!(of("mouse = false\nclipboard = true").unwrap().mouse_and_clipboard().unwrap(), (false, true));
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        assert!(of("colour = 1").is_err() && of("detach_keys = 3").is_err() && of("=").is_err());
        assert!(of("detach_keys = 'é'").unwrap().detach_keys(None).unwrap_err().message.contains("detach_keys"));
        let missing = tempfile::tempdir().unwrap();
        assert!(StationSettings::read(&missing.path().join("usher.toml")).is_ok());
    }
}
