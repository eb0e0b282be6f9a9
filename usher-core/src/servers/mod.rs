//! The hosts that this user's `--server` knows by name: those that were joined, and groups of hosts.
//!
//! They are kept below `$XDG_CONFIG_HOME/usher`: a directory `servers/NAME` for each joined host, written by
//! `usher join`, and `groups.toml`. A name that is not in there is a destination for ssh.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::outcome::{Error, ErrorId};

mod name;

pub use name::ServerName;

/// The largest file that is read.
const LARGEST: u64 = 1 << 20;

/// A host that was joined: `server.toml` in its directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Where its gateway listens, `HOST:PORT`, in the order in which they are tried.
    pub addresses: Vec<String>,
    /// The SHA-256 of its authority's certificate, in hexadecimal. Nobody else is spoken to.
    pub authority: String,
    /// Who we are there.
    pub identity: String,
    /// When our certificate ends, if it is not renewed.
    pub expires: Timestamp,
}

/// Every host and group that is known.
#[derive(Debug, Clone, Default)]
pub struct Book {
    directory: PathBuf,
    servers: BTreeMap<ServerName, Server>,
    groups: BTreeMap<ServerName, Vec<ServerName>>,
}

impl Book {
    /// Where this user's book is: `$XDG_CONFIG_HOME/usher`, else `~/.config/usher`; `None` for a user without a home.
    pub fn place() -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
        let config = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
        Some(config?.join("usher"))
    }

    /// Reads this user's book. Where there is none, it is empty.
    ///
    /// # Errors
    /// Something in it cannot be read, or is not what it should be: the sentence names the file.
    pub fn load() -> Result<Self, Error> {
        Book::place().map_or_else(|| Ok(Book::default()), Book::read)
    }

    /// Reads the book in a directory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn read(directory: PathBuf) -> Result<Self, Error> {
        let mut book = Book { directory, ..Book::default() };
        let file = book.groups_file();
        if let Some(text) = content(&file)? {
            book.groups = toml::from_str(&text).map_err(|e| wrong(&file, &e))?;
        }
        let entries = match fs::read_dir(book.directory.join("servers")) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(book),
            Err(error) => return Err(wrong(&book.directory.join("servers"), &error)),
        };
        for entry in entries.flatten() {
            // An entry that is not a name is somebody else's file, or one that is being written.
            let name = entry.file_name().to_str().and_then(|name| name.parse::<ServerName>().ok());
            let Some(name) = name.filter(ServerName::is_plain) else { continue };
            let file = entry.path().join("server.toml");
            if let Some(text) = content(&file)? {
                book.servers.insert(name, toml::from_str(&text).map_err(|e| wrong(&file, &e))?);
            }
        }
        Ok(book)
    }

    /// The directory of a joined host, whether it is there or not.
    pub fn directory_of(&self, name: &ServerName) -> PathBuf {
        self.directory.join("servers").join(name.as_str())
    }

    /// The joined hosts.
    pub fn servers(&self) -> impl Iterator<Item = (&ServerName, &Server)> {
        self.servers.iter()
    }

    /// A joined host.
    pub fn server(&self, name: &ServerName) -> Option<&Server> {
        self.servers.get(name)
    }

    /// The groups and their members.
    pub fn groups(&self) -> impl Iterator<Item = (&ServerName, &[ServerName])> {
        self.groups.iter().map(|(name, members)| (name, members.as_slice()))
    }

    /// The hosts that names stand for: members for a group, each host once, in the order of the names. A joined
    /// host's name goes before a group's.
    pub fn expand(&self, names: &[ServerName]) -> Vec<ServerName> {
        let members = |name: &ServerName| match self.groups.get(name) {
            Some(members) if !self.servers.contains_key(name) => members.clone(),
            _ => vec![name.clone()],
        };
        let mut hosts: Vec<ServerName> = Vec::new();
        for host in names.iter().flat_map(members) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Makes a group, or replaces it; without members it is removed. Says whether there was one.
    ///
    /// # Errors
    /// The file cannot be written; the group is as it was.
    pub fn set_group(&mut self, name: ServerName, members: Vec<ServerName>) -> Result<bool, Error> {
        let mut groups = self.groups.clone();
        let before = if members.is_empty() { groups.remove(&name) } else { groups.insert(name, members) };
        let file = self.groups_file();
        let text = toml::to_string(&groups).map_err(|e| wrong(&file, &e))?;
        fs::create_dir_all(&self.directory).map_err(|e| wrong(&file, &e))?;
        files::replace(&file, text.as_bytes(), 0o644).map_err(|e| wrong(&file, &e))?;
        self.groups = groups;
        Ok(before.is_some())
    }

    /// Forgets a joined host: its certificate and key are gone, and it is in no group any more, where its name would
    /// stand for a destination of ssh. Says whether it was there.
    ///
    /// # Errors
    /// Its directory cannot be removed, or the groups not be written.
    pub fn forget(&mut self, name: &ServerName) -> Result<bool, Error> {
        if self.servers.remove(name).is_none() {
            return Ok(false);
        }
        let with_it: Vec<_> = self
            .groups()
            .filter(|(_, all)| all.contains(name))
            .map(|(group, all)| (group.clone(), all.to_vec()))
            .collect();
        for (group, members) in with_it {
            self.set_group(group, members.into_iter().filter(|member| member != name).collect())?;
        }
        let directory = self.directory_of(name);
        fs::remove_dir_all(&directory).map_err(|e| wrong(&directory, &e))?;
        Ok(true)
    }

    fn groups_file(&self) -> PathBuf {
        self.directory.join("groups.toml")
    }
}

