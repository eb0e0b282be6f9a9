//! Objects from a pipe: a stream of JSON in any layout, cut into values, each bound by property name.
//!
//! Our own objects and `usher list --output jsonl` are one object a line; `jq` spreads an object over lines;
//! `--output json` is one array. A line that is none of these costs itself alone.

use serde_json::{Map, Value};

use super::bind::{BindError, id};
use super::{Cmdlet, Parameter, Type};

/// More bytes on many lines are no object that names a session.
const MOST: usize = 1 << 20;
/// More bytes on one line are none either: it may hold the largest picture there is, in base64.
const LONGEST: usize = 90 << 20;
/// So many lines may be read again and again, however long they are.
const FEW: usize = 64;

/// The binding of a piped value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piped {
    /// The sessions.
    pub ids: Vec<u32>,
    /// Their host, if the object says one.
    pub server: Option<String>,
}

/// Why a piped value names no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbound {
    /// The error.
    pub error: BindError,
    /// The beginning of the value.
    pub object: String,
}

/// Cuts a stream into values as its bytes arrive.
#[derive(Debug, Default)]
pub struct Cutter {
    /// Lines of a value that is not complete.
    open: Vec<u8>,
    /// The rest of a line that has not ended.
    line: Vec<u8>,
    /// The line that is passed over is too long to keep.
    too_long: bool,
}

impl Cutter {
    /// Takes in bytes and gives what is complete with them: a value, or the text that is none.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Result<Value, String>> {
        let mut found = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST.saturating_sub(self.line.len());
            self.too_long |= piece.len() > room;
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end_line(&mut found);
            }
        }
        found
    }

    /// Gives what is left at the end of the stream.
    pub fn end(&mut self) -> Vec<Result<Value, String>> {
        let mut found = Vec::new();
        self.end_line(&mut found);
        self.give_up(&mut found);
        found
    }

    fn end_line(&mut self, found: &mut Vec<Result<Value, String>>) {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            self.give_up(found);
            found.push(Err(text(&line)));
            return;
        }
        // No layout puts an inner object into the first column: what stood open before was never closed.
        if line.first() == Some(&b'{') {
            self.give_up(found);
        }
        self.open.extend_from_slice(&line);
        self.cut(found);
    }

    /// Takes complete values off the front of what is open.
    fn cut(&mut self, found: &mut Vec<Result<Value, String>>) {
        loop {
            // An array is its elements, one by one.
            let skip = self.open.iter().take_while(|byte| byte.is_ascii_whitespace() || b"[],".contains(byte)).count();
            self.open.drain(..skip);
            if self.open.is_empty() {
                return;
            }
            let mut values = serde_json::Deserializer::from_slice(&self.open).into_iter::<Value>();
            let (next, read) = (values.next(), values.byte_offset());
            match next {
                Some(Ok(value)) => {
                    self.open.drain(..read);
                    found.push(Ok(value));
                }
                Some(Err(error)) if error.is_eof() && self.may_go_on() => return,
                _ => self.drop_line(found),
            }
        }
    }

    /// Whether what is open may still become a value.
    fn may_go_on(&self) -> bool {
        let lines = || self.open.iter().filter(|byte| **byte == b'\n').count();
        self.open.len() < MOST || self.open.len() < LONGEST && lines() <= FEW
    }

    /// The first open line is none that can be read; those after it may be.
    fn drop_line(&mut self, found: &mut Vec<Result<Value, String>>) {
        let end = self.open.iter().position(|byte| *byte == b'\n').map_or(self.open.len(), |at| at + 1);
        let line: Vec<u8> = self.open.drain(..end).collect();
        let word = text(&line);
        // A bare word is a value of its own, right or wrong.
        let bare = !word.is_empty() && !word.contains(['{', '[', '"']);
        found.push(if bare { Ok(Value::String(word)) } else { Err(word) });
    }

    /// What is open will not be completed: its first line is wrong, and what follows is read by itself.
    fn give_up(&mut self, found: &mut Vec<Result<Value, String>>) {
        while !self.open.is_empty() {
            self.drop_line(found);
            self.cut(found);
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim().to_owned()
}

/// Binds a piped value to the parameters that take one by property name; a bare number or text goes to position 0.
///
/// # Errors
/// The value names no session that can be understood.
pub fn bind_value(cmdlet: &Cmdlet, value: &Value) -> Result<Piped, Unbound> {
    let bound = match value {
        Value::Number(_) | Value::String(_) => {
            ids(value).map(|ids| Piped { ids, server: None }).ok_or_else(BindError::not_bound)
        }
        Value::Object(properties) => bind_object(cmdlet, properties),
        Value::Null | Value::Bool(_) | Value::Array(_) => Err(BindError::not_bound()),
    };
    bound.map_err(|error| Unbound { error, object: beginning(&value.to_string()) })
}

/// Binds an object by its properties. One that a call must have and that is there without a value is refused as such
/// (`ValidateNullOrEmptyArgument`).
fn bind_object(cmdlet: &Cmdlet, properties: &Map<String, Value>) -> Result<Piped, BindError> {
    let taken = |kind: Type| cmdlet.parameters().find(|p| p.pipeline.is_some() && p.kind == kind);
    let server = taken(Type::Text).and_then(|parameter| property(parameter, properties));
    let server = server.and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
    let parameter = taken(Type::Ids).ok_or_else(BindError::not_bound)?;
    match property(parameter, properties) {
        Some(Value::Null) => Err(BindError::null(parameter)),
        Some(Value::Array(values)) if values.is_empty() => Err(BindError::empty_array(parameter)),
        Some(value) => ids(value).map(|ids| Piped { ids, server }).ok_or_else(BindError::not_bound),
        None if server.is_some() => Err(BindError::missing_in_object(parameter)),
        None => Err(BindError::not_bound()),
    }
}

/// The property that is called as the parameter, in whatever casing, or by one of its other names; one with a value
/// before one without.
fn property<'v>(parameter: &Parameter, properties: &'v Map<String, Value>) -> Option<&'v Value> {
    let names = || parameter.names().chain(parameter.pipeline.unwrap_or_default().iter().copied());
    let called = |name: &str| properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    names().filter_map(called).find(|value| !value.is_null()).or_else(|| names().find_map(called))
}

