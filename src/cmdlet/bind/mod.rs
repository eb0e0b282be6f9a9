//! The binder: words become a bound call, or an error.
//!
//! The steps and their order are those of PowerShell 7 (`CmdletParameterBinderController.cs`,
//! `BindCommandLineParameters`): values are joined to the names before them, names are bound, then words without a
//! name take the positions that the sets still possible have, then exactly one set must be left, and what it must
//! have is there or asked for. The function is pure but for the [`Prompt`] it may ask.

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

/// What a parameter is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Session IDs.
    Ids(Vec<u32>),
    /// A text.
    Text(String),
    /// A switch, which may be there and off.
    Switch(bool),
    /// The number that a name has.
    Choice(i64),
    /// A whole number.
    Number(i32),
}

/// What the words of a command line amount to.
#[derive(Debug)]
pub enum Binding {
    /// A call.
    Call(Bound),
    /// The caller wants to read about the cmdlet.
    Help,
}

/// A command line, understood.
#[derive(Debug)]
pub struct Bound {
    /// The cmdlet.
    pub cmdlet: &'static Cmdlet,
    /// The parameters that have values, in the cmdlet's order.
    pub values: Vec<(&'static Parameter, Value)>,
    /// The number of the set; `None` if each piped object is to name its session.
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

/// Where a value can be asked for.
pub trait Prompt {
    /// The value that a person gives; `None` where nobody can be asked.
    fn prompt_for(&mut self, cmdlet: &Cmdlet, parameter: &Parameter) -> Option<String>;
}

/// Nobody to ask.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Prompt for Nobody {
    fn prompt_for(&mut self, _: &Cmdlet, _: &Parameter) -> Option<String> {
        None
    }
}

/// Binds the words after the cmdlet's name. `piped` says whether objects may come through a pipe.
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
    /// The sets that are still possible.
    sets: u8,
    bound: Vec<(&'static Parameter, Value)>,
}

impl Binder {
    /// Binds what has a name, and gives the rest.
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

    /// Gives words without a name to positions, lowest first; what finds none is left, with the reason that the
    /// last position had for refusing (`BindPositionalParameters`).
    fn positional(&mut self, arguments: Vec<Argument>) -> Result<(Vec<Argument>, Option<BindError>), BindError> {
        let (mut rest, mut why) = (Vec::new(), None);
        let mut arguments = arguments.into_iter().peekable();
        for parameter in self.positions() {
            // An earlier position may have narrowed the sets down.
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

    /// The parameters with a position that have no value yet, in the sets still possible.
    fn positions(&self) -> Vec<&'static Parameter> {
        let free = |parameter: &&'static Parameter| parameter.is_in(self.sets) && !self.has(parameter);
        let mut positions: Vec<_> =
            self.cmdlet.parameters().filter(|parameter| parameter.position.is_some()).filter(free).collect();
        positions.sort_by_key(|parameter| parameter.position);
        positions
    }

    /// Asks for what the sets still possible must have and no pipe can bring.
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

/// Whether a value of this kind may go over several words.
fn is_list(kind: Type) -> bool {
    kind == Type::Ids
}
