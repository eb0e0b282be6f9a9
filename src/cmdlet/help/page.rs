//! A page about a cmdlet, before it has a form.

use usher_core::language::Language;

use crate::cmdlet::{ALL, Cmdlet, Group, Parameter, Sets, Type};
use crate::words;

/// A part of a page.
#[derive(Debug)]
pub(super) enum Part {
    /// The head of a section.
    Section(String),
    /// The head of something within a section.
    Head(String),
    /// A paragraph.
    Text(String),
    /// Lines to be shown as they are.
    Code(String),
    /// Names and values.
    Table(Vec<(String, String)>),
}

/// The whole page.
pub(super) fn page(cmdlet: &Cmdlet, language: Language) -> Vec<Part> {
    let writer = Writer { cmdlet, language };
    let mut parts = vec![writer.section("help-synopsis"), writer.of("synopsis")];
    parts.extend(writer.syntax());
    parts.push(writer.section("help-description"));
    parts.extend(writer.paragraphs(&writer.own("description")));
    parts.extend(writer.parameters());
    parts.extend(writer.examples());
    parts.extend(writer.types("help-inputs", cmdlet.inputs, "inputs"));
    parts.extend(writer.types("help-outputs", cmdlet.outputs, "outputs"));
    parts.push(writer.section("help-notes"));
    parts.extend(writer.paragraphs(&writer.say("help-notes-text")));
    parts.push(writer.section("help-related"));
    let others = ALL.iter().filter(|other| other.name != cmdlet.name).map(|other| other.name);
    parts.push(Part::Text(others.collect::<Vec<_>>().join(", ")));
    parts
}

/// The syntax of one set.
pub(super) fn syntax(cmdlet: &Cmdlet, set: u8) -> String {
    let asking = cmdlet.parameters().filter(|parameter| parameter.group == Group::ShouldProcess);
    let own = cmdlet.declared.iter().chain(asking).filter(|parameter| parameter.is_in(1 << set));
    let words: Vec<String> = own.map(syntax_of).collect();
    format!("{} {} [<CommonParameters>]", cmdlet.name, words.join(" "))
}

fn syntax_of(parameter: &Parameter) -> String {
    let name = parameter.name;
    let value = match parameter.kind {
        Type::Switch => String::new(),
        Type::Choice(_, known) => format!(" {{{}}}", known.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(" | ")),
        kind => format!(" <{}>", kind.short()),
    };
    match (parameter.mandatory, parameter.position) {
        (true, Some(_)) => format!("[-{name}]{value}"),
        (true, None) => format!("-{name}{value}"),
        (false, Some(_)) => format!("[[-{name}]{value}]"),
        (false, None) => format!("[-{name}{value}]"),
    }
}

struct Writer<'c> {
    cmdlet: &'c Cmdlet,
    language: Language,
}

