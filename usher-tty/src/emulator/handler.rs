//! What the emulator does beside alacritty's own: blinking text, links by number, emoji that are one character, and colours
//! told as the station's terminal has them.

use alacritty_terminal::term::Term;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, LineClearMode, Mode, PrivateMode, Rgb,
    StandardCharset, TabulationClearMode,
};

use super::links::LinkTable;
use super::{BLINK, Listener, palette};
use usher_core::wire::StationTerminal;

/// The most characters that one cell has of a joined emoji.
const MAX_JOINED: usize = 12;
/// It joins the emoji before and after it to one (U+200D).
const JOINER: char = '\u{200d}';

/// What the emulator knows beside its screen.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) links: LinkTable,
    /// The terminal of the station that sets the size.
    pub(super) terminal: StationTerminal,
}

/// Stands before alacritty's emulator, and passes on what it does not do itself.
pub(super) struct Front<'e> {
    pub(super) term: &'e mut Term<Listener>,
    pub(super) beside: &'e mut Beside,
    pub(super) listener: &'e Listener,
}

impl Front<'_> {
    /// Adds an emoji to the one before it, where the station's terminal makes one character of both.
    fn joins(&mut self, c: char) -> bool {
        let terminal = &self.beside.terminal;
        if !terminal.joins_emoji && !terminal.joins_tones {
            return false;
        }
        let cursor = &self.term.grid().cursor;
        let (line, mut column) = (cursor.point.line, cursor.point.column);
        if !cursor.input_needs_wrap {
            column.0 = column.0.saturating_sub(1);
        }
        if self.term.grid()[line][column].flags.contains(Flags::WIDE_CHAR_SPACER) {
            column.0 = column.0.saturating_sub(1);
        }
        let before = &self.term.grid()[line][column];
        let marks = before.zerowidth().unwrap_or_default();
        let after_joiner = terminal.joins_emoji && marks.last() == Some(&JOINER) && is_emoji(c);
        let tone = terminal.joins_tones && marks.is_empty() && is_tone(c) && is_emoji(before.c);
        let joins = (after_joiner || tone) && before.flags.contains(Flags::WIDE_CHAR) && marks.len() < MAX_JOINED;
        if joins {
            self.term.grid_mut()[line][column].push_zerowidth(c);
        }
        joins
    }
}

/// Whether it may be a part of a joined emoji: the blocks of symbols that emoji are in.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// A skin's tone, which belongs to the emoji before it.
pub(crate) fn is_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// Methods that are alacritty's.
macro_rules! pass_on {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {
        $(fn $name(&mut self, $($argument: $type),*) {
            Handler::$name(&mut *self.term, $($argument),*);
        })*
    };
}

impl Handler for Front<'_> {
    fn input(&mut self, c: char) {
        if c.is_ascii() || !self.joins(c) {
            Handler::input(&mut *self.term, c);
        }
    }

    fn terminal_attribute(&mut self, attribute: Attr) {
        let flags = &mut self.term.grid_mut().cursor.template.flags;
        match attribute {
            Attr::BlinkSlow | Attr::BlinkFast => flags.insert(BLINK),
            Attr::CancelBlink => flags.remove(BLINK),
            other => Handler::terminal_attribute(&mut *self.term, other),
        }
    }

    fn set_hyperlink(&mut self, link: Option<Hyperlink>) {
        let link = link.and_then(|link| self.beside.links.number(link.id.as_deref(), &link.uri));
        let link = link.map(|number| Hyperlink { id: Some(number.to_string()), uri: String::new() });
        Handler::set_hyperlink(&mut *self.term, link);
    }

    fn dynamic_color_sequence(&mut self, prefix: String, index: usize, end: &str) {
        let of_station = || self.beside.terminal.colour(index).map(|[r, g, b]| Rgb { r, g, b });
        let Rgb { r, g, b } = self.term.colors()[index].or_else(of_station).unwrap_or_else(|| palette(index));
        let answer = format!("\x1b]{prefix};rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}{end}");
        self.listener.answer(&answer);
    }

    pass_on! {
        set_title(title: Option<String>);
        set_cursor_style(style: Option<CursorStyle>);
        set_cursor_shape(shape: CursorShape);
        goto(line: i32, column: usize);
        goto_line(line: i32);
        goto_col(column: usize);
        insert_blank(count: usize);
        move_up(rows: usize);
        move_down(rows: usize);
        identify_terminal(intermediate: Option<char>);
        device_status(what: usize);
        move_forward(columns: usize);
        move_backward(columns: usize);
        move_down_and_cr(rows: usize);
        move_up_and_cr(rows: usize);
        put_tab(count: u16);
        backspace();
        carriage_return();
        linefeed();
        bell();
        substitute();
        newline();
        set_horizontal_tabstop();
        scroll_up(rows: usize);
        scroll_down(rows: usize);
        insert_blank_lines(count: usize);
        delete_lines(count: usize);
        erase_chars(count: usize);
        delete_chars(count: usize);
        move_backward_tabs(count: u16);
        move_forward_tabs(count: u16);
        save_cursor_position();
        restore_cursor_position();
        clear_line(mode: LineClearMode);
        clear_screen(mode: ClearMode);
        clear_tabs(mode: TabulationClearMode);
        reset_state();
        reverse_index();
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        report_mode(mode: Mode);
        set_private_mode(mode: PrivateMode);
        unset_private_mode(mode: PrivateMode);
        report_private_mode(mode: PrivateMode);
        set_scrolling_region(top: usize, bottom: Option<usize>);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        set_active_charset(index: CharsetIndex);
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        set_color(index: usize, colour: Rgb);
        reset_color(index: usize);
        clipboard_store(which: u8, base64: &[u8]);
        decaln();
        push_title();
        pop_title();
        text_area_size_pixels();
        text_area_size_chars();
    }
}
