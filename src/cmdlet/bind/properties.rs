//! Properties that hold for every name, every order and every input.

use proptest::prelude::*;

use super::any::any_bytes;
use super::*;
use crate::cmdlet::{ALL, ParameterGroup};

fn cmdlets() -> impl Strategy<Value = &'static Cmdlet> {
    prop::sample::select(ALL.to_vec())
}

fn cased(name: &str, mask: u32) -> String {
    let other = |(at, c): (usize, char)| {
        if mask >> (at % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    name.chars().enumerate().map(other).collect()
}

/// A word that every kind of value accepts.
fn word_for(parameter: &Parameter) -> &'static str {
    match parameter.kind {
        Type::Ids | Type::Number => "3",
        Type::Text => "text",
        Type::Switch => "$true",
        Type::Choice(_, known) => known[0].0,
    }
}

fn bound(cmdlet: &'static Cmdlet, words: &[String]) -> Result<Bound, BindError> {
    match bind(cmdlet, words, true, &mut Nobody)? {
        Binding::Call(bound) => Ok(bound),
        Binding::Help => panic!("help: {words:?}"),
    }
}

/// The parameters that a beginning could mean. This repeats the written rule, without the code under test.
fn meant(cmdlet: &Cmdlet, head: &str) -> Vec<&'static str> {
    let head = head.to_lowercase();
    let is = |parameter: &Parameter, right: &dyn Fn(&str) -> bool| parameter.names().any(|n| right(&n.to_lowercase()));
    let of = |right: &dyn Fn(&str) -> bool| -> Vec<&'static Parameter> {
        cmdlet.parameters().filter(|parameter| is(parameter, right)).collect()
    };
    let whole = of(&|name| name == head);
    let begun = if whole.is_empty() { of(&|name| name.starts_with(&head)) } else { whole };
    let own: Vec<_> = begun.iter().filter(|parameter| parameter.group == ParameterGroup::Declared).collect();
    if own.len() == 1 { vec![own[0].name] } else { begun.iter().map(|parameter| parameter.name).collect() }
}

proptest! {
    #[test]
    fn any_casing_of_any_unique_beginning_of_any_name_or_alias_binds_alike(
        cmdlet in cmdlets(), which in 0_usize..64, alias in 0_usize..3, length in 1_usize..24, mask: u32,
    ) {
        let parameters: Vec<_> = cmdlet.parameters().collect();
        let parameter = parameters[which % parameters.len()];
        let names: Vec<_> = parameter.names().collect();
        let name = names[alias % names.len()];
        let head = cased(&name[..length.min(name.len())], mask);
        // `Lock-WmsSession` needs its message, and exactly one.
        let needs = |words: &mut Vec<String>| {
            if cmdlet.parameter("Message").is_some() && parameter.name != "Message" {
                words.push("-Message:m".to_owned());
            }
        };
        let mut words = vec![format!("-{head}:{}", word_for(parameter))];
        needs(&mut words);
        let mut plain = vec![format!("-{}:{}", parameter.name, word_for(parameter))];
        needs(&mut plain);
        match meant(cmdlet, &head).as_slice() {
            [only] if *only == parameter.name => prop_assert_eq!(bound(cmdlet, &words), bound(cmdlet, &plain)),
            [_] => {}
            _ => prop_assert_eq!(bound(cmdlet, &words).unwrap_err().id, "AmbiguousParameter"),
        }
    }

    #[test]
    fn the_order_of_named_parameters_does_not_matter(
        cmdlet in cmdlets(),
        chosen in prop::collection::vec(any::<bool>(), 20),
        all: bool,
        seed in prop::collection::vec(any::<u32>(), 20),
    ) {
        let mut pairs: Vec<Vec<String>> = cmdlet
            .parameters()
            .zip(&chosen)
            .filter(|(parameter, chosen)| match parameter.name {
                "All" => all,
                "SessionId" => !all,
                "Message" => true,
                _ => **chosen,
            })
            .map(|(parameter, _)| match parameter.kind {
                Type::Switch => vec![format!("-{}", parameter.name)],
                _ => vec![format!("-{}", parameter.name), word_for(parameter).to_owned()],
            })
            .collect();
        let straight = bound(cmdlet, &pairs.concat());
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by_key(|at| seed[*at]);
        pairs = order.into_iter().map(|at| pairs[at].clone()).collect();
        prop_assert!(straight.is_ok());
        prop_assert_eq!(straight, bound(cmdlet, &pairs.concat()));
    }

    #[test]
    fn no_words_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        any_bytes(&bytes);
    }

    #[test]
    fn no_likely_words_panic(
        first: u8,
        words in prop::collection::vec(
            prop::sample::select(vec![
                "-SessionId", "-S", "-All", "-All:", "-All:$false", "-Message", "-M:", "-Server", "-c", "--", "-", "-?",
                "--help", "3", "3,", ",4", ",", "@(", ")", "@(3", "4)", "-1", "0x10", "1kb", "", "hi", "–All", "-ea", "Stop",
                "-:", "-Foo", "-Foo:x", "界", "-ob", "-Thumbnail", "1e999",
            ]),
            0..8,
        ),
    ) {
        let bytes: Vec<u8> = [first].into_iter().chain(words.join("\n").into_bytes()).collect();
        any_bytes(&bytes);
    }
}
