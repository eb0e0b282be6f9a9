//! What goes over a daemon's socket, case by case.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::own::Daemon;

/// The variable that names the directory of the records.
const VARIABLE: &str = "USHER_RECORD";

/// What was asked and answered over one connection.
#[derive(Default)]
struct Exchange {
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// Stands between callers and a daemon, where something is to be recorded.
pub struct Recorder {
    socket: PathBuf,
    heard: Arc<Mutex<Vec<Arc<Mutex<Exchange>>>>>,
    cases: Map<String, Value>,
}

impl Recorder {
    pub fn between(daemon: &Daemon) -> Self {
        let heard = Arc::<Mutex<Vec<Arc<Mutex<Exchange>>>>>::default();
        let mut recorder = Recorder { socket: daemon.socket(), heard, cases: Map::new() };
        if std::env::var_os(VARIABLE).is_some() {
            recorder.socket = daemon.path("recorded");
            let listener = UnixListener::bind(&recorder.socket).expect("a socket");
            let (heard, daemon) = (Arc::clone(&recorder.heard), daemon.socket());
            std::thread::spawn(move || {
                for caller in listener.incoming().map_while(Result::ok) {
                    let exchange = Arc::<Mutex<Exchange>>::default();
                    heard.lock().expect("no panic").push(Arc::clone(&exchange));
                    let there = UnixStream::connect(&daemon).expect("the daemon");
                    pass(&caller, &there, Arc::clone(&exchange), |exchange| &mut exchange.request);
                    pass(&there, &caller, exchange, |exchange| &mut exchange.answer);
                }
            });
        }
        recorder
    }

    /// Where callers are to ask.
    pub fn socket(&self) -> PathBuf {
        self.socket.clone()
    }

    /// What was heard since the last case was this one's.
    pub fn end_case(&mut self, words: &[&str]) {
        let heard = std::mem::take(&mut *self.heard.lock().expect("no panic"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let exchanges = heard.iter().map(|exchange| {
            let exchange = exchange.lock().expect("no panic");
            json!({"request": text(&exchange.request), "answer": text(&exchange.answer)})
        });
        // Some are asked twice, and answered differently.
        let name = format!("{} {}", self.cases.len(), words.join(" "));
        self.cases.insert(name, exchanges.collect());
    }

    pub fn write(self, name: &str) {
        if let Some(directory) = std::env::var_os(VARIABLE) {
            let mut text = serde_json::to_string_pretty(&self.cases).expect("JSON");
            text.push('\n');
            std::fs::write(Path::new(&directory).join(name), text).expect("a record");
        }
    }
}

/// Keeps a file, where something is to be recorded.
pub fn keep(file: &Path, name: &str) {
    if let Some(directory) = std::env::var_os(VARIABLE) {
        std::fs::copy(file, Path::new(&directory).join(name)).expect("a record");
    }
}

fn pass(from: &UnixStream, to: &UnixStream, exchange: Arc<Mutex<Exchange>>, side: fn(&mut Exchange) -> &mut Vec<u8>) {
    let (mut from, mut to) = (from.try_clone().expect("a stream"), to.try_clone().expect("a stream"));
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            side(&mut exchange.lock().expect("no panic")).extend_from_slice(&buffer[..count]);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
