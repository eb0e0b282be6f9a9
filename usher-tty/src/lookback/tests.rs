use super::*;

const SIZE: Size = Size { rows: 6, cols: 20 };

fn of_lines(count: usize) -> Emulator {
    let mut emulator = Emulator::new(SIZE);
    (0..count).for_each(|line| drop(emulator.advance(format!("line {line}\r\n").as_bytes())));
    emulator
}

fn after(emulator: &Emulator, keys: &str) -> (LookBack, Looked) {
    let mut look = LookBack::begin(emulator, SIZE);
    let looked = look.typed(keys.as_bytes(), emulator, SIZE);
    (look, looked)
}

#[test]
fn a_line_that_the_edge_wrapped_is_found_and_copied_as_one() {
    let mut emulator = of_lines(10);
    emulator.advance(b"a word that the edge cuts in two\r\n$ ");
    let (look, looked) = after(&emulator, "/edge cuts\r0v/line 9\r\r");
    assert_eq!(look.found.map(|(begin, _)| begin.col), Some(0));
    assert_eq!(looked, Looked::Copied("line 9\na word that the edge".chars().take(8).collect()));
    let (_, looked) = after(&emulator, "/a word\rvjjk$y");
    assert_eq!(looked, Looked::Copied("a word that the edge cuts in two".into()));
}

#[test]
fn wide_characters_are_copied_whole() {
    let mut emulator = Emulator::new(SIZE);
    emulator.advance("眼睛 e\u{301} x".as_bytes());
    assert_eq!(after(&emulator, "Vy").1, Looked::Copied("眼睛 e\u{301} x".into()));
    assert_eq!(after(&emulator, "/e\r").0.at.col, 5);
}

#[test]
fn too_much_is_not_copied_and_said_so() {
    let mut emulator = Emulator::with_scrollback(SIZE, 10_000);
    (0..5000).for_each(|_| drop(emulator.advance(b"twenty characters ..\r\n")));
    let (look, looked) = after(&emulator, "vgy");
    assert_eq!((looked, look.remark), (Looked::On, Some(Remark::TooLong)));
}

#[test]
fn escape_ends_what_was_begun_first() {
    let emulator = of_lines(20);
    assert_eq!(after(&emulator, "v").0.selection.map(|s| s.whole_lines), Some(false));
    let mut look = after(&emulator, "v").0;
    assert_eq!((look.typed(b"\x1b", &emulator, SIZE), look.selection.is_some()), (Looked::On, false));
    look.typed(b"/text", &emulator, SIZE);
    assert_eq!((look.typed(b"\x1b", &emulator, SIZE), look.asking.is_some()), (Looked::On, false));
    assert_eq!(look.typed(b"\x1b", &emulator, SIZE), Looked::Left);
}

#[test]
fn the_screen_of_a_program_has_nothing_before_it() {
    let mut emulator = of_lines(20);
    emulator.advance(b"\x1b[?1049h\x1b[Hfull screen");
    let (look, looked) = after(&emulator, "gbbb");
    assert_eq!((look.top, looked), (0, Looked::On));
}

proptest::proptest! {
    /// Whatever is typed, whatever is written meanwhile, on whatever station: there is a frame.
    #[test]
    fn any_keys_have_a_frame(
        steps in proptest::collection::vec(("[a-zA-Z/?$0^ \\r\\x1b]{0,8}", "[a-z\\n眼]{0,30}", 1u16..12, 2u16..40), 1..12),
    ) {
        let mut emulator = Emulator::with_scrollback(SIZE, 20);
        emulator.watch(true);
        let mut look = LookBack::begin(&emulator, SIZE);
        for (keys, output, rows, cols) in &steps {
            let size = Size { rows: *rows, cols: *cols };
            look.moved(emulator.advance(output.as_bytes()).scrolled);
            if cols % 7 == 0 {
                emulator.resize(size);
            }
            look.typed(keys.as_bytes(), &emulator, size);
            look.frame(&emulator, size, true, Language::English);
        }
    }
}
