//! What of a server's bytes gets in: whole packets of a bounded length.
//!
//! A reply's header says how long the reply is (X Window System Protocol, chapter 1), up to 16 GiB, and x11rb makes room
//! for that at once. Headers are read here first. What is longer than anything that was asked for is read past, and
//! its header says then that nothing follows: the reply does not parse, and the connection goes on. Events that other clients
//! sent (`SendEvent`) are left out: anybody can say anything by them.

use std::cell::Cell;
use std::io;

/// The longest reply that is let in: a piece of a picture of the screen.
const LONGEST: usize = 2 << 20;
/// Header of the answer to the connection setup, and of every packet after it.
const SETUP: usize = 8;
const PACKET: usize = 32;
const REPLY: u8 = 1;
const GENERIC: u8 = 35;
const SENT: u8 = 0x80;

/// How far the reading is.
#[derive(Debug)]
pub struct Gate {
    greeted: bool,
    header: [u8; PACKET],
    /// Bytes of the header that were read, and that were handed on.
    read: usize,
    given: usize,
    /// Bytes of the body that are to be handed on, and to be read past.
    pass: usize,
    skip: usize,
    store: Box<[u8]>,
    stored: std::ops::Range<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Gate {
            greeted: false,
            header: [0; PACKET],
            read: 0,
            given: 0,
            pass: 0,
            skip: 0,
            store: vec![0; 4096].into_boxed_slice(),
            stored: 0..0,
        }
    }
}

impl Gate {
    /// Whether something is there that was read already: the source is not to be waited for.
    pub fn is_ready(&self) -> bool {
        !self.stored.is_empty()
    }

    /// Hands on what is to get in. `source` reads without waiting; `left` is how many bytes it may read in all.
    pub fn read(
        &mut self,
        out: &mut [u8],
        left: &Cell<usize>,
        mut source: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            let whole = if self.greeted { PACKET } else { SETUP };
            if self.read == whole && self.given < whole {
                let count = out.len().min(whole - self.given);
                out[..count].copy_from_slice(&self.header[self.given..][..count]);
                self.given += count;
                return Ok(count);
            }
            if self.pass > 0 {
                let room = out.len().min(self.pass);
                let count = self.take(&mut out[..room], left, &mut source)?;
                self.pass -= count;
                return Ok(count);
            }
            if self.skip > 0 {
                let mut waste = [0; 4096];
                let room = waste.len().min(self.skip);
                match self.take(&mut waste[..room], left, &mut source)? {
                    0 => return Ok(0),
                    count => self.skip -= count,
                }
                continue;
            }
            if self.read == whole {
                (self.read, self.given, self.greeted) = (0, 0, true);
                continue;
            }
            let mut header = self.header;
            match self.take(&mut header[self.read..whole], left, &mut source)? {
                0 => return Ok(0),
                count => self.read += count,
            }
            self.header = header;
            if self.read == whole {
                self.judge();
            }
        }
    }

    /// From what was read ahead, or from the source.
    fn take(
        &mut self,
        out: &mut [u8],
        left: &Cell<usize>,
        source: &mut impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if self.stored.is_empty() {
            if left.get() == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            if out.len() >= self.store.len() {
                let count = source(out)?;
                left.set(left.get().saturating_sub(count));
                return Ok(count);
            }
            let count = source(&mut self.store)?;
            left.set(left.get().saturating_sub(count));
            self.stored = 0..count;
        }
        let count = out.len().min(self.stored.len());
        out[..count].copy_from_slice(&self.store[self.stored.start..][..count]);
        self.stored.start += count;
        Ok(count)
    }

    /// What becomes of the packet whose header was read.
    fn judge(&mut self) {
        if !self.greeted {
            // At most 256 KiB.
            let words = u16::from_ne_bytes([self.header[6], self.header[7]]);
            self.pass = 4 * usize::from(words);
            return;
        }
        let kind = self.header[0];
        let long = kind == REPLY || kind & !SENT == GENERIC;
        let words = u32::from_ne_bytes([self.header[4], self.header[5], self.header[6], self.header[7]]);
        let body = if long { 4 * usize::try_from(words).unwrap_or(usize::MAX / 4) } else { 0 };
        if kind & SENT != 0 {
            self.skip = body;
            self.read = 0;
        } else if body > LONGEST {
            self.skip = body;
            self.header[4..8].fill(0);
        } else {
            self.pass = body;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of these bytes, read `step` at a time.
    fn passed(bytes: &[u8], step: usize) -> Vec<u8> {
        let (mut gate, mut rest, mut out) = (Gate::default(), bytes, Vec::new());
        let left = Cell::new(usize::MAX);
        loop {
            let mut buffer = vec![0; step];
            let count = gate.read(&mut buffer, &left, |into| {
                let count = into.len().min(rest.len()).min(step);
                into[..count].copy_from_slice(&rest[..count]);
                rest = &rest[count..];
                Ok(count)
            });
            match count.unwrap() {
                0 => return out,
                count => out.extend_from_slice(&buffer[..count]),
            }
        }
    }

    fn setup() -> Vec<u8> {
        let mut setup = vec![1, 0, 11, 0, 0, 0];
        setup.extend(2u16.to_ne_bytes());
        setup.extend([7; 8]);
        setup
    }

    fn packet(kind: u8, words: u32, body: usize) -> Vec<u8> {
        let mut packet = vec![kind, 9, 0, 0];
        packet.extend(words.to_ne_bytes());
        packet.resize(PACKET + body, 5);
        packet
    }

    #[test]
    fn whole_packets_pass_at_any_cut() {
        let bytes =
            [setup(), packet(1, 3, 12), packet(12, 77, 0), packet(GENERIC, 1, 4), packet(1, 3000, 12000)].concat();
        for step in [1, 7, 31, 32, 33, 4096, 9000] {
            assert_eq!(passed(&bytes, step), bytes, "{step}");
        }
    }

    #[test]
    fn what_is_too_long_is_a_header_without_a_body() {
        let long = LONGEST / 4 + 1;
        let bytes = [setup(), packet(1, u32::try_from(long).unwrap(), 4 * long), packet(1, 1, 4)].concat();
        let wanted = [setup(), packet(1, 0, 0), packet(1, 1, 4)].concat();
        assert_eq!(passed(&bytes, 5000), wanted);
        assert_eq!(passed(&[setup(), packet(1, u32::MAX, 0)].concat(), 4096), [setup(), packet(1, 0, 0)].concat());
    }

    #[test]
    fn what_other_clients_say_is_left_out() {
        let bytes = [setup(), packet(SENT | 18, 0, 0), packet(SENT | GENERIC, 2, 8), packet(18, 0, 0)].concat();
        assert_eq!(passed(&bytes, 64), [setup(), packet(18, 0, 0)].concat());
    }
}
