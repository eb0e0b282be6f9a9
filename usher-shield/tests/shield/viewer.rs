//! A viewer of a VNC server (RFC 6143), as far as these tests need one: it types, copies, and hears what the server copies.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use crate::server::Server;

/// Messages of clients and of servers.
const SET_ENCODINGS: u8 = 2;
const UPDATE_REQUEST: u8 = 3;
const KEY: u8 = 4;
const CUT_TEXT: u8 = 6;
const UPDATE: u8 = 0;
const BELL: u8 = 2;
const SERVER_CUT_TEXT: u8 = 3;

/// A viewer of a server that listens at a socket called `vnc` in its directory.
pub struct Viewer {
    stream: UnixStream,
    /// What the server has copied to it.
    pub heard: Vec<String>,
}

impl Viewer {
    pub fn connect(server: &Server) -> Viewer {
        let stream = UnixStream::connect(server.directory.path().join("vnc")).expect("a VNC server");
        stream.set_read_timeout(Some(crate::usherd::PATIENCE)).expect("a timeout");
        let mut viewer = Viewer { stream, heard: Vec::new() };
        viewer.read(12);
        viewer.write(b"RFB 003.008\n");
        let kinds = viewer.read(1)[0].into();
        viewer.read(kinds);
        // No security; how that went; others may stay.
        viewer.write(&[1]);
        assert_eq!(viewer.read(4), [0; 4], "let in");
        viewer.write(&[1]);
        let begin = viewer.read(24);
        viewer.read(u32::from_be_bytes(begin[20..].try_into().expect("a length")) as usize);
        viewer.write(&[SET_ENCODINGS, 0, 0, 1, 0, 0, 0, 0]);
        viewer.settle();
        viewer
    }

    fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).expect("the server goes on");
        bytes
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server goes on");
    }

    /// Somebody copies at the viewer.
    pub fn copy(&mut self, text: &str) {
        let length = u32::try_from(text.len()).expect("short").to_be_bytes();
        self.write(&[&[CUT_TEXT, 0, 0, 0], &length[..], text.as_bytes()].concat());
        self.settle();
    }

    /// Somebody types a key at the viewer.
    pub fn type_key(&mut self, keysym: u8) {
        for down in [1, 0] {
            self.write(&[KEY, down, 0, 0, 0, 0, 0, keysym]);
        }
        self.settle();
    }

    /// Everything that was sent before is done: the server answers in order.
    pub fn settle(&mut self) {
        self.write(&[UPDATE_REQUEST, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
        while self.hear() != UPDATE {}
    }

    fn hear(&mut self) -> u8 {
        let kind = self.read(1)[0];
        match kind {
            UPDATE => {
                let head = self.read(3);
                for _ in 0..u16::from_be_bytes([head[1], head[2]]) {
                    let part = self.read(12);
                    let side = |at: usize| usize::from(u16::from_be_bytes([part[at], part[at + 1]]));
                    self.read(side(4) * side(6) * 4);
                }
            }
            SERVER_CUT_TEXT => {
                let head = self.read(7);
                let text = self.read(u32::from_be_bytes(head[3..].try_into().expect("a length")) as usize);
                self.heard.push(String::from_utf8_lossy(&text).into_owned());
            }
            BELL => {}
            other => panic!("message {other}"),
        }
        kind
    }
}
