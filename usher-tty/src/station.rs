//! One attached terminal: what it shows, what it has confirmed, and whether its keys count.

use std::os::unix::net::UnixStream;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use usher_core::request::Size;
use usher_core::session::SeenStation;
use usher_core::wire::holder::{Farewell, StationSpec};
use usher_core::wire::{Conn, DRAW_CHUNK, FLUSH, LATER, StationTerminal, Tag, put};

use super::frame::Frame;
use super::lookback::LookBack;
use super::paint::Painter;

/// The longest hint, in characters.
const MAX_HINT: usize = 512;
/// The longest that a station says of its terminal, in bytes.
const MAX_TERMINAL: usize = 4096;

/// A frame of so few bytes is an echo or a prompt.
const SMALL: usize = 256;

/// Something that a station's person did.
pub(super) enum Deed {
    /// Typed, or moved the mouse, when this epoch was the last that the station had confirmed.
    Typed(Vec<u8>, u64),
    /// Asked to see so many pages further back.
    Scrolled(i16),
    /// Typed a key that begins to look back, or one for what was copied, at such an epoch.
    LookedBack(Vec<u8>, u64),
    /// Changed the terminal's size, or said what it is.
    Resized,
    /// Cleared the terminal, or wrote a line of its own.
    Marked,
}

pub(super) struct Station {
    pub(super) id: u32,
    pub(super) size: Size,
    /// As others are told of it.
    pub(super) seen: SeenStation,
    /// It only looks on.
    pub(super) read_only: bool,
    pub(super) conn: Conn,
    /// Knows the terminal's contents, once the frame under way has arrived.
    painter: Painter,
    /// The number and the epoch of the frame that the station has not confirmed yet.
    in_flight: Option<(u64, u64)>,
    /// The number of a small frame that the station confirms with whatever it says next.
    late: Option<u64>,
    next_number: u64,
    /// The last epoch of which the station confirmed a frame. See [`super::holder::Holder::epoch`].
    pub(super) confirmed: u64,
    /// When somebody typed here, as a count; the station typed at last sets the size.
    pub(super) typed: u64,
    /// Until when a station that was told to leave may take its time.
    pub(super) leaving: Option<Instant>,
    bell: bool,
    /// Something may have changed since its last frame.
    pub(super) is_stale: bool,
    /// A line of the station's own for its last row, until the next key.
    pub(super) hint: Option<String>,
    /// What the station sees that does not look at the session as it is now.
    pub(super) look: Option<LookBack>,
    /// What its terminal is, as far as it said.
    pub(super) terminal: StationTerminal,
    /// The beginning of a mouse report whose end has not come.
    pub(super) report: Vec<u8>,
    /// What goes to the terminal's clipboard with the next frame.
    clip: Option<String>,
}

impl Station {
    /// A station that shows nothing yet. Its keys count from the epoch `confirmed` on.
    pub(super) fn new(stream: UnixStream, spec: &StationSpec, confirmed: u64) -> std::io::Result<Self> {
        Ok(Station {
            id: spec.id,
            size: spec.size.clamped(),
            seen: SeenStation { id: spec.id, client: spec.client.map(|address| address.to_string()) },
            read_only: spec.read_only,
            conn: Conn::without_descriptors(stream)?,
            painter: Painter::new(spec.colours),
            in_flight: None,
            late: None,
            next_number: 1,
            confirmed,
            typed: 0,
            leaving: None,
            bell: false,
            is_stale: false,
            hint: None,
            look: None,
            terminal: StationTerminal::default(),
            report: Vec::new(),
            clip: None,
        })
    }

    /// What its terminal shows, as far as that is known.
    pub(super) fn shown(&self) -> Option<&Frame> {
        self.painter.shown()
    }

    /// Whether the station can take a frame now: one at a time, so that a slow one skips those between. A small one may be under
    /// way beside it: an echo is not to wait until the station has told of the last one, and to tell of it takes time.
    pub(super) fn ready(&self) -> bool {
        self.in_flight.is_none() && !self.conn.has_unsent() && self.leaving.is_none() && !self.conn.is_closed()
    }

