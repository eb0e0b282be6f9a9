//! What the station asks its terminal, and the answers among what is typed.
//!
//! Nothing waits for an answer: over a slow line it comes when it comes, and a terminal that gives none shows the
//! session all the same.

use std::time::{Duration, Instant};

use usher_core::request::Colours;
use usher_core::wire::StationTerminal;

/// How long answers are looked for.
const AWAITED: Duration = Duration::from_secs(10);
/// How long what comes counts as typed before the terminal showed what it was given, where it does not answer that.
const BEHIND: Duration = Duration::from_secs(2);
/// The question whether it has come so far (ECMA-48, DSR), which a terminal answers behind all that was typed before.
const READY_ASKED: &[u8] = b"\x1b[5n";
/// How long the rest of an answer may take, before its beginning counts as keys.
const REST: Duration = Duration::from_millis(50);
/// The longest answer.
const LONGEST: usize = 128;
/// A teacher: a woman, a joiner and a school.
const JOINED: &str = "👩\u{200d}🏫";
/// A thumb and a skin's tone.
const TONED: &str = "👍🏽";

/// The answers that are awaited, and what they said.
pub(super) struct Answers {
    until: Option<Instant>,
    terminal: StationTerminal,
    /// The beginning of what may be an answer.
    begun: Vec<u8>,
    /// How often the terminal has said where its cursor is.
    places: u8,
    news: bool,
    /// The terminal has answered something.
    answers: bool,
    /// How often it was asked whether it is ready, and has not answered yet.
    asked: u32,
    /// Until then what comes was typed before the terminal showed what it was given.
    behind: Option<Instant>,
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
enum TerminalAnswer {
    Foreground([u8; 3]),
    Background([u8; 3]),
    TrueColour(bool),
    /// The cursor's column.
    Column(u16),
    /// It has shown all that it was given before it was asked.
    Ready,
    /// What the terminal is: the last answer.
    Last,
    Unclear,
}

/// Whether bytes that begin with ESC are an answer.
#[derive(Debug, PartialEq, Eq)]
enum FoundAnswer {
    Whole(usize, TerminalAnswer),
    Begun,
    Keys,
}

impl Answers {
    /// Awaits the answers of a terminal of which so much is known.
    pub(super) fn awaited(terminal: StationTerminal) -> Self {
        let until = asks().then(|| Instant::now() + AWAITED);
        Answers { until, terminal, begun: Vec::new(), places: 0, news: false, answers: false, asked: 0, behind: None }
    }

    /// What the terminal is asked. It draws on the second row, which is to be cleared after it.
    pub(super) fn questions(&self) -> Vec<u8> {
        if self.until.is_none() {
            return Vec::new();
        }
        // The shade of the text is put back before anything else is drawn.
        let shades = if super::colours() == Colours::Palette && !is_screen() {
            "\x1b[48:2::1:2:3m\x1bP$qm\x1b\\\x1b[m"
        } else {
            ""
        };
        // On the second row, because a place on the first looks like F3 with Shift.
        let width = |text: &str| format!("\x1b[2;1H{text}\x1b[6n");
        let widths = [JOINED, TONED].map(width).concat();
        format!("\x1b]10;?\x1b\\\x1b]11;?\x1b\\{shades}{widths}\x1b[c").into_bytes()
    }

    /// Forgets what was typed until the terminal has shown all that it was given so far, and gives what to ask it for that. Its
    /// answer comes behind every key that was typed before, however long the way from its person is. One that has never
    /// answered is asked nothing.
    pub(super) fn forget_typed(&mut self) -> &'static [u8] {
        self.begun.clear();
        if !self.answers {
            return b"";
        }
        let now = Instant::now();
        // Answers that did not come in time will not come.
        let before = if self.until.is_some_and(|until| now < until) { self.asked } else { 0 };
        self.asked = before.saturating_add(1);
        (self.until, self.behind) = (Some(now + AWAITED), Some(now + BEHIND));
        READY_ASKED
    }

    /// What is known of the terminal.
    pub(super) fn terminal(&self) -> &StationTerminal {
        &self.terminal
    }

    /// Whether the last answer came since this was asked.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// How long to wait for the rest of an answer that has begun.
    pub(super) fn patience(&self) -> Option<Duration> {
        (!self.begun.is_empty()).then_some(REST)
    }

    /// What had begun and was no answer.
    pub(super) fn given_up(&mut self) -> Vec<u8> {
        let begun = std::mem::take(&mut self.begun);
        if self.is_behind() { Vec::new() } else { begun }
    }

    fn is_behind(&self) -> bool {
        self.behind.is_some_and(|until| Instant::now() < until)
    }

