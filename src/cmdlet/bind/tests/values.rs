//! What values are, and how they are written.

use super::*;

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
        ("Close-WmsSession -All:0", "CloseAll All=false"),
        ("Close-WmsSession -All:2", "CloseAll All=true"),
        ("Close-WmsSession 3 -Confirm:$true", "CloseById SessionId=3 Confirm=true"),
        ("Close-WmsSession 3 -Confirm: $false", "CloseById SessionId=3 Confirm=false"),
        // A word after a switch is not its value.
        ("Close-WmsSession -WhatIf 3", "CloseById SessionId=3 WhatIf=true"),
    ]);
    // A bare word is a text, and no switch takes one, not even these.
    let message = "Cannot convert 'System.String' to the type 'System.Management.Automation.SwitchParameter' required by \
                   parameter 'All'. Boolean parameters accept only Boolean values and numbers";
    fails(&[
        ("Close-WmsSession -All:no", "CannotConvertArgument", message),
        ("Close-WmsSession -All:true", "CannotConvertArgument", message),
        ("Close-WmsSession -All:false", "CannotConvertArgument", message),
        ("Close-WmsSession -All:_", "CannotConvertArgument", message),
        ("Close-WmsSession -All: True", "CannotConvertArgument", message),
    ]);
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
        ("Close-WmsSession 3,", "MissingExpression", "Missing expression after ',' in pipeline element."),
        ("Close-WmsSession 3,,4", "MissingExpression", ""),
        ("Close-WmsSession -SessionId ,4", "MissingArgument", "Missing argument in parameter list."),
        ("Close-WmsSession @()", "ParameterArgumentValidationErrorEmptyArrayNotAllowed", "'SessionId'"),
        ("Close-WmsSession 3 4", "PositionalParameterNotFound", "accepts argument '4'."),
        ("Close-WmsSession -SessionId 3 ,abc", "CannotConvertArgumentNoMessage", "\"abc\""),
    ]);
}

#[test]
fn behind_a_comma_a_word_that_looks_like_a_name_is_an_element() {
    fails(&[
        ("Close-WmsSession 3, -All", "CannotConvertArgumentNoMessage", "Cannot convert value \"-All\""),
        ("Close-WmsSession 3, -WhatIf", "CannotConvertArgumentNoMessage", "Cannot convert value \"-WhatIf\""),
        (
            "Close-WmsSession -SessionId 3, -WhatIf",
            "CannotConvertArgumentNoMessage",
            "Cannot convert value \"-WhatIf\"",
        ),
        (
            "Close-WmsSession -SessionId:3, -Server:a",
            "CannotConvertArgumentNoMessage",
            "Cannot convert value \"-Server:a\"",
        ),
        ("Close-WmsSession 3, -WhatIf, 4", "CannotConvertArgumentNoMessage", "Cannot convert value \"-WhatIf\""),
    ]);
    binds(&[("Close-WmsSession 3,4 -WhatIf", "CloseById SessionId=3,4 WhatIf=true")]);
}

#[test]
fn ids_are_written_as_powershell_writes_numbers() {
    for (text, number) in [
        ("3", 3),
        ("0", 0),
        ("", 0),
        (" ", 0),
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
    for text in ["abc", "3x", "kb", "0x", "0xg", "1,0", "e3", "--3", "3 4", "inf", "nan", "NaN", "１", "0b2"] {
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
    ]);
}

#[test]
fn a_text_with_nothing_in_it_is_0() {
    binds(&[
        ("Close-WmsSession ''", "CloseById SessionId=0"),
        ("Close-WmsSession _", "CloseById SessionId=0"),
        ("Close-WmsSession -SessionId ''", "CloseById SessionId=0"),
        ("Lock-WmsSession '' hi", "LockById SessionId=0 Message=hi"),
        ("Close-WmsSession 3 -ob ''", "CloseById SessionId=3 OutBuffer=0"),
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
        ("Close-WmsSession 3 -ob 2147483648", "CannotConvertArgumentNoMessage", "\"2147483648\""),
        (
            "Close-WmsSession 3 -OutBuffer -1",
            "ParameterArgumentValidationError",
            "Cannot validate argument on parameter 'OutBuffer'. The -1 argument is less than the minimum allowed range of \
             0. Supply an argument that is greater than or equal to 0 and then try the command again.",
        ),
        ("Get-WmsSession -All -Thumbnail huge", "CannotConvertArgumentNoMessage", "Small, Medium, Large, FullScreen"),
    ]);
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
