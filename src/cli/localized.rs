//! The command line's help in another language than that of the code's doc comments.

use clap::builder::Resettable;
use clap::{Arg, Command};
use usher_core::language::Language;

use crate::words;

/// With every sentence and heading in this language. English is what the code says, and is not built before it
/// is needed: that would be most of the time that a short command takes.
pub(super) fn command(language: Language) -> Command {
    let mut command = super::command();
    match language {
        Language::English => command,
        Language::Chinese => {
            command.build();
            translated(command, language)
        }
    }
}

/// The head of a table's column.
pub(super) fn head(head: &str) -> String {
    match words::language() {
        Language::English => head.to_owned(),
        language => words::find_in(language, &format!("head-{head}")).unwrap_or_else(|| head.to_owned()),
    }
}

/// What stands below this head, where it is a word or a sentence of ours and nobody's name.
pub(super) fn cell(head: &str, cell: String) -> String {
    let language = words::language();
    match head {
        _ if language == Language::English => cell,
        "ACTION" | "RESULT" | "OBSERVED" | "KIND" | "STATE" | "EVENT" | "ROLE" | "ANSWERS" | "LOCKED" => {
            words::word(language, &cell).to_owned()
        }
        "ACTOR" | "FROM" | "BY" if cell.contains(' ') => words::known(language, &cell).unwrap_or(cell),
        _ => cell,
    }
}

fn translated(command: Command, language: Language) -> Command {
    let say = |key: &str| words::find_in(language, key);
    let name = name_of(&command);
    let template = format!(
        "{{about-with-newline}}\n{}{{usage}}\n\n{{all-args}}{{after-help}}",
        say("usage-heading").unwrap_or_default()
    );
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let about = say(&format!("verb-{name}"));
    let long = say(&format!("verb-{name}-long")).zip(about.clone()).map(|(long, about)| format!("{about}\n\n{long}"));
    // clap names them in English.
    let aliases: Vec<String> = command.get_visible_aliases().map(str::to_owned).collect();
    let about = about.map(|about| match aliases.as_slice() {
        [] => about,
        some => about + &words::text_in(language, "also-called", &[("names", &some.join("、"))]),
    });
    let every: Vec<String> = command.get_all_aliases().map(str::to_owned).collect();
    let mut command = command
        .visible_alias(None::<&str>)
        .aliases(every)
        .help_template(template)
        // The lines are broken where they are printed.
        .term_width(0)
        .subcommand_help_heading(say("commands-heading").unwrap_or_default())
        .mut_args(|argument| translated_argument(&name, argument, language));
    if let Some(after) = say(&format!("verb-{name}-after")) {
        command = command.after_help(after);
    }
    if let Some(about) = about {
        let long = long.map_or(Resettable::Reset, |long| Resettable::Value(long.into()));
        command = command.about(about).long_about(long);
    }
    verbs.into_iter().fold(command, |command, verb| command.mut_subcommand(verb, |verb| translated(verb, language)))
}

fn translated_argument(verb: &str, argument: Arg, language: Language) -> Arg {
    let heading = match argument.get_help_heading() {
        // They are added last, and a heading stands where its first option does.
        _ if ["help", "version"].contains(&argument.get_id().as_str()) => "globals-heading",
        Some("Global options") => "globals-heading",
        Some("Targets") => "targets-heading",
        Some("Rule") => "rule-heading",
        _ if argument.is_positional() => "arguments-heading",
        _ => "options-heading",
    };
    let heading = words::find_in(language, heading).unwrap_or_default();
    let argument = argument.help_heading(heading).hide_possible_values(true).hide_default_value(true);
    match words::find_in(language, &key(verb, &argument)) {
        Some(help) => {
            let help = help + &default(&argument, language);
            argument.help(help).long_help(Resettable::Reset)
        }
        None => argument,
    }
}

/// What the keys of a verb's sentences have of it. Verbs below different verbs may be called alike.
fn name_of(command: &Command) -> String {
    let path = command.get_bin_name().and_then(|path| path.strip_prefix("usher "));
    path.unwrap_or(command.get_name()).replace(' ', "-")
}

/// What clap says in English alone.
fn default(argument: &Arg, language: Language) -> String {
    let values: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let is_shown = argument.get_action().takes_values() && !values.is_empty();
    let said = || words::text_in(language, "default-value", &[("value", &values.join(","))]);
    is_shown.then(said).unwrap_or_default()
}

/// The key of what is said of an argument. What every verb takes is said once.
fn key(verb: &str, argument: &Arg) -> String {
    match argument.get_id().as_str() {
        "help" => "verb-help-flag".to_owned(),
        "version" => "verb-version-flag".to_owned(),
        global if argument.is_global_set() => format!("verb-usher-{global}"),
        own => format!("verb-{verb}-{own}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key that the command line asks for.
    fn keys(command: &Command) -> Vec<String> {
        let name = &name_of(command);
        let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
        let own = arguments.map(|argument| key(name, argument));
        let long = command.get_long_about().map(|_| format!("verb-{name}-long"));
        let after = command.get_after_help().map(|_| format!("verb-{name}-after"));
        let about = [Some(format!("verb-{name}")), long, after].into_iter().flatten();
        about.chain(own).chain(command.get_subcommands().flat_map(keys)).collect()
    }

    #[test]
    fn every_verb_and_option_is_explained_in_chinese() {
        let mut command = super::super::command();
        command.build();
        let keys = keys(&command);
        let missing: Vec<_> = keys.iter().filter(|key| words::find_in(Language::Chinese, key).is_none()).collect();
        assert!(missing.is_empty() && keys.len() > 50, "locales/zh-CN/verbs.ftl lacks {missing:?}");
        let file = include_str!("../../locales/zh-CN/verbs.ftl").lines().filter_map(|line| line.split_once(" ="));
        let spare = |key: &&str| key.starts_with("verb-") && !keys.iter().any(|known| known == key);
        let spare: Vec<_> = file.map(|(key, _)| key).filter(spare).collect();
        assert!(spare.is_empty(), "locales/zh-CN/verbs.ftl has {spare:?}, which no command asks for");
    }

    #[test]
    fn every_column_has_a_chinese_head() {
        use super::super::output::TableRow;
        use super::super::servers::{HostTest, KnownHost};
        let heads = [
            usher_core::outcome::Outcome::heads(),
            usher_core::session::Session::heads(),
            super::super::output::EndedRow::heads(),
            usher_core::session::Rule::heads(),
            usher_core::audit::AuditRecord::heads(),
            KnownHost::heads(),
            HostTest::heads(),
        ];
        for head in heads.concat() {
            assert!(words::find_in(Language::Chinese, &format!("head-{head}")).is_some(), "{head}");
        }
    }

    #[test]
    fn chinese_help_has_no_english_headings() {
        let mut command = command(Language::Chinese);
        let lock = command.find_subcommand_mut("lock").unwrap().render_long_help().to_string();
        for part in ["用一条用户无法关闭的消息遮住会话", "用法：usher lock", "选项:", "--message <TEXT>"]
        {
            assert!(lock.contains(part), "{part}\n{lock}");
        }
        assert!(!lock.contains("Options") && !lock.contains("Usage") && !lock.contains("Print"), "{lock}");
    }
}