impl Writer<'_> {
    fn say(&self, key: &str) -> String {
        words::text_in(self.language, key, &[])
    }

    fn own(&self, key: &str) -> String {
        self.say(&format!("{}-{key}", self.cmdlet.key()))
    }

    fn of(&self, key: &str) -> Part {
        Part::Text(self.own(key))
    }

    fn section(&self, key: &str) -> Part {
        Part::Section(self.say(key))
    }

    /// Paragraphs stand apart by empty lines.
    fn paragraphs(&self, text: &str) -> Vec<Part> {
        let between = if self.language == Language::Chinese { "" } else { " " };
        text.split("\n\n").map(|paragraph| Part::Text(paragraph.lines().collect::<Vec<_>>().join(between))).collect()
    }

    fn syntax(&self) -> Vec<Part> {
        let sets = (0..).zip(self.cmdlet.sets);
        let each = sets.flat_map(|(set, name)| [Part::Head(name.to_owned()), Part::Code(syntax(self.cmdlet, set))]);
        std::iter::once(self.section("help-syntax")).chain(each).collect()
    }

    fn parameters(&self) -> Vec<Part> {
        let mut parts = vec![self.section("help-parameters")];
        for parameter in self.cmdlet.parameters().filter(|parameter| parameter.group != Group::Common) {
            parts.push(Part::Head(heading(parameter)));
            parts.extend(self.paragraphs(&self.about(parameter)));
            parts.push(Part::Table(self.facts(parameter)));
        }
        parts.push(Part::Head("CommonParameters".to_owned()));
        parts.extend(self.paragraphs(&self.say("help-common")));
        let common = self.cmdlet.parameters().filter(|parameter| parameter.group == Group::Common);
        let row = |parameter: &'static Parameter| {
            (format!("{} ({})", heading(parameter), parameter.aliases.join(", ")), self.say(&parameter_key(parameter)))
        };
        parts.push(Part::Table(common.map(row).collect()));
        parts
    }

    /// What is said of the parameter of this cmdlet, else what is said of it everywhere.
    fn about(&self, parameter: &Parameter) -> String {
        let (key, own) = (parameter_key(parameter), self.cmdlet.key());
        words::find_in(self.language, &format!("{own}-{key}")).unwrap_or_else(|| self.say(&key))
    }

    fn facts(&self, parameter: &Parameter) -> Vec<(String, String)> {
        let yes_no = |yes| self.say(if yes { "help-true" } else { "help-false" });
        let sets = match parameter.sets {
            Sets::All => self.say("help-all-sets"),
            Sets::Only(set) => self.cmdlet.sets[usize::from(set)].to_owned(),
        };
        let default = match (parameter.name, parameter.kind) {
            ("Server", _) => "localhost".to_owned(),
            (_, Type::Switch) => self.say("help-false"),
            _ => self.say("help-none"),
        };
        let piped = match parameter.pipeline {
            Some(_) if parameter.kind == Type::Ids => self.say("help-by-name-and-value"),
            Some(_) => self.say("help-by-name"),
            None => yes_no(false),
        };
        let position = parameter.position.map_or_else(|| self.say("help-named"), |position| position.to_string());
        let aliases = if parameter.aliases.is_empty() { self.say("help-none") } else { parameter.aliases.join(", ") };
        let mut facts = vec![
            ("help-type", parameter.kind.short().to_owned()),
            ("help-sets", sets),
            ("help-aliases", aliases),
            ("help-required", yes_no(parameter.mandatory)),
            ("help-position", position),
            ("help-default", default),
            ("help-pipeline", piped),
            ("help-wildcards", yes_no(false)),
        ];
        if let Type::Choice(_, known) = parameter.kind {
            facts.insert(1, ("help-values", known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")));
        }
        facts.into_iter().map(|(key, value)| (self.say(key), value)).collect()
    }

    fn examples(&self) -> Vec<Part> {
        let mut parts = vec![self.section("help-examples")];
        for (number, example) in (1..).zip(self.cmdlet.examples) {
            parts.push(Part::Head(words::text_in(
                self.language,
                "help-example",
                &[("number", &i32::to_string(&number))],
            )));
            parts.push(Part::Code(format!("$ {}", example.line)));
            parts.push(self.of(&format!("example-{number}")));
        }
        parts
    }

    fn types(&self, head: &str, types: &[&str], key: &str) -> Vec<Part> {
        let mut parts = vec![self.section(head)];
        if !types.is_empty() {
            parts.push(Part::Head(types.join(", ")));
        }
        parts.push(self.of(key));
        parts
    }
}

/// `-SessionId <UInt32[]>`
fn heading(parameter: &Parameter) -> String {
    match parameter.kind {
        Type::Switch => format!("-{}", parameter.name),
        kind => format!("-{} <{}>", parameter.name, kind.short()),
    }
}

/// The key of what is said of a parameter.
pub(super) fn parameter_key(parameter: &Parameter) -> String {
    format!("parameter-{}", parameter.name)
}
