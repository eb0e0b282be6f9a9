//! Completions of the cmdlets' names, parameters and values.

use crate::cmdlet::{ALL, Cmdlet, Parameter, Type};
use crate::words::{self, Language};

use super::page::parameter_key;

const HEAD: &str = "# Written by `cargo xtask docs` from the code.\n";

/// For bash: `complete -F` for the links and, through `usher`'s own completion, for nothing else.
pub fn bash() -> String {
    let mut text = format!(
        "{HEAD}\n_usher_cmdlet() {{\n    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}\n    case ${{prev,,}} in\n"
    );
    for (name, known) in choices() {
        text +=
            &format!("        -{}) COMPREPLY=($(compgen -W '{known}' -- \"$cur\")); return ;;\n", name.to_lowercase());
    }
    text += "    esac\n    case ${COMP_WORDS[0]##*/} in\n";
    for cmdlet in ALL {
        let names: Vec<String> = cmdlet.parameters().map(|parameter| format!("-{}", parameter.name)).collect();
        text += &format!("        {}) COMPREPLY=($(compgen -W '{}' -- \"$cur\")) ;;\n", cmdlet.name, names.join(" "));
    }
    let names: Vec<&str> = ALL.iter().map(|cmdlet| cmdlet.name).collect();
    text + &format!("    esac\n}}\ncomplete -F _usher_cmdlet {}\n", names.join(" "))
}

/// For zsh.
pub fn zsh() -> String {
    let names: Vec<&str> = ALL.iter().map(|cmdlet| cmdlet.name).collect();
    let mut text = format!("#compdef {}\n{HEAD}\ncase $service in\n", names.join(" "));
    for cmdlet in ALL {
        text += &format!("    {})\n        _arguments \\\n", cmdlet.name);
        let specs: Vec<String> =
            cmdlet.parameters().map(|parameter| format!("            {}", zsh_spec(parameter))).collect();
        text += &format!("{}\n        ;;\n", specs.join(" \\\n"));
    }
    text + "esac\n"
}

fn zsh_spec(parameter: &Parameter) -> String {
    let value = match parameter.kind {
        Type::Switch => String::new(),
        Type::Choice(_, known) => format!(":value:({})", spaced(known)),
        kind => format!(":{}: ", kind.short().replace(['[', ']'], "")),
    };
    let about = about(parameter).replace('\'', "'\\''").replace(['[', ']', ':'], " ");
    format!("'-{}[{about}]{value}'", parameter.name)
}

/// For fish.
pub fn fish() -> String {
    let line = |cmdlet: &Cmdlet, parameter: &Parameter| {
        let value = match parameter.kind {
            Type::Switch => String::new(),
            Type::Choice(_, known) => format!(" -x -a '{}'", spaced(known)),
            _ => " -x".to_owned(),
        };
        let about = about(parameter).replace('\\', "\\\\").replace('\'', "\\'");
        format!("complete -c {} -f -o {}{value} -d '{about}'\n", cmdlet.name, parameter.name)
    };
    let lines = ALL.into_iter().flat_map(|cmdlet| cmdlet.parameters().map(move |parameter| line(cmdlet, parameter)));
    format!("{HEAD}{}", lines.collect::<String>())
}

/// The first sentence about a parameter.
fn about(parameter: &Parameter) -> String {
    let text = words::text_in(Language::English, &parameter_key(parameter), &[]).replace('\n', " ");
    text.split_once(". ").map_or(text.as_str(), |(first, _)| first).trim_end_matches('.').to_owned()
}

fn spaced(known: &[(&str, i64)]) -> String {
    known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

/// The parameters whose values have names, each once.
fn choices() -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for parameter in ALL.into_iter().flat_map(|cmdlet| cmdlet.parameters()) {
        if let Type::Choice(_, known) = parameter.kind
            && !found.iter().any(|(name, _)| *name == parameter.name)
        {
            found.push((parameter.name, spaced(known)));
        }
    }
    found
}
