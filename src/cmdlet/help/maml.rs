//! Help for PowerShell, in the form that `Get-Help` reads (MAML), for the module in `packaging/powershell/`.
//!
//! What is otherwise in PowerShell than in a Unix shell has sentences of its own, whose keys begin with `powershell-`.

use usher_core::language::Language;

use super::page::parameter_key;
use crate::cmdlet::{ALL, Cmdlet, Parameter, ParameterGroup, Type};
use crate::words;

const HEAD: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- Written by `cargo xtask docs` from the code. -->
<helpItems schema="maml" xmlns="http://msh">
"#;

const NAMESPACES: &str = "xmlns:maml=\"http://schemas.microsoft.com/maml/2004/10\" \
                          xmlns:command=\"http://schemas.microsoft.com/maml/dev/command/2004/10\" \
                          xmlns:dev=\"http://schemas.microsoft.com/maml/dev/2004/10\"";

/// The help of every cmdlet in one language.
pub fn maml(language: Language) -> String {
    let commands: String = ALL.into_iter().map(|cmdlet| MamlWriter { cmdlet, language }.command()).collect();
    format!("{HEAD}{commands}</helpItems>\n")
}

struct MamlWriter {
    cmdlet: &'static Cmdlet,
    language: Language,
}

impl MamlWriter {
    fn command(&self) -> String {
        let name = self.cmdlet.name;
        let (verb, noun) = name.split_once('-').unwrap_or((name, ""));
        let parts = [
            element(
                "command:details",
                &[
                    leaf("command:name", name),
                    leaf("command:verb", verb),
                    leaf("command:noun", noun),
                    element("maml:description", &paragraphs(&self.own("synopsis"))),
                ],
            ),
            element("maml:description", &paragraphs(&self.own("description"))),
            element("command:syntax", &[self.syntax(0), self.syntax(1)]),
            element("command:parameters", &self.parameters().map(|p| self.parameter(p)).collect::<Vec<_>>()),
            self.types("command:inputTypes", "command:inputType", self.cmdlet.inputs.first(), "inputs"),
            self.types("command:returnValues", "command:returnValue", self.cmdlet.outputs.first(), "outputs"),
            element("maml:alertSet", &[element("maml:alert", &paragraphs(&self.sentence("powershell-notes")))]),
            element("command:examples", &self.examples()),
            element("command:relatedLinks", &self.related()),
        ];
        format!("  <command:command {NAMESPACES}>\n{}  </command:command>\n", indented(&indented(&parts.concat())))
    }

    fn sentence(&self, key: &str) -> String {
        words::text_in(self.language, key, &[])
    }

    /// The sentence for PowerShell, if there is one, else the one for every shell.
    fn own(&self, what: &str) -> String {
        let key = format!("{}-{what}", self.cmdlet.key());
        let first = [format!("powershell-{key}"), format!("powershell-{what}")];
        let found = first.iter().find_map(|key| words::find_in(self.language, key));
        found.unwrap_or_else(|| self.sentence(&key))
    }

    /// The cmdlet's own parameters; the common ones are told of by PowerShell.
    fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        self.cmdlet.parameters().filter(|parameter| parameter.group != ParameterGroup::Common)
    }

    fn about(&self, parameter: &Parameter) -> String {
        let key = parameter_key(parameter);
        let keys = [format!("powershell-{key}"), format!("{}-{key}", self.cmdlet.key())];
        keys.iter().find_map(|key| words::find_in(self.language, key)).unwrap_or_else(|| self.sentence(&key))
    }

    fn syntax(&self, set: u8) -> String {
        let parameters = self.parameters().filter(|parameter| parameter.is_in(1 << set)).map(|p| self.parameter(p));
        let parts: Vec<String> = std::iter::once(leaf("maml:name", self.cmdlet.name)).chain(parameters).collect();
        element("command:syntaxItem", &parts)
    }

    fn parameter(&self, parameter: &Parameter) -> String {
        let short = kind(parameter);
        let position = parameter.position.map_or_else(|| "named".to_owned(), |position| position.to_string());
        let piped = if parameter.pipeline.is_some() { "True (ByPropertyName)" } else { "False" };
        let aliases = if parameter.aliases.is_empty() { "none".to_owned() } else { parameter.aliases.join(", ") };
        let default = match (parameter.name, parameter.kind) {
            ("Server", _) => "localhost",
            (_, Type::Switch) => "False",
            _ => "None",
        };
        let mut parts =
            vec![leaf("maml:name", parameter.name), element("maml:description", &paragraphs(&self.about(parameter)))];
        if let Type::Choice(_, known) = parameter.kind {
            let value = |name| {
                format!(
                    "<command:parameterValue required=\"false\" variableLength=\"false\">{name}</command:parameterValue>\n"
                )
            };
            parts.push(element(
                "command:parameterValueGroup",
                &known.iter().map(|(name, _)| value(name)).collect::<Vec<_>>(),
            ));
        } else if parameter.kind != Type::Switch {
            parts.push(format!(
                "<command:parameterValue required=\"true\" variableLength=\"{}\">{short}</command:parameterValue>\n",
                parameter.kind == Type::Ids
            ));
        }
        parts.push(element("dev:type", &[leaf("maml:name", short), "<maml:uri />\n".to_owned()]));
        parts.push(leaf("dev:defaultValue", default));
        format!(
            "<command:parameter required=\"{}\" variableLength=\"{}\" globbing=\"false\" pipelineInput=\"{piped}\" \
             position=\"{position}\" aliases=\"{aliases}\">\n{}</command:parameter>\n",
            parameter.mandatory,
            parameter.kind == Type::Ids,
            indented(&parts.concat())
        )
    }

    fn types(&self, outer: &str, inner: &str, kind: Option<&&str>, key: &str) -> String {
        let kind = element("dev:type", &[leaf("maml:name", kind.copied().unwrap_or("None"))]);
        let about = element("maml:description", &paragraphs(&self.own(key)));
        element(outer, &[element(inner, &[kind, about])])
    }

    fn examples(&self) -> Vec<String> {
        let example = |(number, example): (usize, &crate::cmdlet::Example)| {
            let title = words::key!("help-example").in_language(self.language, &[("number", &number.to_string())]);
            let parts = [
                leaf("maml:title", &title),
                leaf("dev:code", example.powershell.unwrap_or(example.line)),
                element("dev:remarks", &paragraphs(&self.own(&format!("example-{number}")))),
            ];
            element("command:example", &parts)
        };
        (1..).zip(self.cmdlet.examples).map(example).collect()
    }

    fn related(&self) -> Vec<String> {
        let others = ALL.iter().filter(|other| other.name != self.cmdlet.name).map(|other| other.name);
        let link = |name| element("maml:navigationLink", &[leaf("maml:linkText", name), "<maml:uri />\n".to_owned()]);
        others.chain(["about_Usher"]).map(link).collect()
    }
}

/// The type that a function declares: names of values are texts there.
fn kind(parameter: &Parameter) -> &'static str {
    match parameter.kind {
        Type::Choice(..) => Type::Text.short(),
        kind => kind.short(),
    }
}

/// An element with a text.
fn leaf(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>\n", escaped(text))
}

/// An element with others in it.
fn element(name: &str, parts: &[String]) -> String {
    format!("<{name}>\n{}</{name}>\n", indented(&parts.concat()))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n").map(|paragraph| leaf("maml:para", &paragraph.replace('\n', " "))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
