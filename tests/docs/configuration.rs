//! docs/configuration.md is written by hand; its example has every setting, at its default.

use std::collections::BTreeSet;
use std::fs;

use usherd::host::settings::Settings;

#[test]
fn the_configuration_shows_every_setting_with_its_default() {
    let page = fs::read_to_string(super::docs().join("configuration.md")).expect("docs/configuration.md is there");
    let (_, example) = page.split_once("```toml\n").expect("it has an example");
    let (example, _) = example.split_once("```").expect("the example has an end");

    let shown: toml::Table = toml::from_str(example).expect("the example is TOML");
    let shown: BTreeSet<String> = shown.keys().cloned().collect();
    assert_eq!(shown, settings(), "the settings in the example");

    let read: Settings = toml::from_str(example).expect("the daemon reads the example");
    assert_eq!(format!("{read:?}"), format!("{:?}", Settings::default()), "the values in the example");
    for name in &shown {
        assert!(page.contains(&format!("| `{name}` |")), "{name} is not in the table");
    }
}

/// The settings' names, from the complaint about one that there is not.
fn settings() -> BTreeSet<String> {
    let complaint = toml::from_str::<Settings>("no_such_setting = 1").expect_err("it is refused").to_string();
    let (_, names) = complaint.split_once("expected ").expect("the complaint lists what there is");
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
