//! One table per rule: what binds, and what does not. A comment names the page or source of a rule that surprises.

use super::*;
use crate::cmdlet::find;

/// The words of a line, as a shell without quoting would split it; `''` is an empty word, `_` in a word a space.
fn words(line: &str) -> Vec<String> {
    let word = |word: &str| if word == "''" { String::new() } else { word.replace('_', " ") };
    line.split_whitespace().map(word).collect()
}

fn bound_with(line: &str, piped: bool, prompt: &mut dyn Prompt) -> Result<Bound, BindError> {
    let words = words(line);
    let cmdlet = find(&words[0]).expect("a cmdlet");
    match bind(cmdlet, &words[1..], piped, prompt)? {
        Binding::Call(bound) => Ok(bound),
        Binding::Help => panic!("{line}: help"),
    }
}

/// `Set Name=value Name=value`.
fn shown(bound: &Bound) -> String {
    let mut text = bound.set_name().unwrap_or("piped").to_owned();
    for (parameter, value) in &bound.values {
        let value = match value {
            Value::Ids(ids) => ids.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
            Value::Text(value) => value.replace(' ', "_"),
            Value::Switch(on) => on.to_string(),
            Value::Choice(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
        };
        text += &format!(" {}={value}", parameter.name);
    }
    text
}

#[track_caller]
fn binds(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        let bound = bound_with(line, false, &mut Nobody);
        assert_eq!(bound.as_ref().map(shown), Ok((*expected).to_owned()), "{line}");
    }
}

#[track_caller]
fn fails(cases: &[(&str, &str, &str)]) {
    for (line, id, part) in cases {
        let error = bound_with(line, false, &mut Nobody).map(|bound| shown(&bound)).expect_err(line);
        assert_eq!(error.id, *id, "{line}: {error}");
        assert!(error.message.contains(part), "{line}: {error}");
    }
}

#[test]
fn names_are_found_in_any_casing_and_by_unique_beginnings() {
    binds(&[
        ("Close-WmsSession -SessionId 3", "CloseById SessionId=3"),
        ("close-wmssession -sessionid 3", "CloseById SessionId=3"),
        ("CLOSE-WMSSESSION -SESS 3", "CloseById SessionId=3"),
        ("Close-WmsSession –SessionId 3", "CloseById SessionId=3"),
        ("Close-WmsSession -A", "CloseAll All=true"),
        ("Lock-WmsSession -A -M x", "LockAll All=true Message=x"),
        ("Unlock-WmsSession -All -ComputerName lab1", "UnlockAll All=true Server=lab1"),
        ("Unlock-WmsSession -All -Comp lab1", "UnlockAll All=true Server=lab1"),
        ("Close-WmsSession -All -wi", "CloseAll All=true WhatIf=true"),
        ("Close-WmsSession -All -Wh", "CloseAll All=true WhatIf=true"),
        ("Close-WmsSession -All -CF", "CloseAll All=true Confirm=true"),
        ("Close-WmsSession -All -v", "CloseAll All=true Verbose=true"),
        ("Close-WmsSession -All -d", "CloseAll All=true Debug=true"),
        ("Get-WmsSession -All -t large", "GetAll All=true Thumbnail=2"),
    ]);
}

#[test]
fn the_cmdlets_own_parameter_is_preferred_where_it_alone_matches() {
    // `-C` begins Confirm and the alias ComputerName; only Server is the cmdlet's own.
    binds(&[
        ("Close-WmsSession -All -C lab1", "CloseAll All=true Server=lab1"),
        ("Close-WmsSession -All -Co lab1", "CloseAll All=true Server=lab1"),
        ("Close-WmsSession -All -Con", "CloseAll All=true Confirm=true"),
    ]);
}

#[test]
fn a_name_that_could_be_several_is_ambiguous() {
    fails(&[
        (
            "Lock-WmsSession -S 3 -M x",
            "AmbiguousParameter",
            "Parameter cannot be processed because the parameter name 'S' is ambiguous. Possible matches include: \
             -SessionId -Server.",
        ),
        ("Lock-WmsSession -S:3 -M x", "AmbiguousParameter", "-SessionId -Server"),
        ("Close-WmsSession -All -W", "AmbiguousParameter", "-WarningAction -WarningVariable -WhatIf"),
        ("Close-WmsSession -All -E Stop", "AmbiguousParameter", "-ErrorAction -ErrorVariable"),
        ("Close-WmsSession -All -O x", "AmbiguousParameter", "-OutVariable -OutBuffer"),
        ("Lock-WmsSession 3 -Message -S", "AmbiguousParameter", "'S'"),
    ]);
}

