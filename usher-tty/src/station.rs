//! One attached terminal: what it shows, what it has confirmed, and whether its keys count.

use std::os::unix::net::UnixStream;
use std::time::Instant;

use usher_core::request::{Colours, Size};
use usher_core::session::SeenStation;
use usher_core::wire::holder::StationSpec;
use usher_core::wire::{DRAW_CHUNK, FLUSH, Tag, put};

use super::conn::Conn;
use super::paint::paint;
use super::picture::Picture;

/// What a station's person did.
pub(super) enum Deed {
    /// Typed, or moved the mouse, when this epoch was the last that the station had confirmed.
    Typed(Vec<u8>, u64),
    /// Asked to see so many pages further back.
    Scrolled(i16),
    /// Changed the terminal's size.
    Resized,
}

pub(super) struct Station {
    pub(super) id: u32,
    pub(super) size: Size,
    colours: Colours,
    client: Option<std::net::IpAddr>,
    pub(super) conn: Conn,
    /// What its terminal shows, once the picture under way has arrived.
    shown: Option<Picture>,
    /// The number and the epoch of the picture that the station has not confirmed yet.
    in_flight: Option<(u64, u64)>,
    next_number: u64,
    /// The last epoch of which the station confirmed a picture. See [`super::holder::Holder::epoch`].
    pub(super) confirmed: u64,
    /// When somebody typed here, as a count; the station typed at last sets the size.
    pub(super) typed: u64,
    /// Until when a station that was told to leave may take its time.
    pub(super) leaving: Option<Instant>,
    bell: bool,
    /// How many lines further back than the session's screen the station looks.
    pub(super) scrolled: usize,
}

impl Station {
    /// A station that shows nothing yet. Its keys count from the epoch `confirmed` on.
    pub(super) fn new(stream: UnixStream, spec: &StationSpec, confirmed: u64) -> std::io::Result<Self> {
        Ok(Station {
            id: spec.id,
            size: spec.size.clamped(),
            colours: spec.colours,
            client: spec.client,
            conn: Conn::new(stream)?,
            shown: None,
            in_flight: None,
            next_number: 1,
            confirmed,
            typed: 0,
            leaving: None,
            bell: false,
            scrolled: 0,
        })
    }

    pub(super) fn seen(&self) -> SeenStation {
        SeenStation { id: self.id, client: self.client.map(|address| address.to_string()) }
    }

    /// Whether the station can take a picture now: one at a time, so that a slow one skips those between.
    pub(super) fn ready(&self) -> bool {
        self.in_flight.is_none() && self.conn.unsent() == 0 && self.leaving.is_none() && !self.conn.closed
    }

    /// Draws the picture of this epoch, if the station does not show it already or has not confirmed
    /// the epoch. After an unlock (`flush`), what was typed before is forgotten at the station too.
    pub(super) fn draw(&mut self, picture: Picture, epoch: u64, flush: bool) {
        let mut bytes = paint(self.shown.as_ref(), &picture, self.colours);
        if std::mem::take(&mut self.bell) {
            bytes.push(0x07);
        }
        if bytes.is_empty() && self.confirmed >= epoch {
            return;
        }
        let mut frames = Vec::with_capacity(bytes.len() + 32);
        bytes.chunks(DRAW_CHUNK).for_each(|chunk| put(&mut frames, Tag::Draw, chunk));
        let number = self.next_number;
        self.next_number += 1;
        let mut end = number.to_le_bytes().to_vec();
        end.push(if flush { FLUSH } else { 0 });
        put(&mut frames, Tag::DrawEnd, &end);
        self.in_flight = Some((number, epoch));
        self.shown = Some(picture);
        self.conn.send(&frames);
    }

    /// Rings the bell with the next picture.
    pub(super) fn ring(&mut self) {
        self.bell = true;
    }

    /// Whether a bell waits to be rung.
    pub(super) fn rings(&self) -> bool {
        self.bell
    }

    /// Tells the station to go; it is dropped at `deadline` if it has not gone by itself.
    pub(super) fn leave(&mut self, reason: &str, deadline: Instant) {
        if self.leaving.is_none() {
            let mut frame = Vec::new();
            put(&mut frame, Tag::Leave, reason.as_bytes());
            self.conn.send(&frame);
            self.leaving = Some(deadline);
        }
    }

    /// Takes what the station sent: confirmations at once, deeds for the holder to judge.
    pub(super) fn receive(&mut self) -> Vec<Deed> {
        let mut deeds = Vec::new();
        loop {
            match self.conn.decoder.next_frame() {
                Ok(Some((Tag::Input, keys))) => deeds.push(Deed::Typed(keys.to_vec(), self.confirmed)),
                Ok(Some((Tag::Scroll, payload))) => {
                    deeds.extend(payload.try_into().map(|pages| Deed::Scrolled(i16::from_le_bytes(pages))));
                }
                Ok(Some((Tag::Resize, payload))) => {
                    if let [r0, r1, c0, c1] = *payload {
                        let (rows, cols) = (u16::from_le_bytes([r0, r1]), u16::from_le_bytes([c0, c1]));
                        self.size = Size { rows, cols }.clamped();
                        deeds.push(Deed::Resized);
                    }
                }
                Ok(Some((Tag::Redraw, _))) => self.shown = None,
                Ok(Some((Tag::Shown, payload))) => {
                    let number = payload.try_into().map(u64::from_le_bytes).unwrap_or(0);
                    if let Some((_, epoch)) = self.in_flight.take_if(|(n, _)| *n == number) {
                        self.confirmed = self.confirmed.max(epoch);
                    }
                }
                Ok(Some((Tag::Control | Tag::Draw | Tag::DrawEnd | Tag::Leave, _))) | Err(_) => {
                    self.conn.closed = true;
                    return deeds;
                }
                Ok(None) => return deeds,
            }
        }
    }
}
