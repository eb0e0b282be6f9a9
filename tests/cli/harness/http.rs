//! Plain bytes over the daemon's socket: what no well-behaved client would send can be sent.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

use super::PATIENCE;

/// An HTTP answer, read by hand.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }
}

/// Connects, with patience for answers.
#[track_caller]
pub fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a patience");
    stream.set_write_timeout(Some(PATIENCE)).expect("a patience");
    stream
}

/// One request with a JSON body, or with none.
#[track_caller]
pub fn request(socket: &Path, method: &str, path: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\n");
    let head = format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    exchange(socket, &[head.as_bytes(), body.as_bytes()].concat()).expect("an answer")
}

/// Sends bytes and reads until the daemon hangs up; `None` if it said nothing that is HTTP.
#[track_caller]
pub fn exchange(socket: &Path, bytes: &[u8]) -> Option<Answer> {
    answer(sent(socket, bytes))
}

/// Sends bytes, and leaves the answer for later.
#[track_caller]
pub fn sent(socket: &Path, bytes: &[u8]) -> UnixStream {
    let mut stream = connect(socket);
    // The daemon may answer and hang up before it has read all.
    let _ = stream.write_all(bytes);
    stream
}

/// Reads until the daemon hangs up; `None` if it said nothing that is HTTP.
pub fn answer(mut stream: UnixStream) -> Option<Answer> {
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    parse(&said)
}

pub fn parse(said: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(said);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunk(body) } else { body.to_owned() };
    Some(Answer { status, head: head.to_owned(), body })
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, tail)) = rest.split_once("\r\n") {
        let Ok(size @ 1..) = usize::from_str_radix(size, 16) else { break };
        let Some(chunk) = tail.get(..size) else { break };
        body.push_str(chunk);
        rest = tail[size..].trim_start_matches("\r\n");
    }
    body
}