    /// What was typed, without answers.
    pub(super) fn without(&mut self, typed: &[u8]) -> Vec<u8> {
        let bytes = [std::mem::take(&mut self.begun).as_slice(), typed].concat();
        let (mut keys, mut rest) = (Vec::new(), &bytes[..]);
        while self.until.is_some_and(|until| Instant::now() < until) {
            let Some(at) = rest.iter().position(|byte| *byte == 0x1b) else { break };
            keys.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            match find(rest) {
                FoundAnswer::Whole(length, answer) => {
                    if answer == TerminalAnswer::Ready && self.is_behind() {
                        keys.clear();
                    }
                    self.take(&answer);
                    rest = &rest[length..];
                }
                FoundAnswer::Begun => {
                    self.begun = rest.to_vec();
                    rest = b"";
                    break;
                }
                FoundAnswer::Keys => {
                    keys.push(0x1b);
                    rest = &rest[1..];
                }
            }
        }
        keys.extend_from_slice(rest);
        if self.is_behind() { Vec::new() } else { keys }
    }

    fn take(&mut self, answer: &TerminalAnswer) {
        self.answers = true;
        let terminal = &mut self.terminal;
        match *answer {
            TerminalAnswer::Foreground(colour) => terminal.foreground = Some(colour),
            TerminalAnswer::Background(colour) => terminal.background = Some(colour),
            TerminalAnswer::TrueColour(shows) => terminal.true_colour = shows,
            TerminalAnswer::Column(column) => {
                let joins = column == 3;
                match self.places {
                    0 => terminal.joins_emoji = joins,
                    _ => terminal.joins_tones = joins,
                }
                self.places = self.places.saturating_add(1);
            }
            TerminalAnswer::Last => {
                self.news = true;
                // Where it was asked more since, another answer follows.
                if self.asked == 0 {
                    self.until = None;
                }
            }
            TerminalAnswer::Ready => {
                self.asked = self.asked.saturating_sub(1);
                if self.asked == 0 {
                    (self.until, self.behind) = (None, None);
                }
            }
            TerminalAnswer::Unclear => {}
        }
    }
}

/// Whether the terminal can be asked: the Linux console and older ones would show what they do not know.
fn asks() -> bool {
    let wide = super::terminal::size().cols >= 8;
    wide && matches!(super::colours(), Colours::Palette | Colours::True)
}

/// GNU screen hands some questions on to the terminal that it runs in, which shows them.
fn is_screen() -> bool {
    std::env::var("TERM").is_ok_and(|term| term.starts_with("screen"))
}

fn find(bytes: &[u8]) -> FoundAnswer {
    let found = match bytes {
        [0x1b] => return FoundAnswer::Begun,
        [0x1b, b']', body @ ..] => colour(body),
        [0x1b, b'P', body @ ..] => shade(body),
        [0x1b, b'[', body @ ..] => report(body),
        _ => return FoundAnswer::Keys,
    };
    match found {
        FoundAnswer::Whole(length, answer) => FoundAnswer::Whole(length + 2, answer),
        FoundAnswer::Begun if bytes.len() > LONGEST => FoundAnswer::Keys,
        other => other,
    }
}

/// The length of a string up to its end, and with it.
fn ended(body: &[u8]) -> Option<(usize, usize)> {
    let bell = body.iter().position(|byte| *byte == 0x07).map(|at| (at, at + 1));
    let string = body.windows(2).position(|end| end == b"\x1b\\").map(|at| (at, at + 2));
    [bell, string].into_iter().flatten().min()
}

/// Whether one of both begins with the other.
fn may_become(body: &[u8], wanted: &[u8]) -> bool {
    body.iter().zip(wanted).all(|(a, b)| a == b)
}

/// `10;rgb:ffff/ffff/ffff` (xterm's control sequences, OSC 10).
fn colour(body: &[u8]) -> FoundAnswer {
    if !may_become(body, b"10;rgb") && !may_become(body, b"11;rgb") {
        return FoundAnswer::Keys;
    }
    let Some((end, whole)) = ended(body) else { return FoundAnswer::Begun };
    let text = std::str::from_utf8(&body[..end]).unwrap_or_default();
    let answer =
        text.split_once(':').and_then(|(_, shades)| shades_of(shades)).map_or(TerminalAnswer::Unclear, |colour| {
            if text.starts_with("10") { TerminalAnswer::Foreground(colour) } else { TerminalAnswer::Background(colour) }
        });
    FoundAnswer::Whole(whole, answer)
}

/// Three numbers of one to four hexadecimal digits, each a part of the largest of so many digits.
fn shades_of(text: &str) -> Option<[u8; 3]> {
    let shade = |digits: &str| {
        let most = u32::from_str_radix(&"f".repeat(digits.len()), 16).ok()?;
        let value = (1..=4).contains(&digits.len()).then(|| u32::from_str_radix(digits, 16).ok())??;
        u8::try_from((value * 255 + most / 2) / most).ok()
    };
    let shades: Vec<u8> = text.split('/').take(3).map(shade).collect::<Option<_>>()?;
    shades.try_into().ok()
}

/// `1$r48:2::1:2:3m`: how the terminal has understood the shade that it was given (DECRQSS).
fn shade(body: &[u8]) -> FoundAnswer {
    if !may_become(body, b"1$r") && !may_become(body, b"0$r") {
        return FoundAnswer::Keys;
    }
    let Some((end, whole)) = ended(body) else { return FoundAnswer::Begun };
    let said = String::from_utf8_lossy(&body[..end]).replace(';', ":");
    FoundAnswer::Whole(whole, TerminalAnswer::TrueColour(said.contains(":1:2:3m")))
}