#[test]
fn a_name_that_begins_nothing_is_not_found() {
    fails(&[
        (
            "Close-WmsSession 3 -Foo",
            "NamedParameterNotFound",
            "A parameter cannot be found that matches parameter name 'Foo'.",
        ),
        ("Close-WmsSession 3 -Foo 4", "NamedParameterNotFound", "'Foo'"),
        ("Close-WmsSession -Foo 3", "NamedParameterNotFound", "'Foo'"),
        ("Close-WmsSession 3 -Foo:4", "NamedParameterNotFound", "'Foo'"),
        ("Close-WmsSession 3 -SessionIds 4", "NamedParameterNotFound", "'SessionIds'"),
        // No cmdlet but those that ask have them.
        ("Lock-WmsSession 3 x -WhatIf", "NamedParameterNotFound", "'WhatIf'"),
        ("Get-WmsSession 3 -Confirm", "NamedParameterNotFound", "'Confirm'"),
    ]);
}

#[test]
fn values_stand_after_a_colon_or_in_the_next_word() {
    binds(&[
        ("Close-WmsSession -SessionId:3", "CloseById SessionId=3"),
        ("Close-WmsSession -SessionId: 3", "CloseById SessionId=3"),
        ("Lock-WmsSession 3 -Message:-x", "LockById SessionId=3 Message=-x"),
        ("Lock-WmsSession 3 -Message:a:b", "LockById SessionId=3 Message=a:b"),
        ("Lock-WmsSession 3 -Message: -All", "LockById SessionId=3 Message=-All"),
    ]);
}

#[test]
fn a_value_may_begin_with_a_dash_if_it_is_no_name() {
    binds(&[
        ("Lock-WmsSession 3 -Message -x", "LockById SessionId=3 Message=-x"),
        ("Lock-WmsSession 3 -Message -", "LockById SessionId=3 Message=-"),
        ("Lock-WmsSession 3 -Message --x", "LockById SessionId=3 Message=--x"),
        ("Lock-WmsSession 3 -Message -5", "LockById SessionId=3 Message=-5"),
        ("Lock-WmsSession 3 -Message -- -All", "LockById SessionId=3 Message=-All"),
        ("Lock-WmsSession 3 -- -All", "LockById SessionId=3 Message=-All"),
        ("Lock-WmsSession 3 -Message --help", "LockById SessionId=3 Message=--help"),
    ]);
    fails(&[
        ("Lock-WmsSession 3 -Message -All", "MissingArgument", "'Message'"),
        ("Lock-WmsSession 3 -Message -x:y", "MissingArgument", "'Message'"),
        ("Lock-WmsSession 3 -x", "NamedParameterNotFound", "'x'"),
    ]);
}

#[test]
fn a_name_without_its_value_says_which_type_is_missing() {
    fails(&[
        (
            "Close-WmsSession -SessionId",
            "MissingArgument",
            "Missing an argument for parameter 'SessionId'. Specify a parameter of type 'System.UInt32[]' and try again.",
        ),
        ("Lock-WmsSession 3 -Message", "MissingArgument", "'System.String'"),
        ("Close-WmsSession -SessionId -WhatIf", "MissingArgument", "'SessionId'"),
        ("Close-WmsSession -All -ErrorAction", "MissingArgument", "'System.Management.Automation.ActionPreference'"),
    ]);
}

