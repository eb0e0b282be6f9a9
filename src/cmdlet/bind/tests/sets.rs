//! Which words take which places, and which calls are one.

use super::*;

#[test]
fn words_without_a_name_take_the_positions_of_the_sets_still_possible() {
    binds(&[
        ("Lock-WmsSession 3 hi", "LockById SessionId=3 Message=hi"),
        ("Lock-WmsSession -All hi", "LockAll All=true Message=hi"),
        ("Lock-WmsSession hi -All", "LockAll All=true Message=hi"),
        ("Lock-WmsSession -SessionId 3 hi", "LockById SessionId=3 Message=hi"),
        ("Lock-WmsSession hi -SessionId 3", "LockById SessionId=3 Message=hi"),
        ("Lock-WmsSession -Message hi 3", "LockById SessionId=3 Message=hi"),
        ("Lock-WmsSession 3 -Message hi", "LockById SessionId=3 Message=hi"),
        ("Lock-WmsSession 3 -Server lab1 hi", "LockById SessionId=3 Message=hi Server=lab1"),
    ]);
    fails(&[
        ("Lock-WmsSession -All hi 3", "PositionalParameterNotFound", "'3'"),
        ("Close-WmsSession -All 3", "PositionalParameterNotFound", "'3'"),
        // The second word took its position, so the first is told as one too many (`BindPositionalParameters`).
        ("Lock-WmsSession abc hi", "PositionalParameterNotFound", "'abc'"),
        ("Lock-WmsSession abc", "CannotConvertArgumentNoMessage", "\"abc\""),
    ]);
}

#[test]
fn a_call_is_in_exactly_one_set() {
    let message = "Parameter set cannot be resolved using the specified named parameters. One or more parameters issued \
                   cannot be used together or an insufficient number of parameters were provided.";
    fails(&[
        ("Close-WmsSession", "AmbiguousParameterSet", message),
        ("Lock-WmsSession", "AmbiguousParameterSet", message),
        ("Get-WmsSession", "AmbiguousParameterSet", message),
        ("Lock-WmsSession -Message x", "AmbiguousParameterSet", message),
        ("Close-WmsSession -WhatIf", "AmbiguousParameterSet", message),
        ("Close-WmsSession 3 -All", "PositionalParameterNotFound", "'3'"),
        ("Close-WmsSession -SessionId 3 -All", "AmbiguousParameterSet", message),
        ("Close-WmsSession -SessionId 3 -All:$false", "AmbiguousParameterSet", message),
        ("Close-WmsSession -All -SessionId 3 -Foo", "AmbiguousParameterSet", message),
    ]);
}

#[test]
fn nothing_is_given_twice() {
    fails(&[
        (
            "Close-WmsSession -SessionId 3 -sess 4",
            "ParameterAlreadyBound",
            "Cannot bind parameter because parameter 'SessionId' is specified more than once. To provide multiple values \
             to parameters that can accept multiple values, use the array syntax. For example, \"-parameter \
             value1,value2,value3\".",
        ),
        ("Close-WmsSession 3 -Server a -ComputerName b", "ParameterAlreadyBound", "'Server'"),
        ("Close-WmsSession -All -All:$false", "ParameterAlreadyBound", "'All'"),
    ]);
    // A switch and a name with a colon are told as they were written (`ReparseUnboundArguments`).
    fails(&[
        ("Close-WmsSession -SessionId 3 -Ses:6", "ParameterAlreadyBound", "parameter 'Ses' is"),
        ("Close-WmsSession -SessionId 3 -Ses: 6", "ParameterAlreadyBound", "parameter 'Ses' is"),
        ("Close-WmsSession -All -wi -wi", "ParameterAlreadyBound", "parameter 'wi' is"),
        ("Close-WmsSession -All -Verbose -vb", "ParameterAlreadyBound", "parameter 'vb' is"),
        ("Close-WmsSession 3 -Server a -comp:b", "ParameterAlreadyBound", "parameter 'comp' is"),
    ]);
}

#[test]
fn what_is_mandatory_is_asked_for_or_told_as_missing() {
    struct Says(&'static str, Vec<&'static str>);
    impl Prompt for Says {
        fn prompt_for(&mut self, _: &Cmdlet, parameter: &Parameter) -> Option<String> {
            self.1.push(parameter.name);
            Some(self.0.to_owned())
        }
    }
    fails(&[(
        "Lock-WmsSession 3",
        "MissingMandatoryParameter",
        "Cannot process command because of one or more missing mandatory parameters: Message.",
    )]);
    let mut says = Says("good_night", Vec::new());
    assert_eq!(
        shown(&bound_with("Lock-WmsSession 3", false, &mut says).unwrap()),
        "LockById SessionId=3 Message=good_night"
    );
    assert_eq!(says.1, ["Message"]);
    let mut silent = Says("", Vec::new());
    let error = bound_with("Lock-WmsSession -All", false, &mut silent).unwrap_err();
    assert_eq!(error.id, "ParameterArgumentValidationErrorEmptyStringNotAllowed");
    let mut unasked = Says("x", Vec::new());
    bound_with("Lock-WmsSession", false, &mut unasked).unwrap_err();
    assert!(unasked.1.is_empty(), "without a set there is nothing to ask for");
}

#[test]
fn a_pipe_brings_what_the_command_line_leaves_open() {
    let piped = |line| bound_with(line, true, &mut Nobody).map(|bound| shown(&bound)).map_err(|error| error.id);
    assert_eq!(piped("Close-WmsSession"), Ok("piped".to_owned()));
    assert_eq!(piped("Close-WmsSession -WhatIf"), Ok("piped WhatIf=true".to_owned()));
    assert_eq!(piped("Lock-WmsSession -Message hi"), Ok("piped Message=hi".to_owned()));
    assert_eq!(piped("Close-WmsSession 3"), Ok("CloseById SessionId=3".to_owned()));
    assert_eq!(piped("Lock-WmsSession -All hi"), Ok("LockAll All=true Message=hi".to_owned()));
    assert_eq!(piped("Lock-WmsSession"), Err("MissingMandatoryParameter"));
}
