//! Which parameter a name means.

use super::*;

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
