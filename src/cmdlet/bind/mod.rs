//! Binds the words of a command line to a cmdlet's parameters.
//!
//! The steps and their order are those of PowerShell 7 (`CmdletParameterBinderController.cs`,
//! `BindCommandLineParameters`):
//!
//! 1. join each name with its value;
//! 2. bind the names;
//! 3. give words without a name the positions of the parameter sets that are still possible;
//! 4. require that exactly one set is left;
//! 5. ask for the mandatory parameters that are missing.
//!
//! The binder is pure, apart from the [`Prompt`] that it may ask.

use super::{Cmdlet, Parameter, Sets, Type};

pub mod any;
mod arguments;
mod convert;
mod error;
mod names;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use arguments::Argument;
pub use convert::id;
pub use error::{BindError, Category};

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Session IDs.
    Ids(Vec<u32>),
    /// A text.
    Text(String),
    /// A switch. `-Switch:$false` turns it off although it is there.
    Switch(bool),
    /// The number behind the name of a choice.
    Choice(i64),
    /// A whole number.
    Number(i32),
}

/// The result of binding.
#[derive(Debug)]
pub enum Binding {
    /// A call.
    Call(Bound),
    /// The caller asks for the cmdlet's help.
    Help,
}

/// A cmdlet with its parameters' values.
#[derive(Debug)]
pub struct Bound {
    /// The cmdlet.
    pub cmdlet: &'static Cmdlet,
    /// The parameters that have values, in the cmdlet's order.
    pub values: Vec<(&'static Parameter, Value)>,
    /// The number of the parameter set. `None` leaves the session to each piped object.
    pub set: Option<u8>,
}

impl Bound {
    /// The value of the parameter of this name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(parameter, _)| parameter.name == name).map(|(_, value)| value)
    }

    /// The name of the set.
    pub fn set_name(&self) -> Option<&'static str> {
        self.set.map(|set| self.cmdlet.sets[usize::from(set)])
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        (self.cmdlet.name, self.set, &self.values) == (other.cmdlet.name, other.set, &other.values)
    }
}

/// Asks for the value of a mandatory parameter.
pub trait Prompt {
    /// Returns what the person typed, or `None` where there is nobody to ask.
    fn prompt_for(&mut self, cmdlet: &Cmdlet, parameter: &Parameter) -> Option<String>;
}

/// A [`Prompt`] without a person.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Prompt for Nobody {
    fn prompt_for(&mut self, _: &Cmdlet, _: &Parameter) -> Option<String> {
        None
    }
}

/// Binds the words that follow the cmdlet's name. With `piped`, objects may come through a pipe.
///
/// # Errors
/// The words do not make a call; the error says why.
pub fn bind(
    cmdlet: &'static Cmdlet,
    words: &[String],
    piped: bool,
    prompt: &mut dyn Prompt,
) -> Result<Binding, BindError> {
    let Some(split) = arguments::split(words) else { return Ok(Binding::Help) };
    let paired = arguments::pair(cmdlet, split)?;
    let mut binder = Binder { cmdlet, sets: EVERY_SET, bound: Vec::new() };
    let unnamed = binder.named(paired)?;
    let (unbound, why) = binder.positional(unnamed)?;
    if binder.sets == 0 {
        return Err(BindError::no_set());
    }
    if let Some(argument) = unbound.first() {
        return Err(argument.unbound(why));
    }
    if binder.sets == EVERY_SET && !piped {
        return Err(BindError::no_set());
    }
    binder.mandatory(prompt)?;
    Ok(Binding::Call(binder.bound()))
}

/// One bit for each set.
const EVERY_SET: u8 = 0b11;

struct Binder {
    cmdlet: &'static Cmdlet,
    /// The parameter sets that are still possible.
    sets: u8,
    bound: Vec<(&'static Parameter, Value)>,
}

impl Binder {
    /// Binds the arguments with a known name, and returns the rest.
    fn named(&mut self, arguments: Vec<Argument>) -> Result<Vec<Argument>, BindError> {
        let mut rest = Vec::new();
        for argument in arguments {
            match &argument {
                Argument::Named { name, value: Some(value), .. } => match names::find(self.cmdlet, name)? {
                    Some(parameter) if self.has(parameter) => return Err(BindError::twice(name)),
                    Some(parameter) => self.bind_text(parameter, value)?,
                    None => rest.push(argument),
                },
                Argument::Named { .. } | Argument::Unnamed(_) => rest.push(argument),
            }
        }
        Ok(rest)
    }

    /// Gives words without a name to the positions, lowest first (`BindPositionalParameters`). Returns the words that
    /// no position took, and why the last position refused.
    fn positional(&mut self, arguments: Vec<Argument>) -> Result<(Vec<Argument>, Option<BindError>), BindError> {
        let (mut rest, mut why) = (Vec::new(), None);
        let mut arguments = arguments.into_iter().peekable();
        for parameter in self.positions() {
            // An earlier position may have ruled this parameter's set out.
            if !parameter.is_in(self.sets) {
                continue;
            }
            let Some(text) = arguments::next_unnamed(&mut arguments, &mut rest) else { break };
            why = None;
            match self.bind_text(parameter, &text) {
                Ok(()) => {}
                Err(error) if error.is_final() => return Err(error),
                Err(error) => {
                    why = Some(error);
                    rest.push(Argument::Unnamed(text));
                }
            }
        }
        rest.extend(arguments);
        Ok((rest, why))
    }

    /// The positional parameters of the possible sets that have no value yet.
    fn positions(&self) -> Vec<&'static Parameter> {
        let free = |parameter: &&'static Parameter| parameter.is_in(self.sets) && !self.has(parameter);
        let mut positions: Vec<_> =
            self.cmdlet.parameters().filter(|parameter| parameter.position.is_some()).filter(free).collect();
        positions.sort_by_key(|parameter| parameter.position);
        positions
    }

    /// Asks for mandatory parameters that no piped object can bring.
    fn mandatory(&mut self, prompt: &mut dyn Prompt) -> Result<(), BindError> {
        let needed = |parameter: &&'static Parameter| {
            parameter.mandatory && (self.sets != EVERY_SET || parameter.sets == Sets::All)
        };
        let missing: Vec<_> = self
            .cmdlet
            .parameters()
            .filter(|parameter| parameter.is_in(self.sets) && !self.has(parameter))
            .filter(needed)
            .collect();
        for parameter in &missing {
            let text = prompt.prompt_for(self.cmdlet, parameter).ok_or_else(|| BindError::missing(&missing))?;
            self.bind_text(parameter, &text)?;
        }
        Ok(())
    }

    fn has(&self, parameter: &Parameter) -> bool {
        self.bound.iter().any(|(bound, _)| bound.name == parameter.name)
    }

    fn bind_text(&mut self, parameter: &'static Parameter, text: &str) -> Result<(), BindError> {
        let value = convert::value(parameter, text)?;
        self.bound.push((parameter, value));
        if let Sets::Only(set) = parameter.sets {
            self.sets &= 1 << set;
        }
        Ok(())
    }

    fn bound(mut self) -> Bound {
        let order = |name: &str| self.cmdlet.parameters().position(|parameter| parameter.name == name);
        self.bound.sort_by_key(|(parameter, _)| order(parameter.name));
        let set = (self.sets != EVERY_SET).then(|| u8::from(self.sets == 0b10));
        Bound { cmdlet: self.cmdlet, values: self.bound, set }
    }
}

/// Whether a value of this type may span several words.
fn is_list(kind: Type) -> bool {
    kind == Type::Ids
}