#[test]
fn a_switch_takes_a_value_after_a_colon() {
    binds(&[
        ("Close-WmsSession -All:$false", "CloseAll All=false"),
        ("Close-WmsSession -All:$TRUE", "CloseAll All=true"),
        ("Close-WmsSession -All:false", "CloseAll All=false"),
        ("Close-WmsSession -All:0", "CloseAll All=false"),
        ("Close-WmsSession -All:2", "CloseAll All=true"),
        ("Close-WmsSession 3 -Confirm:$true", "CloseById SessionId=3 Confirm=true"),
        ("Close-WmsSession 3 -Confirm: $false", "CloseById SessionId=3 Confirm=false"),
        // A word after a switch is not its value.
        ("Close-WmsSession -WhatIf 3", "CloseById SessionId=3 WhatIf=true"),
    ]);
    fails(&[("Close-WmsSession -All:no", "CannotConvertArgument", "'no'")]);
}

#[test]
fn a_switch_whose_value_the_shell_took_away_is_refused() {
    fails(&[
        ("Close-WmsSession 3 -Confirm:", "MissingArgument", "'Confirm'"),
        ("Close-WmsSession -Confirm: 3", "MissingArgument", "'Confirm'"),
    ]);
}

#[test]
fn lists_are_written_with_commas_in_one_word_or_several() {
    binds(&[
        ("Close-WmsSession 3,4,5", "CloseById SessionId=3,4,5"),
        ("Close-WmsSession 3, 4, 5", "CloseById SessionId=3,4,5"),
        ("Close-WmsSession 3 ,4 , 5", "CloseById SessionId=3,4,5"),
        ("Close-WmsSession -SessionId 3, 4 -WhatIf", "CloseById SessionId=3,4 WhatIf=true"),
        ("Close-WmsSession -SessionId:3, 4", "CloseById SessionId=3,4"),
        ("Close-WmsSession @(3,4)", "CloseById SessionId=3,4"),
        ("Close-WmsSession @(3, 4)", "CloseById SessionId=3,4"),
        ("Close-WmsSession -SessionId @(3, 4)", "CloseById SessionId=3,4"),
        ("Close-WmsSession 3,_4", "CloseById SessionId=3,4"),
        ("Close-WmsSession (3)", "CloseById SessionId=3"),
        ("Lock-WmsSession 3, 4 Hello,_all", "LockById SessionId=3,4 Message=Hello,_all"),
        ("Lock-WmsSession -Message Hello, 3", "LockById SessionId=3 Message=Hello,"),
        ("Close-WmsSession 3,3", "CloseById SessionId=3,3"),
    ]);
    fails(&[
        ("Close-WmsSession 3,", "CannotConvertArgumentNoMessage", "\"\""),
        ("Close-WmsSession 3, -All", "PositionalParameterNotFound", ""),
        ("Close-WmsSession @()", "ParameterArgumentValidationErrorEmptyArrayNotAllowed", "'SessionId'"),
        ("Close-WmsSession 3 4", "PositionalParameterNotFound", "accepts argument '4'."),
    ]);
}

#[test]
fn ids_are_written_as_powershell_writes_numbers() {
    for (text, number) in [
        ("3", 3),
        ("0", 0),
        ("0x10", 16),
        ("0XFF", 255),
        ("0b101", 5),
        ("1kb", 1024),
        ("1KB", 1024),
        ("1.5kb", 1536),
        ("0x1b", 27),
        ("1e3", 1000),
        ("2.5", 2),
        ("3.5", 4),
        ("3u", 3),
        ("3ul", 3),
        ("+3", 3),
        (" 3 ", 3),
        ("4294967295", u32::MAX),
        ("0xffffffff", u32::MAX),
        ("-0", 0),
    ] {
        assert_eq!(id(text), Ok(number), "{text}");
    }
    for text in ["", "abc", "3x", "kb", "0x", "0xg", "1,0", "e3", "--3", "3 4", "inf", "nan", "NaN", "１", "0b2"] {
        assert_eq!(id(text), Err(format!("The input string '{text}' was not in a correct format.")));
    }
    for text in ["-1", "4294967296", "1tb", "0x100000000", "1e99"] {
        assert_eq!(id(text), Err("Value was either too large or too small for a UInt32.".to_owned()), "{text}");
    }
}

