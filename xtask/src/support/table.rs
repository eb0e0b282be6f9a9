//! The table as Markdown: for each verb a row for each kind of session.

use super::{BTreeMap, BTreeSet, Shown, Write};

/// The kinds of sessions, in the order of the table.
const KINDS: &[(&str, &str)] = &[
    ("text", "text session that usher hosts"),
    ("hosted-login", "login by ssh that usher hosts"),
    ("ssh", "ssh with a terminal"),
    ("ssh-command", "ssh without a terminal"),
    ("hosted-console", "login at a virtual terminal that usher hosts"),
    ("hosted-serial", "login at a serial console that usher hosts"),
    ("console", "text console on a seat"),
    ("serial", "serial console"),
    ("x11-xvfb", "X11, Xvfb"),
    ("x11-vnc", "X11, TigerVNC"),
    ("x11-xrdp", "X11, xrdp"),
    ("x11-x2go", "X11, X2Go"),
    ("x11-seat", "X11 on a seat"),
    ("x11-second", "X11 on a seat without virtual terminals"),
    ("wayland-sway", "Wayland off a seat, sway"),
    ("wayland-labwc", "Wayland off a seat, labwc"),
    ("wayland-without", "Wayland without ext-session-lock-v1, off a seat"),
    ("gnome-remote", "Wayland off a seat, GNOME"),
    ("wayland-seat", "Wayland on a seat, sway"),
    ("gnome-seat", "Wayland on a seat, GNOME"),
    ("kwin-seat", "Wayland on a seat, KWin"),
    ("weston-seat", "Wayland on a seat, weston"),
    ("wayland-second", "Wayland on a seat without virtual terminals, sway"),
    ("seat-lightdm", "seat that LightDM serves"),
    ("seat-sddm", "seat that SDDM serves"),
    ("seat-gdm", "seat that GDM serves"),
    ("new-login", "new login of a user whom a block covers, with `libpam-usher`"),
];

/// The verbs, in the order of the table, and what each is there for.
const VERBS: &[(&str, &str)] = &[
    ("lock", "usher lock, unlock"),
    ("disconnect", "usher disconnect"),
    ("close", "usher close"),
    ("thumbnail", "usher thumbnail"),
    ("block", "usher block"),
];

/// The releases of Debian.
const SUITES: &[(&str, &str)] = &[("bookworm", "Debian 12"), ("trixie", "Debian 13")];

/// What a release does not have, so that no test can show it.
const NOT_PACKAGED: &[(&str, &str, &str)] = &[("wayland-labwc", "bookworm", "Debian 12 has no labwc")];

const HEAD: &str = "\
# What works on what

Each cell is what a test on a real host has seen, and leads to that test; \"refused\" is an outcome that says why and what to do
instead. \"Not shown\" means that no test has seen it, whatever the code may do. `cargo verify` compares this page with what its tests
have just shown, and `cargo xtask support` writes it from there; what `cargo xtask machine` showed, it keeps. Nobody edits it.
";

/// The document.
///
/// # Errors
/// A test names a kind, a verb or a release that the table does not have, or two tests contradict each other.
pub(super) fn of(shown: &BTreeSet<Shown>) -> Result<String, String> {
    let mut cells: BTreeMap<(&str, &str, &str), &Shown> = BTreeMap::new();
    for one in shown {
        let knows = |known: &[(&str, &str)], name: &str| known.iter().any(|(known, _)| *known == name);
        if !(knows(KINDS, &one.kind) && knows(VERBS, &one.verb) && knows(SUITES, &one.suite)) {
            return Err(format!("{} shows `{}` of `{}`, which the table does not have", one.test, one.verb, one.kind));
        }
        let before = cells.insert((&one.verb, &one.kind, &one.suite), one);
        if let Some(before) = before.filter(|before| before.result != one.result) {
            return Err(format!("{} and {} contradict each other", before.test, one.test));
        }
    }
    let mut text = HEAD.to_owned();
    for (verb, title) in VERBS {
        let _ = write!(text, "\n## {title}\n\n| kind |");
        SUITES.iter().for_each(|(_, name)| text += &format!(" {name} |"));
        text += "\n|---|---|---|\n";
        for (kind, name) in KINDS.iter().filter(|(kind, _)| concerns(verb, kind)) {
            let cell = |(suite, _): &(&str, &str)| {
                cells.get(&(*verb, *kind, *suite)).map_or_else(|| unshown(kind, suite).to_owned(), said)
            };
            let row: Vec<String> = SUITES.iter().map(cell).collect();
            let _ = writeln!(text, "| {name} | {} |", row.join(" | "));
        }
    }
    Ok(text)
}

/// A block refuses logins, a display manager is there for whoever is disconnected and may run the X server that is pictured, and all
/// else is about sessions.
fn concerns(verb: &str, kind: &str) -> bool {
    match kind {
        "new-login" => verb == "block",
        "seat-lightdm" | "seat-sddm" => matches!(verb, "disconnect" | "thumbnail" | "block"),
        "seat-gdm" => matches!(verb, "disconnect" | "block"),
        _ => verb != "block",
    }
}

fn unshown(kind: &str, suite: &str) -> &'static str {
    let missing = NOT_PACKAGED.iter().find(|(what, release, _)| (*what, *release) == (kind, suite));
    missing.map_or("not shown", |(_, _, why)| *why)
}

fn said(shown: &&Shown) -> String {
    format!("[{}](../{}): {}", shown.result, shown.file, shown.how)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: &str, verb: &str, suite: &str, result: &str) -> Shown {
        let [kind, verb, suite, result] = [kind, verb, suite, result].map(str::to_owned);
        Shown {
            kind,
            verb,
            suite,
            result,
            how: "seen".into(),
            file: "tests/host/lock.rs".into(),
            test: "a_test".into(),
        }
    }

    #[test]
    fn a_cell_is_what_a_test_has_shown_and_all_others_are_not_shown() {
        let one = BTreeSet::from([shown("x11-vnc", "lock", "trixie", "done")]);
        let text = of(&one).unwrap();
        assert!(text.contains("| X11, TigerVNC | not shown | [done](../tests/host/lock.rs): seen |"), "{text}");
        assert_eq!(text.matches("](../tests").count(), 1);
        assert!(text.contains("| text console on a seat | not shown | not shown |"));
        assert!(text.contains("| Wayland off a seat, labwc | Debian 12 has no labwc | not shown |"));
    }

    #[test]
    fn what_the_table_does_not_have_and_what_contradicts_is_an_error() {
        for one in [
            shown("x12", "lock", "trixie", "done"),
            shown("x11-vnc", "look", "trixie", "done"),
            shown("x11-vnc", "lock", "sid", "done"),
        ] {
            assert!(of(&BTreeSet::from([one])).is_err());
        }
        let [done, refused] = ["done", "refused"].map(|result| shown("x11-vnc", "lock", "trixie", result));
        assert!(of(&BTreeSet::from([done, refused])).is_err());
    }
}
