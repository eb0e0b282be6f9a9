//! The module for PowerShell, `packaging/powershell/Usher`. PowerShell itself is in no registry that we build from, so
//! nothing here runs the module: a grammar parses its files, and what it takes from usher is held against what the real
//! usher writes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;
use usher::cmdlet::{ALL, Cmdlet, Parameter, Sets, Type};

use crate::harness::Daemon;

fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/powershell/Usher")
}

fn read(file: &str) -> String {
    fs::read_to_string(module().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every script of the module, by its name.
fn scripts() -> Vec<String> {
    let files = |directory: &str| {
        let entries = fs::read_dir(module().join(directory)).expect("a directory");
        let name = |entry: fs::DirEntry| format!("{directory}/{}", entry.file_name().display());
        entries.map(move |entry| name(entry.expect("an entry"))).collect::<Vec<_>>()
    };
    let all = [".", "Public", "Private", "en-US", "zh-CN"].map(files).concat();
    all.into_iter().filter(|name| [".ps1", ".psm1", ".psd1"].iter().any(|end| name.ends_with(end))).collect()
}

/// The first thing in a script that is not as the grammar has it.
fn mistake(script: &str) -> Option<String> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("a grammar that the parser knows");
    let tree = parser.parse(script, None).expect("a tree");
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        if node.is_error() || node.is_missing() {
            return Some(format!("line {}: {}", node.start_position().row + 1, node.to_sexp()));
        }
        open.extend(node.children(&mut node.walk()));
    }
    None
}

#[test]
fn every_script_is_as_the_grammar_has_it() {
    assert!(scripts().len() > 12, "{:?}", scripts());
    for name in scripts() {
        assert_eq!(mistake(&read(&name)), None, "{name}");
    }
    assert!(mistake("function Get-Nothing { if ($true { } }").is_some(), "the grammar tells what is wrong");
}

