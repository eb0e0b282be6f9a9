//! Binds any bytes as a command line. The fuzzer (`fuzz/`) and a property test run it.

use super::{Binding, Nobody, Prompt, bind};
use crate::cmdlet::call::Call;
use crate::cmdlet::{ALL, Cmdlet, Parameter};

/// Binds bytes as a command line. The first byte chooses the cmdlet, and whether there is a pipe and a person to ask;
/// the rest are words, separated by line breaks.
///
/// # Panics
/// The binder panicked, or bound a call that the rules do not allow: the test has found a bug.
pub fn any_bytes(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let cmdlet = ALL[usize::from(*first) % ALL.len()];
    let piped = first & 0x40 != 0;
    let words: Vec<String> =
        rest.split(|byte| *byte == b'\n').map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let mut person = Person(words.last().cloned().unwrap_or_default());
    let prompt: &mut dyn Prompt = if first & 0x80 != 0 { &mut person } else { &mut Nobody };
    if let Ok(Binding::Call(bound)) = bind(cmdlet, &words, piped, prompt) {
        assert!(bound.set.is_some() || piped, "no set: {words:?}");
        for parameter in cmdlet.parameters().filter(|parameter| parameter.mandatory) {
            let needed = bound.set.is_some_and(|set| parameter.is_in(1 << set));
            assert!(!needed || bound.value(parameter.name).is_some(), "{} is missing: {words:?}", parameter.name);
        }
        let _ = Call::new(&bound);
    }
}

struct Person(String);

impl Prompt for Person {
    fn prompt_for(&mut self, _: &Cmdlet, _: &Parameter) -> Option<String> {
        Some(self.0.clone())
    }
}
