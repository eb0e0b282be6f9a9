//! Joining with a token: what is kept, what is shown, and every way in which it is refused.

use std::os::unix::fs::PermissionsExt;

use crate::harness::{Lab, Operator, wait_until};

#[test]
fn one_line_on_each_side_and_the_host_is_known() {
    let lab = Lab::start();
    let id = lab.open();
    let operator = Operator::new();
    let invited = lab.usher(&["invite", "olga@laptop"]).exits(0).says(&["usher join", "127.0.0.1"]);
    let token = invited.stdout.trim();
    assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "one shell-safe word: {token}");

    let said = operator.usher(&["join", token, "--name", "lab"]).exits(0).stdout;
    assert!(said.contains("olga@laptop") && said.contains("usher list --server lab"), "{said}");
    let mode = |name: &str| operator.kept(name).metadata().expect("it is kept").permissions().mode() & 0o777;
    assert_eq!((mode("."), mode("key.pem"), mode("server.toml")), (0o700, 0o600, 0o600));
    assert!(operator.read("authority.pem").contains("BEGIN CERTIFICATE"));
    assert!(operator.read("server.toml").contains("identity = \"olga@laptop\""));

    let sessions = operator.usher(&["--output", "json", "list", "--server", "lab"]).exits(0).json();
    assert_eq!(sessions[0]["session_id"].to_string(), id);
    let known = lab.usher(&["--output", "json", "identities"]).exits(0).json();
    assert_eq!((&known[0]["name"], &known[0]["role"]), (&"olga@laptop".into(), &"operator".into()));
    let records = (lab.audit("invite"), lab.audit("redeem"));
    assert_eq!((records.0.len(), records.1.len()), (1, 1));
    assert_eq!(records.1[0]["from"], "TLS from 127.0.0.1");
    assert!(!format!("{records:?}").contains(token), "no token in the audit log");
}

#[test]
fn without_a_name_the_user_at_this_machine_joins() {
    let lab = Lab::start();
    let operator = Operator::new();
    let token = lab.invite(&[]);
    let joined = operator.usher(&["--output", "json", "join", &token, "--name", "lab"]).exits(0).json()[0].clone();
    let name = joined["identity"].as_str().expect("a name").to_owned();
    assert!(name.starts_with("olga@"), "{joined}");
    // The same again is somebody else's name now.
    let other = Operator::new();
    other.usher(&["join", &lab.invite(&[]), "--name", "lab"]).exits(1).says(&[&name, "already", "--as"]);
    other.usher(&["join", &lab.invite(&[]), "--name", "lab", "--as", "otto@desk"]).exits(0);
    other.usher(&["list", "--server", "lab"]).exits(0);
}

#[test]
fn a_token_is_read_from_standard_input_too() {
    let lab = Lab::start();
    let operator = Operator::new();
    let file = lab.file("token");
    std::fs::write(&file, lab.invite(&["olga@laptop"]) + "\n").expect("a file");
    let mut join = operator.command("usher");
    join.args(["join", "-", "--name", "lab"]).stdin(std::fs::File::open(&file).expect("a file"));
    assert!(join.output().expect("usher").status.success());
    operator.usher(&["list", "--server", "lab"]).exits(0);
}

#[test]
fn a_token_is_refused_the_second_time_and_the_host_says_by_whom_it_was_used() {
    let lab = Lab::start();
    let token = lab.invite(&["olga@laptop"]);
    Operator::new().usher(&["join", &token, "--name", "lab"]).exits(0);
    let second = Operator::new();
    second.usher(&["join", &token, "--name", "lab"]).exits(1).says(&["used already", "olga@laptop", "usher invite"]);
    assert!(!second.kept("server.toml").exists());
    let refused = lab.audit("redeem").into_iter().any(|r| r["outcomes"][0]["error"]["id"] == "InvitationUsed");
    assert!(refused, "the second use is in the audit log");
}

#[test]
fn a_token_whose_time_is_over_is_refused() {
    let lab = Lab::start_with("invitation_seconds = 1\n", "");
    let invitation = lab.usher(&["--output", "json", "invite", "olga@laptop"]).exits(0).json()[0].clone();
    let told = |name: &str| invitation[name].as_str().expect("a text").to_owned();
    let expires: jiff::Timestamp = told("expires").parse().expect("a time");
    wait_until("its second is over", || jiff::Timestamp::now() > expires);
    Operator::new().usher(&["join", &told("token")]).exits(1).says(&["was good until", "usher invite"]);
}

