//! New logins under a block, refused by PAM's module: by ssh with a key and with a password, at a console's `login`, and by
//! what pamtester asks; and that no fault of usher's keeps anybody out.

use std::fs;

use crate::harness::{Host, Ran, Suite, User, wait_until};

/// The operator's message.
const MESSAGE: &str = "Pause bis 10 Uhr · 请稍候";

/// A host of its own with the module: a block on the shared one would keep others' users out.
fn own(suite: Suite) -> Option<Host> {
    let host = Host::own(suite)?;
    host.install_pam();
    if suite == Suite::Trixie {
        // As SECURITY.md advises: its sshd refuses, for a while, all logins from an address where some have failed.
        host.root("echo 'PerSourcePenaltyExemptList 127.0.0.1' >/etc/ssh/sshd_config.d/penalties.conf").succeeds();
    }
    host.root("systemctl restart ssh; mkdir -p /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/test")
        .succeeds();
    Some(host)
}

/// What PAM answers at this service once the user has proved who they are.
fn account(host: &Host, service: &str, user: &str) -> Ran {
    host.root(&format!("pamtester {service} {user} acct_mgmt 2>&1"))
}

fn admits(host: &Host, service: &str, user: &str) -> bool {
    let ran = account(host, service, user);
    let admitted = ran.code == Some(0);
    assert_eq!(admitted, !ran.stdout.contains(MESSAGE), "{ran:?}");
    admitted
}

/// Runs a command by ssh with the user's key.
fn by_key(host: &Host, user: &User, command: &str) -> Ran {
    let name = &user.name;
    host.root(&format!(
        "install -d -o {name} -m 700 /home/{name}/.ssh
         install -o {name} -m 600 /root/.ssh/test.pub /home/{name}/.ssh/authorized_keys
         {SSH} -i /root/.ssh/test -o BatchMode=yes {name}@127.0.0.1 {command}"
    ))
}

/// Runs a command by ssh with the user's password.
fn by_password(host: &Host, user: &User, command: &str) -> Ran {
    let User { name, password, .. } = user;
    let script = host.script("answer", "#!/bin/sh\necho \"$ANSWER\"\n");
    host.root(&format!(
        "chmod 755 {script}; export ANSWER='{password}' SSH_ASKPASS={script} SSH_ASKPASS_REQUIRE=force DISPLAY=:none
         {SSH} -o PubkeyAuthentication=no {name}@127.0.0.1 {command}"
    ))
}

const SSH: &str = "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=INFO";

fn refuses_new_logins(suite: Suite) {
    let Some(host) = own(suite) else { return };
    let alice = host.user("alice");
    let olga = host.user_in("olga", &["usher-operator"]);
    let admin = host.user_in("admin", &["usher-admin"]);
    assert_eq!(by_key(&host, &alice, "echo in").succeeds(), "in\n");
    wait_until("that login is over", || host.root_usher(&["list", "--output", "json"]).array().is_empty());

    host.root_usher(&["block", "--all", "--message", MESSAGE]).succeeds();
    for ran in [by_key(&host, &alice, "echo in"), by_password(&host, &alice, "echo in")] {
        assert!(ran.code != Some(0) && ran.stdout.is_empty(), "{ran:?}");
        // ssh shows what PAM says before it hangs up.
        assert!(ran.stderr.contains(MESSAGE) && ran.stderr.contains("root has blocked new logins since"), "{ran:?}");
    }
    // Whoever does not know the password learns nothing of the block.
    let wrong = User { password: "wrong".to_owned(), ..alice.clone() };
    let ran = by_password(&host, &wrong, "true");
    assert!(ran.code != Some(0) && !ran.stderr.contains(MESSAGE), "{ran:?}");
    let sftp = host.root(&format!("echo ls | sftp -i /root/.ssh/test {} {}@127.0.0.1", &SSH[4..], alice.name));
    assert!(sftp.code != Some(0) && sftp.stderr.contains(MESSAGE), "{sftp:?}");
    // However often she is refused, others from the same address get in.
    for _ in 0..8 {
        assert_ne!(by_key(&host, &alice, "echo in").code, Some(0));
    }
    for user in [&olga, &admin] {
        assert_eq!(by_key(&host, user, "echo in").succeeds(), "in\n");
    }
    assert!(admits(&host, "sshd", "root") && !admits(&host, "login", &alice.name));

    // What is no login goes on.
    for service in ["su", "sudo", "cron", "systemd-user"] {
        assert!(admits(&host, service, &alice.name), "{service}");
    }
    assert_eq!(host.root(&format!("su {} -c 'echo in'", alice.name)).succeeds(), "in\n");

    // On record, as alice's, and in the host's log.
    wait_until("the refusals are on record", || {
        !host.root_usher(&["audit", "--action", "login", "--output", "json"]).array().is_empty()
    });
    let records = host.root_usher(&["audit", "--action", "login", "--output", "json"]).array();
    assert!(records.iter().all(|record| record["actor"] == alice.name.as_str()), "{records:?}");
    let from = records[0]["from"].as_str().unwrap_or_default();
    assert!(from.starts_with("sshd from 127.0.0.1") || from == "login", "{records:?}");
    assert!(
        records[0]["outcomes"][0]["error"]["id"] == "AccessDenied" && records[0]["targets"][0] == "all",
        "{records:?}"
    );
    assert!(
        host.journal("ssh").contains("is refused at \"sshd\" by all")
            || host.root("journalctl --no-pager -t sshd -t sshd-session").stdout.contains("is refused at")
    );

    // It holds while no daemon runs, and no longer than it is meant to.
    host.root("systemctl stop usherd").succeeds();
    assert!(!admits(&host, "sshd", &alice.name));
    host.root("systemctl start usherd").succeeds();
    host.root_usher(&["unblock", "--all"]).succeeds();
    assert!(admits(&host, "sshd", &alice.name));
    assert_eq!(by_password(&host, &alice, "echo in").succeeds(), "in\n");
    host.shows(
        "new-login",
        "block",
        "sshd, sftp and login refuse with the message; root, operators, su, sudo and cron do not",
    );
}

