//! The command line as it stands when somebody asks for what can follow.

use super::Shell;

/// Where bash cuts words beside blanks: the pieces come one by one, what lies between them too.
const CUTS: [char; 3] = ['=', ':', '@'];

/// The words up to the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The last of them is being typed.
    pub(super) words: Vec<String>,
    /// So many bytes at the beginning of the last word stay: the shell replaces only what is behind them.
    pub(super) stays: usize,
    /// Where the line of another program begins, behind `--`, as the shell counts.
    pub(super) command: Option<usize>,
}

impl Line {
    /// What a shell says: its words, and which of them is being typed.
    pub(super) fn of(shell: Shell, at: usize, mut words: Vec<String>) -> Line {
        words.truncate(at + 1);
        words.resize(at + 1, String::new());
        let command = words[..at].iter().position(|word| word == "--").map(|dashes| dashes + 1);
        let mut line = Line { words, stays: 0, command };
        if shell == Shell::Bash {
            line.join();
        }
        if let Some(last) = line.words.last_mut() {
            let open = last.strip_prefix(['"', '\'']).map(str::to_owned);
            *last = open.unwrap_or_else(|| std::mem::take(last));
        }
        line
    }

    /// The word that is being typed.
    pub(super) fn current(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    fn join(&mut self) {
        let mut joined: Vec<String> = Vec::new();
        let mut goes_on = false;
        for word in std::mem::take(&mut self.words) {
            let cuts = !word.is_empty() && word.chars().all(|c| CUTS.contains(&c));
            match joined.last_mut().filter(|_| cuts || goes_on || word.starts_with('@')) {
                Some(last) => last.push_str(&word),
                None => joined.push(word),
            }
            goes_on = cuts;
        }
        self.words = joined;
        // Readline counts an `@` to the word that it replaces, and the others not.
        let cut = self.current().rfind(CUTS);
        self.stays = cut.map_or(0, |at| if self.current()[at..].starts_with('@') { at } else { at + 1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(shell: Shell, words: &[&str]) -> (Vec<String>, usize) {
        let line = Line::of(shell, words.len() - 1, words.iter().map(|word| (*word).to_owned()).collect());
        (line.words, line.stays)
    }

    #[test]
    fn bash_cuts_words_that_are_one() {
        let joined = |words: &[&str]| {
            let (words, stays) = line(Shell::Bash, words);
            (words.join(" "), stays)
        };
        assert_eq!(joined(&["usher", "ls", "--output", "=", "js"]), ("usher ls --output=js".to_owned(), 9));
        assert_eq!(joined(&["usher", "ls", "--output", "="]), ("usher ls --output=".to_owned(), 9));
        assert_eq!(
            joined(&["usher", "--server", "olga", "@", "lab", ":", "22", "l"]).0,
            "usher --server olga@lab:22 l"
        );
        let servers = ("usher --server lab2,olga@lab".to_owned(), 9);
        assert_eq!(joined(&["usher", "--server", "lab2,olga", "@", "lab"]), servers);
        assert_eq!(joined(&["usher", "--server", "lab2,olga", "@lab"]), servers);
        assert_eq!(joined(&["usher", "lock", ""]), ("usher lock ".to_owned(), 0));
        assert_eq!(
            line(Shell::Fish, &["usher", "ls", "--output=js"]),
            (vec!["usher".into(), "ls".into(), "--output=js".into()], 0)
        );
    }

    #[test]
    fn words_behind_the_cursor_do_not_count_and_an_open_quote_is_none_of_the_name() {
        let words = ["usher", "lock", "'ma", "--all"].map(str::to_owned).to_vec();
        assert_eq!(Line::of(Shell::Zsh, 2, words).words, ["usher", "lock", "ma"]);
        // A shell that counts wrongly asks for what can follow nothing.
        assert_eq!(Line::of(Shell::Zsh, 2, vec!["usher".to_owned()]).words, ["usher", "", ""]);
    }

    #[test]
    fn another_programs_line_begins_behind_two_dashes() {
        let words = ["usher", "open", "--", "vi", ""].map(str::to_owned).to_vec();
        assert_eq!(Line::of(Shell::Zsh, 4, words.clone()).command, Some(3));
        assert_eq!(Line::of(Shell::Zsh, 2, words).command, None);
    }
}