#[test]
fn nothing_is_sent_to_a_host_that_another_authority_vouches_for() {
    let (lab, other) = (Lab::start(), Lab::start());
    let mut token: usher_core::token::Token = lab.invite(&["olga@laptop"]).parse().expect("a token");
    let address = lab.address;
    // Who answers at the address is not who made the token.
    token.addresses = vec![other.address.to_string().parse().expect("an address")];
    let operator = Operator::new();
    let refused = operator.usher(&["join", &token.to_string(), "--name", "lab"]).exits(1);
    refused.says(&["another authority", "Nothing was sent"]);
    assert_eq!(other.audit("redeem").len(), 0);
    assert!(!operator.kept("server.toml").exists());

    // The right one at any of the addresses is found all the same.
    token.addresses.push(address.to_string().parse().expect("an address"));
    operator.usher(&["join", &token.to_string(), "--name", "lab"]).exits(0);
}

#[test]
fn nobody_there_no_token_and_a_name_that_is_taken_are_each_said() {
    let mut lab = Lab::start();
    let operator = lab.joined("olga@laptop", "operator");
    operator.usher(&["join", "usher1.abc"]).exits(2).says(&["no whole token"]);

    // The same host may be joined again under its name, another host may not take it.
    operator.usher(&["join", &lab.invite(&["olga@laptop"]), "--name", "lab"]).exits(0);
    let other = Lab::start();
    let token = other.invite(&["olga@laptop"]);
    operator.usher(&["join", &token, "--name", "lab"]).exits(2).says(&["another host already", "--name"]);
    assert_eq!(other.audit("redeem").len(), 0, "nothing was sent");
    operator.usher(&["join", &token, "--name", "lab2"]).exits(0);

    let token = lab.invite(&["otto@desk"]);
    lab.stop_gateway();
    operator.usher(&["join", &token, "--name", "lab"]).exits(3).says(&["nobody answers", "usher-gateway"]);
    lab.usher(&["invite"]).exits(1).says(&["does not run", "usher-gateway --user"]);
}

#[test]
fn an_invitation_may_be_for_an_administrator_and_names_its_addresses() {
    let lab = Lab::start();
    let operator = lab.joined("root@desk", "administrator");
    operator.usher(&["audit", "--server", "lab"]).exits(0);
    let olga = lab.joined("olga@laptop", "operator");
    olga.usher(&["audit", "--server", "lab"]).exits(1).says(&["AccessDenied"]);
    // Who may come is decided on the host, also by administrators.
    operator.usher(&["invite", "--server", "lab"]).exits(1);
    let token: usher_core::token::Token =
        lab.invite(&["--address", "lab.example:99", "--address", "10.0.0.2"]).parse().expect("one");
    let addresses: Vec<String> = token.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["lab.example:99", "10.0.0.2:8477"]);
}

#[test]
fn an_answer_that_is_lost_is_told_as_that() {
    let mut lab = Lab::start();
    let operator = Operator::new();
    let token = lab.invite(&["olga@laptop"]);
    let descriptors = |pid: u32| std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it lives").count();
    let (pid, before) = (lab.gateway_pid(), descriptors(lab.gateway_pid()));
    let paused = lab.pause_usherd();
    let mut join = operator.command("usher");
    join.args(["join", &token, "--name", "lab"]).stderr(std::process::Stdio::piped());
    let joining = join.spawn().expect("usher");
    // The caller's, and the one to usherd: the gateway has the token.
    wait_until("usherd is asked", || descriptors(pid) >= before + 2);
    lab.stop_gateway();
    let output = joining.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{said}");
    for part in ["not known", "try again", "ask for a new token"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!operator.kept(".").exists());
    drop(paused);
}

#[test]
fn a_host_does_not_get_the_name_of_a_group() {
    let lab = Lab::start();
    let operator = Operator::new();
    let token = lab.invite(&["olga@laptop"]);
    operator.usher(&["servers", "group", "lab", "lab1", "lab2"]).exits(0);
    operator.usher(&["join", &token, "--name", "lab"]).exits(2).says(&["a group", "--name"]);
    assert_eq!(lab.audit("redeem").len(), 0, "nothing was sent");
    operator.usher(&["join", &token, "--name", "lab3"]).exits(0);
}

#[test]
fn a_token_is_not_used_up_where_nothing_can_be_kept() {
    let lab = Lab::start();
    let operator = Operator::new();
    let token = lab.invite(&["olga@laptop"]);
    let file = operator.kept("server.toml");
    let place = file.parent().expect("a directory");
    std::fs::create_dir_all(place.parent().expect("a directory")).expect("a directory");
    std::os::unix::fs::symlink("/nonexistent/place", place).expect("a link");
    operator.usher(&["join", &token, "--name", "lab"]).exits(1).says(&["cannot be written"]);
    assert_eq!(lab.audit("redeem").len(), 0, "nothing was sent");
    operator.usher(&["join", &token, "--name", "lab2"]).exits(0);
}
