//! The host's fonts.

use cosmic_text::FontSystem;
use cosmic_text::fontdb::{Database, Family, Query};

/// Plain and well readable, the best first.
const PREFERRED: [&str; 6] = ["Noto Sans", "Inter", "Open Sans", "DejaVu Sans", "Liberation Sans", "FreeSans"];

/// The same where every character is equally wide.
const MONOSPACED: [&str; 5] =
    ["DejaVu Sans Mono", "Noto Sans Mono", "Liberation Mono", "FreeMono", "Noto Sans Mono CJK SC"];

/// Fonts whose emoji have colours.
const COLOURED: [&str; 3] = ["Noto Color Emoji", "Twemoji", "Twitter Color Emoji"];

/// The host's font with colours, if there is one.
pub fn coloured(fonts: &FontSystem) -> Option<&'static str> {
    let has = |name: &&str| fonts.db().query(&Query { families: &[Family::Name(name)], ..Query::default() }).is_some();
    COLOURED.into_iter().find(has)
}

/// All fonts of the host, with the best of those that we know as the first choice.
pub fn load() -> FontSystem {
    let mut db = Database::new();
    db.load_system_fonts();
    let has = |name: &&&str| db.query(&Query { families: &[Family::Name(name)], ..Query::default() }).is_some();
    let any = || db.faces().next().and_then(|face| Some(face.families.first()?.0.clone()));
    let chosen = PREFERRED.iter().find(has).map(|name| (*name).to_owned()).or_else(any);
    if let Some(family) = chosen {
        db.set_sans_serif_family(family);
    }
    let has = |name: &&&str| db.query(&Query { families: &[Family::Name(name)], ..Query::default() }).is_some();
    if let Some(family) = MONOSPACED.iter().find(has) {
        db.set_monospace_family(*family);
    }
    let locale = std::env::var("LANG").unwrap_or_default();
    let locale = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    FontSystem::new_with_locale_and_db(if locale.len() < 2 { "en-US".to_owned() } else { locale }, db)
}