/// Where the cursor is on the second row, what the terminal is, or that it is ready.
fn report(body: &[u8]) -> FoundAnswer {
    if !matches!(body.first(), None | Some(b'0' | b'2' | b'?')) {
        return FoundAnswer::Keys;
    }
    let Some(end) = body.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b'?')) else {
        return FoundAnswer::Begun;
    };
    let said = std::str::from_utf8(&body[..end]).unwrap_or_default();
    match (body[end], said.strip_prefix("2;").and_then(|column| column.parse().ok())) {
        (b'R', Some(column)) => FoundAnswer::Whole(end + 1, TerminalAnswer::Column(column)),
        (b'c', _) if said.starts_with('?') => FoundAnswer::Whole(end + 1, TerminalAnswer::Last),
        (b'n', _) if said == "0" => FoundAnswer::Whole(end + 1, TerminalAnswer::Ready),
        _ => FoundAnswer::Keys,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn awaited() -> Answers {
        let until = Some(Instant::now() + AWAITED);
        Answers { until, ..Answers::awaited(StationTerminal::default()) }
    }

    const SAID: &[u8] = b"\x1b]10;rgb:0000/1111/2222\x1b\\a\x1b]11;rgb:ff/fe/fd\x07\x1bP1$r0;48:2::1:2:3m\x1b\\\
        \x1b[2;3Rb\x1b[2;5R\x1b[?62;4cc";

    #[test]
    fn answers_are_taken_out_of_what_is_typed_however_it_is_cut() {
        for size in 1..SAID.len() {
            let mut answers = awaited();
            let keys: Vec<u8> = SAID.chunks(size).flat_map(|piece| answers.without(piece)).collect();
            assert_eq!(keys, b"abc", "{size}");
            assert!(answers.take_news() && !answers.take_news());
            let terminal = answers.terminal();
            assert_eq!(terminal.foreground, Some([0, 0x11, 0x22]));
            assert_eq!(terminal.background, Some([0xff, 0xfe, 0xfd]));
            assert!(terminal.true_colour && terminal.joins_emoji && !terminal.joins_tones);
        }
    }

    #[test]
    fn keys_stay_keys() {
        for typed in
            [&b"\x1b[1;2R"[..], b"\x1b[A", b"\x1b[200~x", b"\x1bOP", b"\x1b[24~", b"ls\r", b"\x1b[<0;1;2M", b"\x1bx"]
        {
            let mut answers = awaited();
            assert_eq!(answers.without(typed), typed, "{typed:?}");
        }
        let mut answers = awaited();
        assert_eq!(answers.without(b"\x1b"), b"");
        assert!(answers.patience().is_some());
        assert_eq!(answers.given_up(), b"\x1b");
    }

    #[test]
    fn what_comes_after_the_last_answer_is_typed_as_it_is() {
        let mut answers = awaited();
        answers.without(b"\x1b[?1c");
        assert_eq!(answers.without(b"\x1b[2;3R\x1b"), b"\x1b[2;3R\x1b");
    }

    #[test]
    fn what_was_typed_before_the_terminal_was_ready_is_forgotten_however_it_is_cut() {
        let said = b"secret\x1b\x1b[Ax\x1b[0nof the next lock\x1b[0nkeys\x1b[A";
        for size in 1..said.len() {
            let mut answers = awaited();
            answers.without(b"\x1b[?1c");
            assert_eq!([answers.forget_typed(), answers.forget_typed()], [READY_ASKED; 2]);
            let keys: Vec<u8> = said.chunks(size).flat_map(|piece| answers.without(piece)).collect();
            assert_eq!(keys, b"keys\x1b[A", "{size}");
        }
    }

    #[test]
    fn a_lock_that_ends_before_the_first_answers_came_is_no_exception() {
        let mut answers = awaited();
        answers.without(b"\x1b[2;3R");
        assert_eq!(answers.forget_typed(), READY_ASKED);
        assert_eq!(answers.without(b"secret\x1b[?1csecret\x1b[0nkeys"), b"keys");
        assert!(answers.take_news());
    }

    #[test]
    fn the_beginning_of_an_answer_is_forgotten_with_the_rest() {
        let mut answers = awaited();
        answers.without(b"\x1b[?1c");
        answers.forget_typed();
        assert_eq!((answers.without(b"a\x1b[0"), answers.given_up()), (Vec::new(), Vec::new()));
        assert_eq!((answers.without(b"\x1b[0"), answers.without(b"nb")), (Vec::new(), b"b".to_vec()));
    }

    #[test]
    fn a_terminal_that_never_answered_is_asked_nothing_and_its_keys_count() {
        let mut answers = awaited();
        assert_eq!(answers.forget_typed(), b"");
        assert_eq!(answers.without(b"keys"), b"keys");
    }

    #[test]
    fn an_answer_without_end_is_given_back() {
        let mut answers = awaited();
        let long = [&b"\x1b]10;rgb:"[..], &[b'f'; 1000]].concat();
        assert_eq!(answers.without(&long), long);
    }
}
