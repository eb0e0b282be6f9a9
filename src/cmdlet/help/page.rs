//! A page about a cmdlet, before it has a form.

use usher_core::language::Language;

use crate::cmdlet::{ALL, Cmdlet, Parameter, ParameterGroup, Sets, Type};
use crate::words::{self, Key, key};

/// A part of a page.
#[derive(Debug)]
pub enum Part {
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
    let mut parts = vec![writer.section(key!("help-synopsis")), writer.of("synopsis")];
    parts.extend(writer.syntax());
    parts.push(writer.section(key!("help-description")));
    parts.extend(writer.paragraphs(&writer.own("description")));
    parts.extend(writer.parameters());
    parts.extend(writer.examples());
    parts.extend(writer.types(key!("help-inputs"), cmdlet.inputs, "inputs"));
    parts.extend(writer.types(key!("help-outputs"), cmdlet.outputs, "outputs"));
    parts.push(writer.section(key!("help-notes")));
    parts.extend(writer.paragraphs(&writer.sentence(key!("help-notes-text"))));
    parts.push(writer.section(key!("help-related")));
    let others = ALL.iter().filter(|other| other.name != cmdlet.name).map(|other| other.name);
    parts.push(Part::Text(others.collect::<Vec<_>>().join(", ")));
    parts
}

/// The syntax of one set.
pub(super) fn syntax(cmdlet: &Cmdlet, set: u8) -> String {
    let asking = cmdlet.parameters().filter(|parameter| parameter.group == ParameterGroup::ShouldProcess);
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
    fn sentence(&self, key: Key) -> String {
        key.in_language(self.language, &[])
    }

    /// The sentence of a key that is put together, and stands in every file: the generated pages show it.
    fn sentence_of(&self, key: &str) -> String {
        words::text_in(self.language, key, &[])
    }

    fn own(&self, key: &str) -> String {
        self.sentence_of(&format!("{}-{key}", self.cmdlet.key()))
    }

    fn of(&self, key: &str) -> Part {
        Part::Text(self.own(key))
    }

    fn section(&self, key: Key) -> Part {
        Part::Section(self.sentence(key))
    }

    /// Paragraphs stand apart by empty lines.
    fn paragraphs(&self, text: &str) -> Vec<Part> {
        let between = if self.language == Language::Chinese { "" } else { " " };
        text.split("\n\n").map(|paragraph| Part::Text(paragraph.lines().collect::<Vec<_>>().join(between))).collect()
    }

    fn syntax(&self) -> Vec<Part> {
        let sets = (0..).zip(self.cmdlet.sets);
        let each = sets.flat_map(|(set, name)| [Part::Head(name.to_owned()), Part::Code(syntax(self.cmdlet, set))]);
        std::iter::once(self.section(key!("help-syntax"))).chain(each).collect()
    }

    fn parameters(&self) -> Vec<Part> {
        let mut parts = vec![self.section(key!("help-parameters"))];
        for parameter in self.cmdlet.parameters().filter(|parameter| parameter.group != ParameterGroup::Common) {
            parts.push(Part::Head(heading(parameter)));
            parts.extend(self.paragraphs(&self.about(parameter)));
            parts.push(Part::Table(self.facts(parameter)));
        }
        parts.push(Part::Head("CommonParameters".to_owned()));
        parts.extend(self.paragraphs(&self.sentence(key!("help-common"))));
        let common = self.cmdlet.parameters().filter(|parameter| parameter.group == ParameterGroup::Common);
        let row = |parameter: &'static Parameter| {
            (
                format!("{} ({})", heading(parameter), parameter.aliases.join(", ")),
                self.sentence_of(&parameter_key(parameter)),
            )
        };
        parts.push(Part::Table(common.map(row).collect()));
        parts
    }

    /// The help of this cmdlet's own parameter, else the help that the parameter has everywhere.
    fn about(&self, parameter: &Parameter) -> String {
        let (key, own) = (parameter_key(parameter), self.cmdlet.key());
        words::find_in(self.language, &format!("{own}-{key}")).unwrap_or_else(|| self.sentence_of(&key))
    }

    fn facts(&self, parameter: &Parameter) -> Vec<(String, String)> {
        let yes_no = |yes| self.sentence(if yes { key!("help-true") } else { key!("help-false") });
        let sets = match parameter.sets {
            Sets::All => self.sentence(key!("help-all-sets")),
            Sets::Only(set) => self.cmdlet.sets[usize::from(set)].to_owned(),
        };
        let default = match (parameter.name, parameter.kind) {
            ("Server", _) => "localhost".to_owned(),
            (_, Type::Switch) => self.sentence(key!("help-false")),
            _ => self.sentence(key!("help-none")),
        };
        let piped = match parameter.pipeline {
            Some(_) if parameter.kind == Type::Ids => self.sentence(key!("help-by-name-and-value")),
            Some(_) => self.sentence(key!("help-by-name")),
            None => yes_no(false),
        };
        let position =
            parameter.position.map_or_else(|| self.sentence(key!("help-named")), |position| position.to_string());
        let aliases =
            if parameter.aliases.is_empty() { self.sentence(key!("help-none")) } else { parameter.aliases.join(", ") };
        let mut facts = vec![
            (key!("help-type"), parameter.kind.short().to_owned()),
            (key!("help-sets"), sets),
            (key!("help-aliases"), aliases),
            (key!("help-required"), yes_no(parameter.mandatory)),
            (key!("help-position"), position),
            (key!("help-default"), default),
            (key!("help-pipeline"), piped),
            (key!("help-wildcards"), yes_no(false)),
        ];
        if let Type::Choice(_, known) = parameter.kind {
            facts.insert(1, (key!("help-values"), known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")));
        }
        facts.into_iter().map(|(key, value)| (self.sentence(key), value)).collect()
    }

    fn examples(&self) -> Vec<Part> {
        let mut parts = vec![self.section(key!("help-examples"))];
        for (number, example) in (1..).zip(self.cmdlet.examples) {
            parts.push(Part::Head(
                key!("help-example").in_language(self.language, &[("number", &i32::to_string(&number))]),
            ));
            parts.push(Part::Code(format!("$ {}", example.line)));
            parts.push(self.of(&format!("example-{number}")));
        }
        parts
    }

    fn types(&self, head: Key, types: &[&str], key: &str) -> Vec<Part> {
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

/// The key of a parameter's help.
pub(super) fn parameter_key(parameter: &Parameter) -> String {
    format!("parameter-{}", parameter.name)
}
