//! Completions of the cmdlets' names, parameters and values.

use usher_core::language::Language;

use super::page::parameter_key;
use crate::cmdlet::{ALL, Cmdlet, Parameter, Type};
use crate::words;

const HEAD: &str = "# Written by `cargo xtask docs` from the code.\n";

/// For bash, which reads it for any of the links. Names are completed in any casing, as they are read.
pub fn bash() -> String {
    format!("{HEAD}{}complete -o nosort -F _usher_cmdlet {}\n", bash_function(), links(" "))
}

/// For bash, behind what it has for the plain verbs: `usher Lock-WmsSession …`.
pub fn bash_of_usher() -> String {
    format!(
        r#"
{}
_usher_or_cmdlet() {{
    _usher_cmdlet && return
    _usher "$@"
    # A cmdlet is a verb too: its name, where no verb was named yet.
    local at name
    for (( at = 1; at < COMP_CWORD; at++ )); do
        case ${{COMP_WORDS[at]}} in
            --socket|--output|--lang) (( at++ )) ;;
            -*) ;;
            *) return ;;
        esac
    done
    (( at == COMP_CWORD )) || return
    for name in {}; do
        [[ ${{name,,}} == "${{2,,}}"* ]] && COMPREPLY+=("$name")
    done
}}

if [[ "${{BASH_VERSINFO[0]}}" -eq 4 && "${{BASH_VERSINFO[1]}}" -ge 4 || "${{BASH_VERSINFO[0]}}" -gt 4 ]]; then
    complete -F _usher_or_cmdlet -o nosort -o bashdefault -o default usher
else
    complete -F _usher_or_cmdlet -o bashdefault -o default usher
fi
"#,
        bash_function(),
        names().join(" ")
    )
}

/// Completes the words behind the first that is a cmdlet's name; false if none is.
fn bash_function() -> String {
    let mut text = String::from(
        r#"
_usher_cmdlet() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at name known=
    for (( at = 0; at < COMP_CWORD; at++ )); do
        name=${COMP_WORDS[at]##*/}
        case ${name,,} in
"#,
    );
    for cmdlet in ALL {
        let parameters: Vec<String> = cmdlet.parameters().map(|parameter| format!("-{}", parameter.name)).collect();
        text += &format!("            {}) known='{}' ;;\n", cmdlet.name.to_lowercase(), parameters.join(" "));
    }
    text += "            *) continue ;;\n        esac\n        break\n    done\n    [[ $known ]] || return 1\n    case ${prev,,} in\n";
    for (name, known) in choices() {
        text += &format!("        -{}) known='{known}' ;;\n", name.to_lowercase());
    }
    text + r#"    esac
    COMPREPLY=()
    for name in $known; do
        [[ ${name,,} == "${cur,,}"* ]] && COMPREPLY+=("$name")
    done
    return 0
}
"#
}

/// The names of all links.
fn links(between: &str) -> String {
    ALL.into_iter().flat_map(Cmdlet::links).collect::<Vec<_>>().join(between)
}

fn names() -> Vec<&'static str> {
    ALL.iter().map(|cmdlet| cmdlet.name).collect()
}

/// For zsh.
pub fn zsh() -> String {
    let mut text = format!("#compdef {}\n{HEAD}\ncase $service in\n", links(" "));
    for cmdlet in ALL {
        text += &format!("    {})\n        _arguments \\\n", cmdlet.links().join("|"));
        let specs: Vec<String> =
            cmdlet.parameters().map(|parameter| format!("            {}", zsh_spec(parameter))).collect();
        text += &format!("{}\n        ;;\n", specs.join(" \\\n"));
    }
    text + "esac\n"
}

/// For zsh: what it has for the plain verbs, with the cmdlets among them. None if that is not as it is known to be.
pub fn zsh_of_usher(verbs: &str) -> Option<String> {
    let mut hand_over = String::from(
        "_usher() {\n    # `usher Lock-WmsSession …`: from its name on, as if it were called by it.\n    local at service=$service\n    \
         for (( at = 2; at < CURRENT; at++ )); do\n        case ${words[at]:l} in\n",
    );
    for name in names() {
        hand_over += &format!("            {}) service={name} ;;\n", name.to_lowercase());
    }
    hand_over += "            *) continue ;;\n        esac\n        words=(\"${(@)words[at,-1]}\")\n        (( CURRENT -= at - 1 ))\n        \
                  _wms-cmdlets\n        return\n    done\n\n";
    let more: String = ALL
        .iter()
        .map(|cmdlet| format!("'{}:{}' \\\n", cmdlet.name, synopsis(cmdlet).replace('\'', "'\\''")))
        .collect();
    let describe = "    _describe -t commands 'usher commands' commands \"$@\"\n";
    let (head, rest) = verbs.split_once("_usher() {\n")?;
    let (middle, tail) = rest.split_once(describe)?;
    Some(format!("{head}{hand_over}{middle}    commands+=(\n{more}    )\n{describe}{tail}"))
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

/// For fish, which reads it for any of the links.
pub fn fish() -> String {
    let lines = fish_lines(|cmdlet| format!("-c {}", cmdlet.name));
    let alike: String =
        ALL.iter().map(|cmdlet| cmdlet.links()).map(|[name, link]| format!("complete -c {link} -w {name}\n")).collect();
    format!("{HEAD}{lines}{alike}")
}

/// For fish, behind what it has for the plain verbs: `usher Lock-WmsSession …`.
pub fn fish_of_usher() -> String {
    let name = |cmdlet: &&Cmdlet| {
        let about = fish_text(&synopsis(cmdlet));
        format!("complete -c usher -n \"__fish_usher_needs_command\" -f -a \"{}\" -d '{about}'\n", cmdlet.name)
    };
    let names: String = ALL.iter().map(name).collect();
    names + &fish_lines(|cmdlet| format!("-c usher -n \"__fish_usher_using_subcommand {}\"", cmdlet.name))
}

/// A line for each parameter of each cmdlet; `of` says when it is for that cmdlet.
fn fish_lines(of: impl Fn(&Cmdlet) -> String) -> String {
    let line = |cmdlet: &Cmdlet, parameter: &Parameter| {
        let value = match parameter.kind {
            Type::Switch => String::new(),
            Type::Choice(_, known) => format!(" -x -a '{}'", spaced(known)),
            _ => " -x".to_owned(),
        };
        format!("complete {} -f -o {}{value} -d '{}'\n", of(cmdlet), parameter.name, fish_text(&about(parameter)))
    };
    let line = &line;
    ALL.into_iter().flat_map(|cmdlet| cmdlet.parameters().map(move |parameter| line(cmdlet, parameter))).collect()
}

fn fish_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

/// What a cmdlet does, without the full stop.
fn synopsis(cmdlet: &Cmdlet) -> String {
    words::text_in(Language::English, &format!("{}-synopsis", cmdlet.key()), &[]).trim_end_matches('.').to_owned()
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