#[test]
fn the_module_has_every_file_and_the_version_of_usher() {
    let manifest = read("Usher.psd1");
    assert!(manifest.contains(&format!("ModuleVersion        = '{}'", env!("CARGO_PKG_VERSION"))), "{manifest}");
    let root = read("Usher.psm1");
    for name in scripts().iter().filter(|name| name.ends_with(".ps1")) {
        assert!(root.contains(&format!(". \"$PSScriptRoot/{name}\"\n")), "{name} is read");
    }
    let read_in = Regex::new(r#"(?m)^\. "\$PSScriptRoot/(.*)"$"#).expect("a pattern");
    for file in read_in.captures_iter(&root) {
        assert!(module().join(&file[1]).is_file(), "{}", &file[1]);
    }
    for cmdlet in ALL {
        assert!(manifest.contains(&format!("        '{}'\n", cmdlet.name)), "{} is exported", cmdlet.name);
        assert!(root.contains(&format!("Public/{}.ps1", cmdlet.name)), "{} is read", cmdlet.name);
    }
}

/// A parameter as a function declares it.
fn declaration(cmdlet: &Cmdlet, parameter: &Parameter) -> String {
    let attributes = [
        parameter.mandatory.then(|| "Mandatory".to_owned()),
        parameter.position.map(|position| format!("Position = {position}")),
        parameter.pipeline.map(|_| "ValueFromPipelineByPropertyName".to_owned()),
        match parameter.sets {
            Sets::All => None,
            Sets::Only(set) => Some(format!("ParameterSetName = '{}'", cmdlet.sets[usize::from(set)])),
        },
    ];
    let attributes: Vec<String> = attributes.into_iter().flatten().collect();
    let mut lines = Vec::new();
    if !attributes.is_empty() {
        lines.push(format!("[Parameter({})]", attributes.join(", ")));
    }
    if !parameter.aliases.is_empty() {
        lines.push(format!("[Alias('{}')]", parameter.aliases.join("', '")));
    }
    if let Type::Choice(_, known) = parameter.kind {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        lines.push(format!("[ValidateSet('{}')]", names.join("', '")));
    }
    let kind = match parameter.kind {
        Type::Ids => "uint32[]",
        Type::Text | Type::Choice(..) => "string",
        Type::Switch => "switch",
        Type::Number => "int",
    };
    lines.push(format!("[{kind}] ${}", parameter.name));
    lines.iter().map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_function_declares_the_parameters_of_its_cmdlet() {
    for cmdlet in ALL {
        let text = read(&format!("Public/{}.ps1", cmdlet.name));
        let parameters: Vec<String> = cmdlet.declared.iter().map(|p| declaration(cmdlet, p)).collect();
        let block = format!("    param(\n{}\n    )\n", parameters.join(",\n\n"));
        assert!(text.contains(&block), "{}: not\n{block}", cmdlet.name);
        let binding = if cmdlet.should_process { "(SupportsShouldProcess)" } else { "()" };
        assert!(text.contains(&format!("    [CmdletBinding{binding}]\n")), "{}", cmdlet.name);
        assert!(text.starts_with("<#\n.EXTERNALHELP Usher-help.xml\n#>\nfunction "), "{}", cmdlet.name);
        assert!(text.contains(&format!("\nfunction {} {{\n", cmdlet.name)), "{}", cmdlet.name);
    }
}

/// A daemon with two sessions, the first of them locked.
fn school() -> Daemon {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.open("exec cat");
    daemon.usher(&["lock", "1", "--message", "hi"]).exits(0);
    daemon
}

/// Runs usher as the module does: see `Start-Usher.ps1`, and `Get-UsherArgument` for the form of arguments.
fn called(daemon: &Daemon, language: &str, arguments: &[&str]) -> (Value, String) {
    let said = daemon.usher(&[&["--output", "json", "--lang", language], arguments].concat()).said();
    (serde_json::from_str(&said.stdout).expect("JSON alone"), said.stderr)
}

/// The names of the properties that the scripts read of what variables of these names hold.
fn properties_read(variables: &str) -> BTreeSet<String> {
    let read_of = Regex::new(&format!(r"\$(?i:{variables})\.(\w+)")).expect("a pattern");
    let text: String = scripts().iter().map(|name| read(name)).collect();
    let found = read_of.captures_iter(&text).map(|found| found[1].to_owned());
    found.filter(|name| name != "PSObject").collect()
}

#[test]
fn every_property_that_the_module_reads_is_there() {
    let daemon = school();
    let (sessions, _) = called(&daemon, "en", &["Get-WmsSession", "-All:$True", "-Thumbnail:Small"]);
    let (outcomes, _) = called(&daemon, "en", &["Close-WmsSession", "-SessionId:1,2", "-WhatIf"]);
    daemon.usher(&["servers", "group", "lab", "a.example", "b.example"]).exits(0);
    let (servers, _) = called(&daemon, "en", &["servers"]);
    for (variables, objects, some) in [
        ("session", &sessions, "SessionId"),
        (r"(?:outcome|group\.Group)", &outcomes, "result"),
        ("server", &servers, "groups"),
    ] {
        let read = properties_read(variables);
        assert!(read.contains(some), "{variables}: {read:?}");
        for name in read {
            assert!(objects[0].get(&name).is_some(), "{variables}.{name}: {}", objects[0]);
        }
    }
    assert!(read("Private/Invoke-WmsAction.ps1").contains("-Property 'host'") && outcomes[0]["host"].is_string());
    assert_eq!(outcomes[0]["result"], "planned");
}

#[test]
fn the_format_views_show_properties_that_are_there() {
    let daemon = school();
    let said = daemon.usher(&["--output", "json", "Get-WmsSession", "1"]).exits(0);
    let order = Regex::new("(?m)^    \"(\\w+)\":").expect("a pattern");
    let there: Vec<String> = order.captures_iter(&said.stdout).map(|found| found[1].to_owned()).collect();
    let text = read("Usher.format.ps1xml");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let shown = |control: &str| -> Vec<String> {
        let control = document.descendants().find(|node| node.has_tag_name(control)).expect("a view");
        let names = control.descendants().filter(|node| node.has_tag_name("PropertyName"));
        names.filter_map(|node| node.text().map(str::to_owned)).collect()
    };
    assert_eq!(shown("ListControl"), there, "all of them, as the reference has them");
    let table = shown("TableControl");
    assert!(table.iter().all(|name| there.contains(name)), "{table:?}");
    let heads = document.descendants().filter(|node| node.has_tag_name("TableColumnHeader")).count();
    assert_eq!(heads, table.len());
    let types = document.descendants().filter(|node| node.has_tag_name("TypeName"));
    let types: BTreeSet<&str> = types.filter_map(|node| node.text()).collect();
    assert_eq!(types, BTreeSet::from(["WmsSession"]));
    assert!(read("Private/ConvertTo-WmsSession.ps1").contains("TypeNames.Insert(0, 'WmsSession')"));
}

/// A pattern that a script has in a variable. PowerShell's are .NET's, of which these use what ours have too.
fn pattern(name: &str) -> Regex {
    let text = read("Private/Write-UsherMessage.ps1");
    let found = Regex::new(&format!(r"\$script:{name} = '(.*)'\n")).expect("a pattern").captures(&text);
    Regex::new(&found.expect("the pattern is there")[1]).expect("a pattern")
}

#[test]
fn errors_and_warnings_are_understood_in_every_language() {
    let (record, warning) = (pattern("RecordPattern"), pattern("WarningPattern"));
    let daemon = school();
    for language in ["en", "zh-CN"] {
        for (arguments, expected) in [
            (
                vec!["Lock-WmsSession", "-SessionId:1,99", "-Message:hi"],
                ["ObjectNotFound", "99", "UInt32", "SessionNotFound"],
            ),
            (vec!["Get-WmsSession", "-SessionId:98"], ["ObjectNotFound", "98", "UInt32", "SessionNotFound"]),
            (
                vec!["Close-WmsSession", "-SessionId:1", "-Server:lab.invalid", "-WhatIf"],
                ["ConnectionError", "lab.invalid", "String", "HostUnreachable"],
            ),
        ] {
            let (_, said) = called(&daemon, language, &arguments);
            let found = record.captures(&said).unwrap_or_else(|| panic!("{language}: {said}"));
            let parts = ["category", "target", "type", "id"].map(|name| found[name].to_owned());
            assert_eq!(parts, expected.map(str::to_owned), "{language}: {said}");
            assert!(!found["message"].is_empty(), "{said}");
            assert_eq!(record.replace_all(&said, "").trim(), "", "nothing else was said: {said}");
        }
        let (outcomes, said) = called(&daemon, language, &["Close-WmsSession", "-All:$False", "-WhatIf"]);
        assert_eq!(outcomes, Value::Array(Vec::new()));
        let found = warning.captures(said.trim_end()).unwrap_or_else(|| panic!("{language}: {said}"));
        assert!(found["text"].contains("-All"), "{said}");
    }
}

#[test]
fn usher_takes_every_argument_as_the_module_writes_it() {
    assert!(read("Private/Invoke-Usher.ps1").contains("\"-${parameter}:$value\""), "a name and its value are one word");
    let daemon = school();
    let act = |arguments: &[&str]| -> Vec<Value> {
        let (outcomes, said) = called(&daemon, "en", arguments);
        assert_eq!(said, "", "{arguments:?}");
        outcomes.as_array().expect("outcomes").iter().map(|outcome| outcome["result"].clone()).collect()
    };
    // A message may look like anything.
    assert_eq!(act(&["Lock-WmsSession", "-SessionId:1,2", "-Message:-All: 3, $x"]), ["done", "done"]);
    assert_eq!(daemon.lock_message(2).as_deref(), Some("-All: 3, $x"));
    assert_eq!(act(&["Unlock-WmsSession", "-All:$True", "-Server:localhost", "-ErrorAction:Stop"]), ["done", "done"]);
    assert_eq!(act(&["Disconnect-WmsSession", "-All:$True", "-WhatIf"]), ["unchanged", "unchanged"]);
    assert_eq!(act(&["Close-WmsSession", "-SessionId:2"]), ["done"]);
    assert_eq!(daemon.ids(), [1]);
}

#[test]
fn the_help_is_xml_with_every_cmdlet_and_both_languages_have_the_same_files() {
    for language in ["en-US", "zh-CN"] {
        let text = read(&format!("{language}/Usher-help.xml"));
        let document = roxmltree::Document::parse(&text).expect("XML");
        let details = document.descendants().filter(|node| node.tag_name().name() == "details");
        let names: Vec<&str> =
            details.filter_map(|node| node.children().find(|n| n.tag_name().name() == "name")?.text()).collect();
        assert_eq!(names, ALL.map(|cmdlet| cmdlet.name), "{language}");
        let about = read(&format!("{language}/about_Usher.help.txt"));
        assert!(about.starts_with("TOPIC\n    about_Usher\n"), "{language}: {about}");
        assert!(ALL.iter().all(|cmdlet| about.contains(cmdlet.name)), "{language}");
    }
    // Every sentence of the module's own is in Chinese too.
    let key = Regex::new(r"(?m)^ +(\w+) += '(.*)'$").expect("a pattern");
    let sentences = |text: &str| -> Vec<(String, usize)> {
        key.captures_iter(text).map(|found| (found[1].to_owned(), found[2].matches('{').count())).collect()
    };
    let root = read("Usher.psm1");
    let (_, english) = root.split_once("$script:Strings = @{").expect("the sentences");
    let english = english.split_once("\n}").expect("their end").0;
    assert_eq!(sentences(english), sentences(&read("zh-CN/Usher.Strings.psd1")));
    assert_eq!(sentences(english).len(), 4);
}
