//! Draws the message, in a process of its own that ends when it is done.

mod canvas;
pub mod fonts;
mod layout;
mod scripts;

use cosmic_text::{FontSystem, SwashCache};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::picture::{Order, Picture, Words};
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
        let banner = matches!(order.words, Words::Notice(_));
        let mut missing = Vec::new();
        let mut pictures = Vec::new();
        for size in &order.sizes {
            let laid = layout::fit(&mut self.fonts, &blocks, *size, banner);
            missing.extend(laid.missing());
            pictures.push(canvas::render(&mut self.fonts, &mut self.cache, &laid, *size, banner));
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

    #[test]
    fn what_no_font_has_is_named() {
        // Deseret: nobody installs it.
        let (_, notes) = Typesetter::new("en").draw(&order("\u{10400}\u{10401}", vec![(640, 480)]));
        assert!(notes.is_empty() || notes[0].contains("script"), "{notes:?}");
    }
}
