//! The binder's errors. Scripts look for the identifiers, and match on the sentences, so both are PowerShell's to the
//! letter (`ParameterBinderStrings.resx`). A reader of another language reads the sentences in that language, as in
//! PowerShell (`locales/zh-CN/sentences.toml`); the identifiers are never translated.

use crate::cmdlet::Parameter;

/// The kinds of PowerShell's `ErrorCategory` that a binder reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// The words do not make a call.
    InvalidArgument,
    /// A parameter does not take its value.
    InvalidData,
    /// The words do not even parse as a command line.
    ParserError,
}

/// An error of the binder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BindError {
    /// The identifier that scripts look for.
    pub id: &'static str,
    /// The message, one sentence.
    pub message: String,
    /// Its kind.
    pub category: Category,
}

impl BindError {
    fn new(id: &'static str, message: String) -> Self {
        BindError { id, message, category: Category::InvalidArgument }
    }

    fn validation(id: &'static str, message: String) -> Self {
        BindError { id, message, category: Category::InvalidData }
    }

    /// Whether a parameter refused a value that converts, or no parameter could take it. The search for a position ends
    /// then.
    pub fn is_final(&self) -> bool {
        self.category != Category::InvalidArgument
    }

    /// The exception's name.
    pub fn exception(&self) -> &'static str {
        match self.category {
            Category::InvalidArgument => "ParameterBindingException",
            Category::InvalidData => "ParameterBindingValidationException",
            Category::ParserError => "ParseException",
        }
    }

    /// No parameter set, or more than one, has these parameters.
    pub fn no_set() -> Self {
        let message = "Parameter set cannot be resolved using the specified named parameters. One or more parameters \
                       issued cannot be used together or an insufficient number of parameters were provided.";
        BindError::new("AmbiguousParameterSet", message.to_owned())
    }

    pub(super) fn no_such_name(name: &str) -> Self {
        let message = format!("A parameter cannot be found that matches parameter name '{name}'.");
        BindError::new("NamedParameterNotFound", message)
    }

    pub(super) fn ambiguous(name: &str, matches: &[&Parameter]) -> Self {
        let list: String = matches.iter().map(|parameter| format!(" -{}", parameter.name)).collect();
        let message = format!(
            "Parameter cannot be processed because the parameter name '{name}' is ambiguous. Possible matches include:{list}."
        );
        BindError::new("AmbiguousParameter", message)
    }

    pub(super) fn no_such_position(text: &str) -> Self {
        let message = format!("A positional parameter cannot be found that accepts argument '{text}'.");
        BindError::new("PositionalParameterNotFound", message)
    }

    pub(super) fn no_argument(parameter: &Parameter) -> Self {
        let (name, kind) = (parameter.name, parameter.kind.full());
        let message =
            format!("Missing an argument for parameter '{name}'. Specify a parameter of type '{kind}' and try again.");
        BindError::new("MissingArgument", message)
    }

    /// `arguments` decides which spelling of the name the message has.
    pub(super) fn twice(name: &str) -> Self {
        let message = format!(
            "Cannot bind parameter because parameter '{name}' is specified more than once. To provide multiple values to \
             parameters that can accept multiple values, use the array syntax. For example, \"-parameter \
             value1,value2,value3\"."
        );
        BindError::new("ParameterAlreadyBound", message)
    }

    pub(super) fn missing(parameters: &[&Parameter]) -> Self {
        let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
        let names = names.join(" ");
        let message = format!("Cannot process command because of one or more missing mandatory parameters: {names}.");
        BindError::new("MissingMandatoryParameter", message)
    }

    /// The text does not convert to this type.
    pub(super) fn conversion(parameter: &Parameter, text: &str, kind: &str, why: &str) -> Self {
        let name = parameter.name;
        let message = format!(
            "Cannot bind parameter '{name}'. Cannot convert value \"{text}\" to type \"{kind}\". Error: \"{why}\""
        );
        BindError::new("CannotConvertArgumentNoMessage", message)
    }

    /// The message names the type of the value; every value in a command line is a text.
    pub(super) fn no_switch(parameter: &Parameter) -> Self {
        let (name, kind) = (parameter.name, parameter.kind.full());
        let message = format!(
            "Cannot convert 'System.String' to the type '{kind}' required by parameter '{name}'. Boolean parameters accept \
             only Boolean values and numbers, such as $True, $False, 1 or 0."
        );
        BindError::new("CannotConvertArgument", message)
    }

    pub(super) fn empty_text(parameter: &Parameter) -> Self {
        let message = format!("Cannot bind argument to parameter '{}' because it is an empty string.", parameter.name);
        BindError::validation("ParameterArgumentValidationErrorEmptyStringNotAllowed", message)
    }

    /// The piped object's property is empty.
    pub fn null(parameter: &Parameter) -> Self {
        let message = format!("Cannot bind argument to parameter '{}' because it is null.", parameter.name);
        BindError::validation("ParameterArgumentValidationErrorNullNotAllowed", message)
    }

    /// The list is empty.
    pub fn empty_array(parameter: &Parameter) -> Self {
        let message = format!("Cannot bind argument to parameter '{}' because it is an empty array.", parameter.name);
        BindError::validation("ParameterArgumentValidationErrorEmptyArrayNotAllowed", message)
    }

    /// The number is negative.
    pub(super) fn below_range(parameter: &Parameter, number: i32) -> Self {
        let why = format!(
            "The {number} argument is less than the minimum allowed range of 0. Supply an argument that is greater than \
             or equal to 0 and then try the command again."
        );
        BindError::refused(parameter.name, &why)
    }

    /// A list begins with a comma.
    pub(super) fn comma_first() -> Self {
        let message = "Missing argument in parameter list.".to_owned();
        BindError { id: "MissingArgument", message, category: Category::ParserError }
    }

    /// Nothing follows a comma.
    pub(super) fn comma_last() -> Self {
        let message = "Missing expression after ',' in pipeline element.".to_owned();
        BindError { id: "MissingExpression", message, category: Category::ParserError }
    }

    /// No parameter takes any property of the piped object.
    pub fn not_bound() -> Self {
        let message = "The input object cannot be bound to any parameters for the command either because the command does \
                       not take pipeline input or the input and its properties do not match any of the parameters that \
                       take pipeline input.";
        BindError::new("InputObjectNotBound", message.to_owned())
    }

    /// The piped object lacks a property that the call needs.
    pub fn missing_in_object(parameter: &Parameter) -> Self {
        let name = parameter.name;
        let message = format!(
            "The input object cannot be bound because it did not contain the information required to bind all \
             mandatory parameters: {name}"
        );
        BindError::new("InputObjectMissingMandatory", message)
    }

    /// The value has the right type, but the parameter does not take it. `why` is a sentence.
    pub fn refused(parameter: &str, why: &str) -> Self {
        let message = format!("Cannot validate argument on parameter '{parameter}'. {why}");
        BindError::validation("ParameterArgumentValidationError", message)
    }
}