    /// Draws the frame of this epoch, if the station does not show it already or has not confirmed
    /// the epoch. After an unlock (`flush`) the station forgets earlier keys too.
    pub(super) fn draw(&mut self, frame: Frame, epoch: u64, flush: bool) {
        let known = self.painter.shown().is_some();
        let mut bytes = self.painter.paint(frame);
        if std::mem::take(&mut self.bell) {
            bytes.push(0x07);
        }
        if let Some(text) = self.clip.take() {
            bytes.extend_from_slice(format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text)).as_bytes());
        }
        if bytes.is_empty() && self.confirmed >= epoch {
            return;
        }
        let mut frames = Vec::with_capacity(bytes.len() + 32);
        bytes.chunks(DRAW_CHUNK).for_each(|chunk| put(&mut frames, Tag::Draw, chunk));
        let number = self.next_number;
        self.next_number += 1;
        let small = known && bytes.len() <= SMALL;
        let later = small && !flush && self.confirmed >= epoch && self.late.is_none();
        let mut end = number.to_le_bytes().to_vec();
        end.push(match (flush, later) {
            (true, _) => FLUSH,
            (false, true) => LATER,
            (false, false) => 0,
        });
        put(&mut frames, Tag::DrawEnd, &end);
        if later {
            self.late = Some(number);
        } else {
            self.in_flight = Some((number, epoch));
        }
        self.conn.send_frames(&frames);
    }

    /// Rings the bell with the next frame.
    pub(super) fn ring(&mut self) {
        self.bell = true;
    }

    /// Sets the terminal's clipboard with the next frame, if its person allows that. Whether they do.
    pub(super) fn clip(&mut self, text: &str) -> bool {
        if self.terminal.clipboard {
            self.clip = Some(text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect());
        }
        self.terminal.clipboard
    }

    /// Whether a bell or a text for the clipboard waits for a frame.
    pub(super) fn has_more(&self) -> bool {
        self.bell || self.clip.is_some()
    }

    /// The session is locked: what the person was doing with it is over.
    pub(super) fn forget_doings(&mut self) {
        (self.look, self.clip, self.hint) = (None, None, None);
        self.report.clear();
    }

    /// Learns what its terminal is.
    fn learn(&mut self, said: &[u8]) {
        let Some(mut terminal) = said
            .get(..said.len().min(MAX_TERMINAL))
            .and_then(|said| serde_json::from_slice::<StationTerminal>(said).ok())
        else {
            return;
        };
        terminal.prefix = terminal.prefix.map(|key| key.chars().filter(|c| !c.is_control()).take(16).collect());
        self.painter.learn(&terminal);
        self.terminal = terminal;
    }

    /// Tells the station how the session's program ended, before it is told to go.
    pub(super) fn bid(&mut self, farewell: &Farewell) {
        if self.leaving.is_none() {
            let mut frame = Vec::new();
            put(&mut frame, Tag::End, &serde_json::to_vec(farewell).unwrap_or_default());
            self.conn.send_frames(&frame);
        }
    }

    /// Tells the station to go; it is dropped at `deadline` if it has not gone by itself.
    pub(super) fn leave(&mut self, reason: &str, deadline: Instant) {
        if self.leaving.is_none() {
            let mut frame = Vec::new();
            put(&mut frame, Tag::Leave, reason.as_bytes());
            self.conn.send_frames(&frame);
            self.leaving = Some(deadline);
        }
    }

    /// Reads the station's frames: takes confirmations at once, and gives deeds for the holder to judge.
    pub(super) fn receive(&mut self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        while let Some((tag, payload)) = self.conn.next_frame() {
            match tag {
                Tag::Input => deeds.push(Deed::Typed(payload.to_vec(), self.confirmed)),
                Tag::Scroll => deeds.extend(payload.try_into().map(|pages| Deed::Scrolled(i16::from_le_bytes(pages)))),
                Tag::Resize => {
                    if let [r0, r1, c0, c1] = *payload {
                        let (rows, cols) = (u16::from_le_bytes([r0, r1]), u16::from_le_bytes([c0, c1]));
                        self.size = Size { rows, cols }.clamped();
                        deeds.push(Deed::Resized);
                    }
                }
                Tag::Redraw => {
                    self.painter.forget();
                    deeds.push(Deed::Marked);
                }
                Tag::Terminal => {
                    let said = payload.to_vec();
                    self.learn(&said);
                    deeds.push(Deed::Resized);
                }
                Tag::LookBack => deeds.push(Deed::LookedBack(payload.to_vec(), self.confirmed)),
                Tag::Hint => {
                    let text = String::from_utf8_lossy(payload);
                    self.hint = Some(text.chars().filter(|c| !c.is_control()).take(MAX_HINT).collect());
                    deeds.push(Deed::Marked);
                }
                Tag::Shown => {
                    let number = payload.try_into().map(u64::from_le_bytes).unwrap_or(0);
                    self.late.take_if(|late| *late <= number);
                    if let Some((_, epoch)) = self.in_flight.take_if(|(n, _)| *n == number) {
                        self.confirmed = self.confirmed.max(epoch);
                    }
                }
                Tag::Control | Tag::Draw | Tag::DrawEnd | Tag::End | Tag::Leave => {
                    self.conn.close();
                    return deeds;
                }
            }
        }
        deeds
    }
}

#[cfg(test)]
mod tests;