/// One ID, or a list of them.
fn ids(value: &Value) -> Option<Vec<u32>> {
    match value {
        Value::Number(number) => id(&number.to_string()).ok().map(|id| vec![id]),
        Value::String(text) => text_ids(text),
        Value::Array(values) if !values.is_empty() => {
            let ids: Option<Vec<Vec<u32>>> = values.iter().map(ids).collect();
            ids.map(|ids| ids.concat())
        }
        _ => None,
    }
}

/// IDs with commas between them. Alone, a text with nothing in it is 0; between commas it is a mistake.
fn text_ids(text: &str) -> Option<Vec<u32>> {
    let pieces: Vec<&str> = text.split(',').map(str::trim).collect();
    if pieces.len() > 1 && pieces.contains(&"") {
        return None;
    }
    pieces.into_iter().map(|piece| id(piece).ok()).collect()
}

/// Why a text that is no value cannot be bound.
pub fn unreadable(text: &str) -> Unbound {
    Unbound { error: BindError::not_bound(), object: beginning(text) }
}

fn beginning(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlet::find;

    /// The IDs and the host, or the identifier of the error.
    type Read = Result<(Vec<u32>, Option<String>), &'static str>;

    /// What a whole stream is cut into: `Close-WmsSession` bound to each value, or its identifier.
    fn read(stream: &str) -> Vec<Read> {
        let mut cutter = Cutter::default();
        let mut values = cutter.push(stream.as_bytes());
        values.extend(cutter.end());
        let bind = |value: Result<Value, String>| match value {
            Ok(value) => bind_value(find("Close-WmsSession").unwrap(), &value),
            Err(text) => Err(unreadable(&text)),
        };
        values.into_iter().map(|v| bind(v).map(|p| (p.ids, p.server)).map_err(|e| e.error.id)).collect()
    }

    fn on(ids: &[u32], server: &str) -> Read {
        Ok((ids.to_vec(), (!server.is_empty()).then(|| server.to_owned())))
    }

    #[test]
    fn objects_come_one_a_line_over_several_lines_or_in_an_array() {
        assert_eq!(read("{\"SessionId\":3}\n{\"SessionId\":4}\n"), [on(&[3], ""), on(&[4], "")]);
        assert_eq!(read("{\n  \"SessionId\": 3,\n  \"x\": {\n    \"y\": 1\n  }\n}\n"), [on(&[3], "")]);
        assert_eq!(read("[{\"SessionId\":3},{\"SessionId\":4}]"), [on(&[3], ""), on(&[4], "")]);
        assert_eq!(
            read("[\n  {\n    \"SessionId\": 3\n  },\n  {\n    \"SessionId\": 4\n  }\n]\n"),
            [on(&[3], ""), on(&[4], "")]
        );
        assert_eq!(read("{\"SessionId\":3} {\"SessionId\":4}"), [on(&[3], ""), on(&[4], "")]);
        assert_eq!(read("[]\n\n"), []);
        assert_eq!(read(""), []);
    }

    #[test]
    fn properties_are_found_by_name_alias_and_the_names_of_list() {
        assert_eq!(read("{\"sessionid\":3,\"COMPUTERNAME\":\"lab1\"}"), [on(&[3], "lab1")]);
        assert_eq!(read("{\"SessionId\":\"3\",\"Server\":\"a\",\"ComputerName\":\"b\"}"), [on(&[3], "a")]);
        assert_eq!(read("{\"session_id\":3,\"host\":\"lab1\",\"user\":\"alice\"}"), [on(&[3], "lab1")]);
        assert_eq!(read("{\"SessionId\":[3,\"0x4\"]}"), [on(&[3, 4], "")]);
        assert_eq!(read("{\"SessionId\":3,\"Server\":null,\"ComputerName\":\"\"}"), [on(&[3], "")]);
    }

    #[test]
    fn bare_numbers_and_texts_go_to_position_0() {
        assert_eq!(
            read("3\n\"4\"\n5 6\n0x10\n7,8\n"),
            [on(&[3], ""), on(&[4], ""), on(&[5], ""), on(&[6], ""), on(&[16], ""), on(&[7], ""), on(&[8], "")]
        );
    }

    #[test]
    fn what_names_no_session_is_an_error_for_itself_alone() {
        let (nothing, missing) = (Err("InputObjectNotBound"), Err("InputObjectMissingMandatory"));
        let lines = "{\"x\":1}\nnonsense here\n{\"ComputerName\":\"lab1\"}\n{\"SessionId\":-1}\n{\"SessionId\":\"3,\"}\ntrue\n\
                     {\"SessionId\":3}\n";
        let expected =
            [nothing.clone(), nothing.clone(), missing, nothing.clone(), nothing.clone(), nothing, on(&[3], "")];
        assert_eq!(read(lines), expected);
    }

    #[test]
    fn a_property_without_a_value_is_refused_as_such_and_an_empty_text_is_0() {
        let (null, empty) = (
            Err("ParameterArgumentValidationErrorNullNotAllowed"),
            Err("ParameterArgumentValidationErrorEmptyArrayNotAllowed"),
        );
        assert_eq!(read("{\"SessionId\":null}\n{\"session_id\":null,\"host\":\"a\"}"), [null.clone(), null]);
        assert_eq!(read("{\"SessionId\":[]}\n{\"SessionId\":3}"), [empty, on(&[3], "")]);
        assert_eq!(read("{\"SessionId\":null,\"session_id\":3}"), [on(&[3], "")]);
        assert_eq!(read("{\"SessionId\":\"\"}\n\" \""), [on(&[0], ""), on(&[0], "")]);
    }

    #[test]
    fn a_line_that_is_cut_off_does_not_take_the_next_with_it() {
        let nothing = || Err("InputObjectNotBound");
        assert_eq!(read("{\"SessionId\":3\n{\"SessionId\":4}\n"), [nothing(), on(&[4], "")]);
        assert_eq!(read("{\"SessionId\": \n{\"SessionId\":4}\n{\"SessionId\":5"), [nothing(), on(&[4], ""), nothing()]);
        assert_eq!(read("\"open\n{\"SessionId\":4}\n"), [nothing(), on(&[4], "")]);
        assert_eq!(read(&format!("{{\"x\":\"{}\"}}\n4\n", "x".repeat(LONGEST))), [nothing(), on(&[4], "")]);
    }

    #[test]
    fn an_object_with_a_large_picture_is_one_in_every_layout() {
        let picture = "x".repeat(3 * MOST);
        assert_eq!(
            read(&format!("{{\"SessionId\":3,\"Thumbnail\":\"{picture}\"}}\n4\n")),
            [on(&[3], ""), on(&[4], "")]
        );
        let spread = format!("{{\n  \"SessionId\": 3,\n  \"Thumbnail\": \"{picture}\"\n}}\n4\n");
        assert_eq!(read(&spread), [on(&[3], ""), on(&[4], "")]);
        let endless = "{\n".to_owned() + &"\"x\": [\n".repeat(MOST / 4) + "\n4\n";
        assert_eq!(read(&endless).last(), Some(&on(&[4], "")));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_in_any_pieces_are_cut_alike(stream in "[\\[\\]{}\",:0-9a\n ]{0,60}", at in 0_usize..60) {
            let mut whole = Cutter::default();
            let mut values = whole.push(stream.as_bytes());
            values.extend(whole.end());
            let (head, tail) = stream.as_bytes().split_at(at.min(stream.len()));
            let mut pieces = Cutter::default();
            let mut others = pieces.push(head);
            others.extend(pieces.push(tail));
            others.extend(pieces.end());
            proptest::prop_assert_eq!(values, others);
        }
    }
}
