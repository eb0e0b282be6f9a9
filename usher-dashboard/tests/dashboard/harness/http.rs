//! Requests by hand: what no browser would send can be sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;

/// Somebody who asks, with or without the cookie.
#[derive(Debug, Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub cookie: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl Browser {
    pub fn new(address: SocketAddr) -> Self {
        Browser { address, cookie: None }
    }

    #[track_caller]
    pub fn keep_cookie(&mut self, reply: &Reply) {
        let set = reply.header("set-cookie").expect("a cookie");
        self.cookie = set.split(';').next().map(str::to_owned);
    }

    /// The headers that our own page's requests have.
    fn own_headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![("Host".to_owned(), self.address.to_string())];
        headers.extend(self.cookie.clone().map(|cookie| ("Cookie".to_owned(), cookie)));
        headers
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], "")
    }

    /// An order, as our own page sends it.
    #[track_caller]
    pub fn post(&self, path: &str, body: &str) -> Reply {
        let origin = format!("http://{}", self.address);
        self.request("POST", path, &[("Origin", &origin), ("Content-Type", "application/json")], body)
    }

    /// A request with these headers, which take the place of those that our own page would send; an empty one is left out.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, changed: &[(&str, &str)], body: &str) -> Reply {
        let mut stream = self.send(method, path, changed, body);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        parse(&all).unwrap_or_else(|| panic!("no answer to {method} {path}: {:?}", String::from_utf8_lossy(&all)))
    }

    /// Sends a request, and leaves the answer for later.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, changed: &[(&str, &str)], body: &str) -> TcpStream {
        let mut headers = self.own_headers();
        for (name, value) in changed {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            if !value.is_empty() {
                headers.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        let head: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let text =
            format!("{method} {path} HTTP/1.1\r\n{head}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        let mut stream = TcpStream::connect(self.address).expect("somebody listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a patience");
        let _ = stream.write_all(text.as_bytes());
        stream
    }

    /// The stream of news.
    #[track_caller]
    pub fn events(&self) -> Stream {
        Stream {
            lines: BufReader::new(self.send("GET", "/events", &[], "")),
            hosts: Vec::new(),
            tiles: Vec::new(),
            screens: Vec::new(),
            messages: 0,
        }
    }
}

/// The stream of news, and what a page would know by it.
pub struct Stream {
    lines: BufReader<TcpStream>,
    pub hosts: Vec<Value>,
    pub tiles: Vec<Value>,
    /// The sessions whose screens changed, as often as it was told.
    pub screens: Vec<Value>,
    /// How often it was told anything.
    pub messages: usize,
}

impl Stream {
    /// Reads until the page would know something.
    #[track_caller]
    pub fn until(&mut self, what: &str, known: impl Fn(&Stream) -> bool) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while !known(self) {
            // Something comes every 15 seconds, be it nothing new.
            assert!(
                std::time::Instant::now() < deadline,
                "waited in vain for {what}: {:?} {:?}",
                self.hosts,
                self.tiles
            );
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).unwrap_or(0);
            assert!(read > 0, "the stream ended before {what}: {:?} {:?}", self.hosts, self.tiles);
            if let Some(json) = line.strip_prefix("data: ") {
                self.take(&serde_json::from_str(json).expect("JSON"));
            }
        }
    }

    fn take(&mut self, news: &Value) {
        self.messages += 1;
        let each = |name: &str| news[name].as_array().cloned().unwrap_or_default();
        if news["first"] == true {
            (self.hosts, self.tiles) = (Vec::new(), Vec::new());
        }
        for host in each("hosts") {
            self.hosts.retain(|known| known["index"] != host["index"]);
            self.hosts.push(host);
        }
        let place = |tile: &Value| (tile["host"].clone(), tile["session"]["session_id"].clone());
        for tile in each("tiles") {
            self.tiles.retain(|known| place(known) != place(&tile));
            self.tiles.push(tile);
        }
        self.screens.extend(each("screens"));
        for gone in each("gone") {
            self.tiles.retain(|known| place(known) != (gone[0].clone(), gone[1].clone()));
        }
    }

    /// A session as it was told.
    pub fn session(&self, id: u32) -> Option<&Value> {
        self.tiles.iter().map(|tile| &tile["session"]).find(|session| session["session_id"] == id)
    }

    /// A host as it was told.
    pub fn host(&self, name: &str) -> Option<&Value> {
        self.hosts.iter().find(|host| host["name"] == name)
    }
}

fn parse(said: &[u8]) -> Option<Reply> {
    let end = said.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&said[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let bytes = if chunked { unchunk(&said[end + 4..]) } else { said[end + 4..].to_vec() };
    Some(Reply { status, head, body: String::from_utf8_lossy(&bytes).into_owned(), bytes })
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let Some(size @ 1..) = size else { break };
        let Some(chunk) = rest.get(end + 2..end + 2 + size) else { break };
        body.extend(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    body
}