#[test]
fn a_value_that_is_no_number_is_a_conversion_error_with_the_value() {
    fails(&[
        (
            "Close-WmsSession -SessionId abc",
            "CannotConvertArgumentNoMessage",
            "Cannot bind parameter 'SessionId'. Cannot convert value \"abc\" to type \"System.UInt32\". Error: \"",
        ),
        ("Close-WmsSession abc", "CannotConvertArgumentNoMessage", "\"abc\""),
        ("Close-WmsSession -1", "CannotConvertArgumentNoMessage", "\"-1\""),
        ("Close-WmsSession 4294967296", "CannotConvertArgumentNoMessage", "\"4294967296\""),
        ("Close-WmsSession 3,abc", "CannotConvertArgumentNoMessage", "\"abc\""),
        ("Close-WmsSession ''", "CannotConvertArgumentNoMessage", "\"\""),
    ]);
}

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
}

#[test]
fn an_empty_text_is_refused_where_a_text_is_needed() {
    fails(&[
        (
            "Lock-WmsSession 3 -Message ''",
            "ParameterArgumentValidationErrorEmptyStringNotAllowed",
            "Cannot bind argument to parameter 'Message' because it is an empty string.",
        ),
        ("Lock-WmsSession 3 ''", "ParameterArgumentValidationErrorEmptyStringNotAllowed", "'Message'"),
        ("Close-WmsSession 3 -Server ''", "ParameterArgumentValidationErrorEmptyStringNotAllowed", "'Server'"),
    ]);
    let error = bound_with("Lock-WmsSession 3 ''", false, &mut Nobody).unwrap_err();
    assert_eq!(error.exception(), "ParameterBindingValidationException");
}

#[test]
fn common_parameters_have_their_aliases_and_values() {
    binds(&[
        ("Close-WmsSession 3 -ea Stop", "CloseById SessionId=3 ErrorAction=1"),
        ("Close-WmsSession 3 -ea 0", "CloseById SessionId=3 ErrorAction=0"),
        ("Close-WmsSession 3 -ErrorA si", "CloseById SessionId=3 ErrorAction=0"),
        ("Close-WmsSession 3 -wa IGNORE", "CloseById SessionId=3 WarningAction=4"),
        ("Close-WmsSession 3 -infa c", "CloseById SessionId=3 InformationAction=2"),
        ("Close-WmsSession 3 -proga inq", "CloseById SessionId=3 ProgressAction=3"),
        ("Close-WmsSession 3 -vb -db", "CloseById SessionId=3 Verbose=true Debug=true"),
        ("Close-WmsSession 3 -ev e -wv w -iv i", {
            "CloseById SessionId=3 ErrorVariable=e WarningVariable=w InformationVariable=i"
        }),
        (
            "Close-WmsSession 3 -ov o -ob 10 -pv p",
            "CloseById SessionId=3 OutVariable=o OutBuffer=10 PipelineVariable=p",
        ),
    ]);
    fails(&[
        ("Close-WmsSession 3 -ea S", "CannotConvertArgumentNoMessage", "SilentlyContinue, Stop"),
        ("Close-WmsSession 3 -ea 7", "CannotConvertArgumentNoMessage", "\"7\""),
        ("Close-WmsSession 3 -ea never", "CannotConvertArgumentNoMessage", "ActionPreference"),
        ("Close-WmsSession 3 -ob x", "CannotConvertArgumentNoMessage", "System.Int32"),
        ("Get-WmsSession -All -Thumbnail huge", "CannotConvertArgumentNoMessage", "Small, Medium, Large, FullScreen"),
    ]);
}

#[test]
fn what_is_mandatory_is_asked_for_or_told_as_missing() {
    struct Says(&'static str, Vec<&'static str>);
    impl Prompt for Says {
        fn ask(&mut self, _: &Cmdlet, parameter: &Parameter) -> Option<String> {
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

#[test]
fn help_is_asked_for_anywhere_but_in_a_value() {
    let help = |line: &str| {
        let words = words(line);
        matches!(bind(find(&words[0]).unwrap(), &words[1..], false, &mut Nobody), Ok(Binding::Help))
    };
    assert!(help("Lock-WmsSession -?"));
    assert!(help("Lock-WmsSession 3 -Foo 4 -?"));
    assert!(help("Lock-WmsSession --help"));
    assert!(help("Lock-WmsSession 3 x --help"));
    assert!(!help("Lock-WmsSession 3 -- -?"));
    assert!(!help("Lock-WmsSession 3 -- --help"));
}
