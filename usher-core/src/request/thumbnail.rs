//! The size of a thumbnail.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;

use super::{InvalidValue, Pin};

/// The size of a thumbnail. It keeps the screen's proportions and is never larger than the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema, IntoStaticStr)]
#[serde(rename_all = "lowercase", try_from = "String")]
#[strum(serialize_all = "lowercase")]
pub enum ThumbnailSize {
    /// At most 160 × 120 pixels.
    Small,
    /// At most 320 × 240 pixels.
    #[default]
    Medium,
    /// At most 640 × 480 pixels.
    Large,
    /// As large as the screen.
    FullScreen,
}

impl ThumbnailSize {
    /// Every size, the smallest first; the cmdlet's values are numbered in this order.
    pub const ALL: [ThumbnailSize; 4] =
        [ThumbnailSize::Small, ThumbnailSize::Medium, ThumbnailSize::Large, ThumbnailSize::FullScreen];

    /// The word for it in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The most columns and rows of pixels; none where the picture is as large as the screen.
    pub fn bounds(self) -> Option<(u32, u32)> {
        match self {
            ThumbnailSize::Small => Some((160, 120)),
            ThumbnailSize::Medium => Some((320, 240)),
            ThumbnailSize::Large => Some((640, 480)),
            ThumbnailSize::FullScreen => None,
        }
    }

    /// The size of the picture of a screen of this size: in its proportions within the bounds, at least one pixel.
    pub fn of_screen(self, (width, height): (u32, u32)) -> (u32, u32) {
        let Some((most_wide, most_high)) = self.bounds() else { return (width, height) };
        if width <= most_wide && height <= most_high {
            return (width, height);
        }
        let scaled = |length: u32, most: u32, whole: u32| {
            let (length, most, whole) = (u64::from(length), u64::from(most), u64::from(whole.max(1)));
            u32::try_from((length * most + whole / 2) / whole).unwrap_or(1).max(1)
        };
        // Whichever bound is narrower decides.
        if u64::from(width) * u64::from(most_high) >= u64::from(height) * u64::from(most_wide) {
            (most_wide, scaled(height, most_wide, width))
        } else {
            (scaled(width, most_high, height), most_high)
        }
    }
}

impl fmt::Display for ThumbnailSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ThumbnailSize {
    type Err = InvalidValue;

    /// In any casing, as the cmdlet's values are.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let known = ThumbnailSize::ALL.into_iter().find(|size| size.as_str().eq_ignore_ascii_case(text));
        known.ok_or_else(|| InvalidValue::new("a picture is `small`, `medium`, `large` or `fullscreen`"))
    }
}

impl TryFrom<String> for ThumbnailSize {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

/// Query of `GET /v1/sessions/{id}/thumbnail`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ThumbnailQuery {
    /// How large the picture is to be; `medium` if absent.
    #[serde(default)]
    #[param(inline)]
    pub size: ThumbnailSize,
    /// More pictures of this session follow: the audit log gets one record when the look begins and one when it ends, instead
    /// of one for each picture.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    /// The SHA-256 of the picture that the caller has: the answer is 204, without a picture, if the screen shows the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Pin, required = false)]
    pub known: Option<Pin>,
}

impl From<ThumbnailSize> for ThumbnailQuery {
    /// One picture, whatever the caller has.
    fn from(size: ThumbnailSize) -> Self {
        ThumbnailQuery { size, live: false, known: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_picture_keeps_the_screens_proportions() {
        assert_eq!(ThumbnailSize::Small.of_screen((1920, 1080)), (160, 90));
        assert_eq!(ThumbnailSize::Medium.of_screen((1024, 768)), (320, 240));
        assert_eq!(ThumbnailSize::Large.of_screen((768, 1024)), (360, 480));
        assert_eq!(ThumbnailSize::Large.of_screen((320, 200)), (320, 200), "never larger");
        assert_eq!(ThumbnailSize::FullScreen.of_screen((3840, 2160)), (3840, 2160));
        assert_eq!(ThumbnailSize::Small.of_screen((16384, 16)), (160, 1), "at least a line");
    }

    #[test]
    fn the_words_are_read_in_any_casing() {
        for size in ThumbnailSize::ALL {
            assert_eq!(size.as_str().to_uppercase().parse(), Ok(size));
        }
        assert_eq!("FullScreen".parse(), Ok(ThumbnailSize::FullScreen));
        assert!("huge".parse::<ThumbnailSize>().is_err());
    }

    proptest! {
        #[test]
        fn no_picture_is_beyond_its_bounds_or_its_screen(width in 1u32..=65535, height in 1u32..=65535, which in 0usize..4) {
            let size = ThumbnailSize::ALL[which];
            let (wide, high) = size.of_screen((width, height));
            let most = size.bounds().unwrap_or((width, height));
            prop_assert!((1..=most.0).contains(&wide) && (1..=most.1).contains(&high));
            prop_assert!(wide <= width && high <= height);
        }
    }
}