#[test]
fn a_block_refuses_new_logins_with_its_message_on_debian_12() {
    refuses_new_logins(Suite::Bookworm);
}

#[test]
fn a_block_refuses_new_logins_with_its_message_on_debian_13() {
    refuses_new_logins(Suite::Trixie);
}

#[test]
fn rules_of_users_and_groups_refuse_those_alone_and_end_by_themselves() {
    let Some(host) = own(Suite::Bookworm) else { return };
    host.root("groupadd pupils").succeeds();
    let (alice, bob, carol) = (host.user("alice"), host.user_in("bob", &["pupils"]), host.user("carol"));
    host.root_usher(&["block", "--user", &alice.name, "--message", MESSAGE]).succeeds();
    host.root_usher(&["block", "--group", "pupils", "--message", MESSAGE, "--for", "3s"]).succeeds();
    assert!(!admits(&host, "sshd", &alice.name) && !admits(&host, "login", &bob.name));
    assert!(admits(&host, "sshd", &carol.name));
    wait_until("the block of the group has ended", || admits(&host, "sshd", &bob.name));
    assert!(!admits(&host, "sshd", &alice.name));
    // The way out frees logins too, without a daemon.
    host.root("systemctl stop usherd && usherd --release-all").succeeds();
    assert!(admits(&host, "sshd", &alice.name));
}

#[test]
fn no_fault_of_ushers_keeps_anybody_out() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let alice = host.user("alice");
    host.root_usher(&["block", "--all", "--message", MESSAGE]).succeeds();
    let record = "/run/usher/usher.sock.logins";
    let written = fs::read(host.path(record)).expect("the rules");
    assert!(!admits(&host, "sshd", &alice.name));
    let text = String::from_utf8(written.clone()).expect("JSON");
    let garbage: [&[u8]; 7] = [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        &[b'['; 100_000],
        text.replacen("\"all\"", "\"nonsense:\"", 1).leak().as_bytes(),
        &written[..written.len() / 2],
    ];
    for bytes in garbage {
        fs::write(host.path(record), bytes).expect("garbage");
        assert!(admits(&host, "sshd", &alice.name), "{bytes:?}");
    }
    let log = host.root("journalctl --no-pager -t pamtester").stdout;
    assert!(log.contains("cannot be used") && log.contains("the login goes on"), "{log}");
    // Neither what a user wrote counts, nor what is no file.
    fs::write(host.path(record), &written).expect("the rules");
    assert!(!admits(&host, "sshd", &alice.name));
    for command in
        ["chown alice {}", "chown root {}; chmod 666 {}", "rm {}; mkfifo -m 600 {}", "rm {}; ln -s /dev/zero {}"]
    {
        host.root(&command.replace("{}", record)).succeeds();
        assert!(admits(&host, "sshd", &alice.name), "{command}");
    }
    // Nothing is left of it, and nobody said that the services are closed without.
    host.root(&format!("rm {record}")).succeeds();
    assert!(admits(&host, "sshd", &alice.name));
    let settings = "closed_login_services = [\"sshd\"]\n";
    host.root(&format!(
        "echo '{settings}' >>/etc/usher/usherd.toml; systemctl restart usherd; systemctl stop usherd; rm -f {record}"
    ))
    .succeeds();
    let ran = account(&host, "sshd", &alice.name);
    assert!(ran.code != Some(0) && ran.stdout.contains("takes no logins until usherd has started"), "{ran:?}");
    assert!(admits(&host, "sshd", "root") && admits(&host, "login", &alice.name));
    assert_eq!(by_key(&host, &host.user_in("admin", &["sudo"]), "echo in").succeeds(), "in\n");
}

#[test]
fn a_package_that_goes_half_or_whole_leaves_logins_working() {
    let Some(host) = own(Suite::Bookworm) else { return };
    let alice = host.user("alice");
    let stack = || host.content("/etc/pam.d/common-account");
    assert!(stack().contains("pam_usher.so"));
    host.root_usher(&["block", "--all", "--message", MESSAGE]).succeeds();
    // An upgrade that stops in the middle: unpacked, and not configured.
    host.root("DEBIAN_FRONTEND=noninteractive dpkg --unpack /opt/packages/libpam-usher_*.deb").succeeds();
    assert!(!admits(&host, "sshd", &alice.name) && stack().contains("pam_usher.so"));
    host.root("DEBIAN_FRONTEND=noninteractive dpkg --configure -a").succeeds();
    // The daemon's package goes first, as nobody should have it go.
    host.root("DEBIAN_FRONTEND=noninteractive dpkg --force-depends --remove usher").succeeds();
    assert!(admits(&host, "sshd", &alice.name));
    assert_eq!(by_key(&host, &alice, "echo in").succeeds(), "in\n");
    for way in ["--remove", "--purge"] {
        host.root(&format!("DEBIAN_FRONTEND=noninteractive dpkg {way} libpam-usher")).succeeds();
        assert!(!stack().contains("pam_usher.so") && admits(&host, "sshd", &alice.name), "{way}");
    }
    assert_eq!(by_key(&host, &alice, "echo in").succeeds(), "in\n");
}
