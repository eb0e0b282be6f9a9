//! Looking at a screen without a pause, from the lock to the unlock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::display::Part;
use super::{Display, PATIENCE, Picture, wait_until};

/// A thread that samples a screen until it is told to finish.
pub struct Watch {
    stop: Arc<AtomicBool>,
    taken: Arc<AtomicUsize>,
    seen: Receiver<Seen>,
}

/// What a watch saw.
#[derive(Default)]
pub struct Seen {
    /// How many samples were taken.
    pub samples: usize,
    /// When, since the watch began, samples were not right.
    pub wrong: Vec<Duration>,
    /// The first sample that was not right.
    pub first_wrong: Option<Picture>,
    /// Whether the display went away before the watch was finished.
    pub display_gone: bool,
}

impl Watch {
    /// Begins; has taken at least one sample when it returns.
    #[track_caller]
    pub fn start(display: Display, part: Option<Part>, right: impl Fn(&Picture) -> bool + Send + 'static) -> Watch {
        let (stop, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (say, seen) = channel();
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&taken));
        std::thread::spawn(move || {
            let began = Instant::now();
            let mut all = Seen::default();
            while !stopped.load(Ordering::Relaxed) {
                let Some(picture) = display.try_picture(part) else {
                    all.display_gone = true;
                    break;
                };
                all.samples += 1;
                count.store(all.samples, Ordering::Relaxed);
                if !right(&picture) {
                    all.wrong.push(began.elapsed());
                    all.first_wrong.get_or_insert(picture);
                }
            }
            let _ = say.send(all);
        });
        let watch = Watch { stop, taken, seen };
        watch.more(1);
        watch
    }

    /// Waits until this many samples more were taken.
    #[track_caller]
    pub fn more(&self, samples: usize) {
        let enough = self.taken.load(Ordering::Relaxed) + samples;
        wait_until("enough samples were taken", || self.taken.load(Ordering::Relaxed) >= enough);
    }

    /// Ends the watch.
    #[track_caller]
    pub fn finish(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.seen.recv_timeout(PATIENCE).expect("the display answers")
    }
}

impl Seen {
    /// Checks that every sample was right; keeps a picture of the first that was not.
    #[track_caller]
    pub fn always_right(&self) {
        assert!(!self.display_gone, "the display went away");
        if let Some(picture) = &self.first_wrong {
            let file = std::env::temp_dir().join(format!("usher-wrong-{}.png", std::process::id()));
            picture.save(&file);
            let (wrong, all) = (self.wrong.len(), self.samples);
            panic!("{wrong} of {all} samples were wrong, at {:?}; the first: {}", self.wrong, file.display());
        }
    }
}