/// A file's text; `None` if it is not there.
fn content(file: &Path) -> Result<Option<String>, Error> {
    match fs::metadata(file) {
        Ok(meta) if meta.len() > LARGEST => Err(wrong(file, &"it is too large")),
        Ok(_) => fs::read_to_string(file).map(Some).map_err(|e| wrong(file, &e)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(wrong(file, &error)),
    }
}

fn wrong(file: &Path, why: &dyn std::fmt::Display) -> Error {
    let why: String = why.to_string().lines().next().unwrap_or_default().chars().take(300).collect();
    Error::new(ErrorId::InvalidRequest, format!("{} cannot be used: {why}", file.display()))
        .hint("mend or remove it; `usher join` writes hosts, `usher servers group` writes groups")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ServerName {
        text.parse().unwrap()
    }

    fn joined(directory: &Path, host: &str) {
        let server = directory.join("servers").join(host);
        fs::create_dir_all(&server).unwrap();
        let text = "addresses = [\"10.0.0.2:8477\"]\nauthority = \"ab\"\nidentity = \"olga\"\nexpires = \"2026-03-01T00:00:00Z\"\n";
        fs::write(server.join("server.toml"), text).unwrap();
    }

    #[test]
    fn a_user_without_a_book_knows_nobody() {
        let home = tempfile::tempdir().unwrap();
        let book = Book::read(home.path().join("usher")).unwrap();
        assert_eq!(book.expand(&[name("lab1"), name("lab1")]), [name("lab1")]);
        assert_eq!(book.servers().count() + book.groups().count(), 0);
    }

    #[test]
    fn groups_are_kept_and_expanded_once_each() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("usher");
        let mut book = Book::read(place.clone()).unwrap();
        assert!(!book.set_group(name("lab"), vec![name("lab1"), name("olga@lab2")]).unwrap());
        joined(&place, "lab1");
        let mut book = Book::read(place.clone()).unwrap();
        assert_eq!(book.expand(&[name("lab2"), name("lab"), name("lab1")]), ["lab2", "lab1", "olga@lab2"].map(name));
        assert_eq!(book.server(&name("lab1")).unwrap().identity, "olga");
        assert!(book.forget(&name("lab1")).unwrap() && !book.forget(&name("lab1")).unwrap());
        assert_eq!(book.expand(&[name("lab")]), [name("olga@lab2")]);
        assert!(book.set_group(name("lab"), Vec::new()).unwrap());
        assert_eq!(Book::read(place).unwrap().servers().count(), 0);
    }

    #[test]
    fn a_broken_book_is_named_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("groups.toml"), "lab = [\"-oProxyCommand=x\"]").unwrap();
        let error = Book::read(home.path().to_owned()).unwrap_err();
        assert!(error.message.contains("groups.toml"), "{error}");
        joined(home.path(), "lab1");
        fs::write(home.path().join("groups.toml"), "").unwrap();
        fs::write(home.path().join("servers/lab1/server.toml"), "addresses = 3").unwrap();
        assert!(Book::read(home.path().to_owned()).unwrap_err().message.contains("lab1/server.toml"));
    }
}
