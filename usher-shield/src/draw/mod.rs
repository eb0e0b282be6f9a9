//! Draws the message, in a process of its own that ends when it is done.

mod canvas;
mod emoji;
pub mod fonts;
mod layout;
mod scripts;

use cosmic_text::{FontSystem, SwashCache};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::picture::{MAX_STAMPED, Order, Picture, Words};
use crate::words::{self, Reader};
use layout::{Block, Role};

/// The host's fonts, and what was read of them.
pub struct Typesetter {
    fonts: FontSystem,
    cache: SwashCache,
}

impl Typesetter {
    /// Reads the fonts, and of those that a message in this language will most likely need all that is needed.
    pub fn new(language: &str) -> Self {
        let mut fonts = fonts::load();
        let title = words::title(&Reader::new(language, Timestamp::now(), TimeZone::UTC));
        let blocks = [Role::Title, Role::Message].map(|role| Block { role, text: format!("{title} Aa 0") });
        let _ = layout::fit(&mut fonts, &blocks, (1280, 720), false);
        Typesetter { fonts, cache: SwashCache::new() }
    }

    /// The pictures that `order` asks for, and sentences for the outcome.
    pub fn draw(&mut self, order: &Order) -> (Vec<Picture>, Vec<String>) {
        let (now, zone) = (Timestamp::now(), usher_core::clock::local_zone());
        let blocks = blocks(&order.words, &Reader::new(&order.language, now, zone));
        let banner = matches!(order.words, Words::Notice(_) | Words::Look { .. });
        let mut missing = Vec::new();
        let mut pictures = Vec::new();
        let mut room = MAX_STAMPED;
        for size in &order.sizes {
            let laid = layout::fit(&mut self.fonts, &blocks, *size, banner);
            missing.extend(laid.missing());
            let mut pen = canvas::Pen { fonts: &mut self.fonts, cache: &mut self.cache, room };
            pictures.push(canvas::render(&mut pen, &laid, *size, banner));
            room = pen.room;
        }
        let scripts = scripts::names(&missing);
        let notes = if scripts.is_empty() { Vec::new() } else { vec![words::no_font(&scripts)] };
        (pictures, notes)
    }
}

/// What is said, from top to bottom.
fn blocks(words: &Words, reader: &Reader) -> Vec<Block> {
    let block = |role, text: String| Block { role, text };
    match words {
        Words::Cover { cover, host } => {
            let title = block(Role::Title, words::title(reader));
            let message = block(Role::Message, cover.message.as_str().to_owned());
            let details = words::details(cover, host, reader).join("\n");
            vec![title, message, block(Role::Details, details)]
        }
        Words::Notice(notice) => vec![block(Role::Message, words::notice(notice, reader).join("\n"))],
        Words::Look { by } => vec![block(Role::Message, words::look(by, reader))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(message: &str, sizes: Vec<(u16, u16)>) -> Order {
        let terms = usher_core::session::Terms {
            message: message.parse().unwrap(),
            by: "root".to_owned(),
            by_uid: 0,
            since: Timestamp::now(),
            until: None,
            freeze: false,
        };
        let cover = usher_core::session::Cover { terms, source: usher_core::session::CoverSource::Session };
        let words = Words::Cover { cover: Box::new(cover), host: "lab1".to_owned() };
        Order { words, sizes, language: "zh-CN".to_owned() }
    }

    #[test]
    fn any_message_fits_any_screen() {
        let long = "The quick brown fox. ".repeat(47);
        let sizes = vec![(64, 48), (320, 200), (200, 900), (1280, 720)];
        for message in ["Stop", long.trim(), &"x".repeat(1000), "眼睛看前面 אבג 🙂"] {
            let (pictures, _) = Typesetter::new("zh-CN").draw(&order(message, sizes.clone()));
            for (picture, size) in pictures.iter().zip(&sizes) {
                assert!(picture.width <= size.0 && picture.height <= size.1, "{size:?}");
                assert_eq!(picture.bytes.len(), usize::from(picture.width) * usize::from(picture.height));
            }
        }
    }

    /// How many pixels of what is stamped are of a strong colour.
    fn colourful(picture: &Picture) -> usize {
        let pixels = picture.stamps.iter().flat_map(|stamp| &stamp.pixels);
        pixels.filter(|[r, g, b, counts]| *counts > 0 && r.max(g).max(b).abs_diff(*r.min(g).min(b)) > 100).count()
    }

    #[test]
    fn emoji_have_their_own_colours() {
        let mut typesetter = Typesetter::new("en");
        let stamps = if fonts::coloured(&typesetter.fonts).is_some() { 3 } else { 0 };
        let (pictures, notes) =
            typesetter.draw(&order("Locked \u{1f512}\u{1f389} 1\u{fe0f}\u{20e3}", vec![(640, 480), (1280, 720)]));
        for picture in &pictures {
            let counted = colourful(picture);
            assert_eq!((picture.stamps.len(), counted > 200), (stamps, stamps > 0), "{counted}");
        }
        assert!(notes.is_empty() || stamps == 0, "{notes:?}");
        let (pictures, _) = typesetter.draw(&order("Locked 15 \u{a9} \u{2714}\u{fe0e}", vec![(640, 480)]));
        assert!(pictures[0].stamps.is_empty(), "letters have no colours of their own");
    }

    #[test]
    fn a_thousand_emoji_take_no_more_than_there_is_room_for() {
        let sizes = vec![(3840, 2160), (1920, 1080), (1280, 720)];
        let (pictures, _) = Typesetter::new("en").draw(&order(&"\u{1f389}".repeat(1000), sizes.clone()));
        let answer = crate::picture::write(&pictures, Vec::new());
        assert_eq!(crate::picture::read(&answer).map(|(pictures, _)| pictures.len()), Some(sizes.len()));
    }

    #[test]
    fn what_no_font_has_is_named() {
        // Deseret: nobody installs it.
        let (_, notes) = Typesetter::new("en").draw(&order("\u{10400}\u{10401}", vec![(640, 480)]));
        assert!(notes.is_empty() || notes[0].contains("script"), "{notes:?}");
    }
}
