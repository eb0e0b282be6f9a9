//! Which characters are emoji (Unicode Technical Standard 51).

use unicode_properties::{EmojiStatus, UnicodeEmoji as _};
use unicode_segmentation::UnicodeSegmentation as _;

/// Asks for a character as text, and as an emoji.
const AS_TEXT: char = '\u{fe0e}';
const AS_EMOJI: char = '\u{fe0f}';

/// Whether any are in the text.
pub fn are_in(text: &str) -> bool {
    !text.is_ascii() && text.graphemes(true).any(is_emoji)
}

/// The text in pieces, and whether each consists of emoji.
pub fn runs(text: &str) -> Vec<(&str, bool)> {
    let mut runs: Vec<(&str, bool)> = Vec::new();
    let mut start = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let (end, is) = (at + grapheme.len(), is_emoji(grapheme));
        match runs.last_mut() {
            Some((run, before)) if *before == is => *run = &text[start..end],
            _ => {
                start = at;
                runs.push((grapheme, is));
            }
        }
    }
    runs
}

fn is_emoji(grapheme: &str) -> bool {
    let Some(first) = grapheme.chars().next().filter(|first| first.is_emoji_char_or_emoji_component()) else {
        return false;
    };
    let is_one_alone = matches!(
        first.emoji_status(),
        EmojiStatus::EmojiPresentation
            | EmojiStatus::EmojiPresentationAndModifierBase
            | EmojiStatus::EmojiPresentationAndEmojiComponent
            | EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent
    );
    grapheme.contains(AS_EMOJI) || is_one_alone && !grapheme.contains(AS_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_emoji_begin_and_end() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        let (flag, thumb, heart, key) =
            ("\u{1f1e8}\u{1f1f3}", "\u{1f44d}\u{1f3fd}", "\u{2764}\u{fe0f}", "1\u{fe0f}\u{20e3}");
        let all = format!("{family}{flag}{thumb}{heart}{key}");
        assert_eq!(runs(&format!("锁 {all} ok")), [("锁 ", false), (&all, true), (" ok", false)]);
        assert!(are_in(&all));
    }

    #[test]
    fn what_is_text_unless_it_is_asked_for_is_text() {
        for text in ["", "15 # *", "\u{a9} \u{2764} \u{2714}", "\u{1f512}\u{fe0e}", "眼睛看前面 אבג"] {
            assert!(!are_in(text) && runs(text).iter().all(|(_, is)| !is), "{text}");
        }
    }
}
