//! The cmdlets' reference, manual pages and completions are what their definitions say.

use usher::cmdlet::{ALL, find, help};
use usher_core::language::Language;

use super::{Files, compare, compare_in, docs};

#[test]
fn the_cmdlets_reference_is_what_the_definitions_are() {
    let page = |name: &str, language| (name.to_owned(), help::markdown(language).into_bytes());
    let pages = [page("cmdlets.md", Language::English), page("cmdlets.zh-CN.md", Language::Chinese)];
    compare("", Files::from(pages));
}

#[test]
fn the_help_of_the_module_for_powershell_is_what_the_definitions_are() {
    for language in Language::ALL {
        let directory = docs().join("../packaging/powershell/Usher").join(match language {
            Language::English => "en-US",
            Language::Chinese => "zh-CN",
        });
        let help = ("Usher-help.xml".to_owned(), help::maml(language).into_bytes());
        compare_in(&directory, false, Files::from([help]));
    }
}

/// A manual page for each cmdlet.
pub fn manuals(language: Language) -> Files {
    let page = |cmdlet| help::manual(cmdlet, language).into_bytes();
    ALL.into_iter().map(|cmdlet| (format!("{}.1", cmdlet.name), page(cmdlet))).collect()
}

/// The pages of the reference: what they say of names, types, positions, aliases and pipes is what ours say.
#[test]
fn every_parameter_of_the_reference_is_there_as_it_is_described() {
    let close = find("Close-WmsSession").expect("a cmdlet");
    let described: Vec<(&str, &str, bool, Option<u8>, bool)> = close
        .parameters()
        .filter(|parameter| ["SessionId", "All", "Server", "WhatIf", "Confirm"].contains(&parameter.name))
        .map(|p| (p.name, p.kind.short(), p.mandatory, p.position, p.pipeline.is_some()))
        .collect();
    let expected = [
        ("SessionId", "UInt32[]", true, Some(0), true),
        ("All", "SwitchParameter", true, None, false),
        ("Server", "String", false, None, true),
        ("WhatIf", "SwitchParameter", false, None, false),
        ("Confirm", "SwitchParameter", false, None, false),
    ];
    assert_eq!(described, expected);
    let message = find("Lock-WmsSession").and_then(|lock| lock.parameter("Message")).expect("a parameter");
    assert_eq!((message.kind.short(), message.mandatory, message.position), ("String", true, Some(1)));
}
