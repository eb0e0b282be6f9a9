//! Standard input as a pipe of objects.

use std::io::{self, Read};

use rustix::fs::{FileType, fstat};
use serde_json::Value;

use crate::cmdlet::input::Cutter;

/// Whether objects may come: standard input is a pipe or a file, and no terminal and no `/dev/null`.
pub(super) fn is_there() -> bool {
    let kind = fstat(io::stdin()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    matches!(kind, Ok(FileType::Fifo | FileType::Socket | FileType::RegularFile))
}

/// The values that come, each as soon as it is complete.
#[derive(Default)]
pub(super) struct Values {
    cutter: Cutter,
    ready: std::collections::VecDeque<Result<Value, String>>,
    ended: bool,
}

impl Iterator for Values {
    type Item = Result<Value, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut buffer = [0; 8 << 10];
        while self.ready.is_empty() && !self.ended {
            match io::stdin().lock().read(&mut buffer) {
                Ok(count @ 1..) => self.ready.extend(self.cutter.push(&buffer[..count])),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => {
                    self.ended = true;
                    self.ready.extend(self.cutter.end());
                }
            }
        }
        self.ready.pop_front()
    }
}
