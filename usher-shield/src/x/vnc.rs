//! The clipboard that a VNC server shares with its viewers, turned off while locked (TigerVNC's extension of X, called
//! `VNC-EXTENSION` until 1.13 and `TIGERVNC` since). Any client may turn it on again: it is looked at with everything else.

use std::io::IoSlice;

use x11rb::connection::RequestConnection as _;
use x11rb::cookie::Cookie;
use x11rb::errors::ParseError;
use x11rb::rust_connection::RustConnection;
use x11rb::x11_utils::TryParse;

use super::display::{Asked, Display};
use super::link::Link;

/// The extension's names, the older first.
pub const NAMES: [&str; 2] = ["VNC-EXTENSION", "TIGERVNC"];
/// What viewers get, and what they give (`Xvnc(1)`).
pub const PARAMETERS: [&str; 2] = ["SendCutText", "AcceptCutText"];
const OFF: &str = "0";

const SET: u8 = 0;
const GET: u8 = 1;
/// The fixed part of an answer.
const ANSWER: usize = 32;

/// A parameter and its value.
pub type Setting = (String, String);

/// An answer of the extension's.
struct ParameterReply {
    value: Option<String>,
}

impl TryParse for ParameterReply {
    fn try_parse(bytes: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        let head = bytes.get(..ANSWER).ok_or(ParseError::InsufficientData)?;
        let length = usize::from(u16::from_ne_bytes([head[8], head[9]]));
        // The answer to a change has no value, and anything in the place of its length.
        let value = bytes.get(ANSWER..ANSWER + length).and_then(|value| std::str::from_utf8(value).ok());
        Ok((ParameterReply { value: value.filter(|_| head[1] != 0).map(str::to_owned) }, &[]))
    }
}

/// The ways out and in that are open, each with its value. None where the server is no such VNC server.
pub fn open(x: &Display) -> Asked<Vec<Setting>> {
    if x.has.vnc.is_none() {
        return Ok(Vec::new());
    }
    let asked = PARAMETERS.map(|name| ask(x, GET, &get(name)));
    let mut open = Vec::new();
    for (name, asked) in PARAMETERS.iter().zip(asked) {
        let value = asked?.reply()?.value.filter(|value| is_on(value));
        open.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    Ok(open)
}

/// Turns these off. The server may not allow it (`AllowOverride`, `Xvnc(1)`): what came of it, [`open`] says.
pub fn close(x: &Display, open: &[Setting]) -> Asked {
    open.iter().try_for_each(|(name, _)| set(x, name, OFF))
}

/// Gives these the values that they had.
pub fn give_back(x: &Display, settings: &[Setting]) -> Asked {
    settings.iter().try_for_each(|(name, value)| set(x, name, value))
}

/// Whether a setting is one of those that are turned off, with a value that it may have had.
pub fn is_setting((name, value): &Setting) -> bool {
    PARAMETERS.contains(&name.as_str()) && is_on(value)
}

fn is_on(value: &str) -> bool {
    ["1", "on", "true", "yes"].iter().any(|on| value.eq_ignore_ascii_case(on))
}

fn set(x: &Display, name: &str, value: &str) -> Asked {
    let newer = x.has.vnc == Some(NAMES[1]);
    ask(x, SET, &if newer { set_newer(name, value) } else { get(&format!("{name}={value}")) })?.reply()?;
    Ok(())
}

/// The length in one byte, then the text: of a name, and in the older form of a name with its value.
fn get(text: &str) -> Vec<u8> {
    let mut body = vec![u8::try_from(text.len()).unwrap_or(u8::MAX), 0, 0, 0];
    push(&mut body, text);
    body
}

fn set_newer(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u16::try_from(text.len()).unwrap_or(u16::MAX).to_ne_bytes();
    let mut body = [length(name), length(value)].concat();
    push(&mut body, name);
    push(&mut body, value);
    body
}

fn push(body: &mut Vec<u8>, text: &str) {
    body.extend(text.as_bytes());
    body.resize(body.len().next_multiple_of(4), 0);
}

/// Sends a request of the extension's: its header, with the length of all in units of four bytes, and its body.
fn ask<'x>(x: &'x Display, what: u8, body: &[u8]) -> Asked<Cookie<'x, RustConnection<Link>, ParameterReply>> {
    let extension = x.has.vnc.unwrap_or(NAMES[1]);
    let opcode = x.conn.extension_information(extension)?.map_or(0, |information| information.major_opcode);
    let length = u16::try_from(1 + body.len() / 4).unwrap_or(u16::MAX).to_ne_bytes();
    let request = [&[opcode, what], &length[..], body].concat();
    Ok(x.conn.send_request_with_reply(&[IoSlice::new(&request)], Vec::new())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_change_are_as_the_servers_read_them() {
        assert_eq!(get("SendCutText=0"), b"\x0d\0\0\0SendCutText=0\0\0\0");
        let lengths = [11u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat();
        assert_eq!(set_newer("SendCutText", "0"), [&lengths[..], b"SendCutText\x000\0\0\0"].concat());
    }

    #[test]
    fn an_answer_has_a_value_only_where_the_server_knows_the_name() {
        let answer = |success: u8, length: u16, value: &[u8]| {
            let mut bytes = vec![0; ANSWER];
            (bytes[0], bytes[1]) = (1, success);
            bytes[8..10].copy_from_slice(&length.to_ne_bytes());
            ParameterReply::try_parse(&[&bytes, value].concat()).unwrap().0.value
        };
        assert_eq!(answer(1, 1, b"1\0\0\0").as_deref(), Some("1"));
        assert_eq!(answer(1, 4711, b""), None);
        assert_eq!(answer(0, 1, b"1\0\0\0"), None);
        assert!(ParameterReply::try_parse(&[1; 8]).is_err());
    }

    #[test]
    fn nothing_else_is_ever_set() {
        let is = |name: &str, value: &str| is_setting(&(name.to_owned(), value.to_owned()));
        assert!(is("SendCutText", "on") && is("AcceptCutText", "1"));
        assert!(!is("desktop", "1") && !is("SendCutText", "0") && !is("AcceptCutText", "x"));
    }
}
