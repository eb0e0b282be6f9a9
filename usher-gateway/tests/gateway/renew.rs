//! Renewal by itself, with the use.

use std::fs;

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use usher_gateway::certificates::Facts;

use crate::harness::{Lab, Operator, wait_until};

fn facts(operator: &Operator) -> Facts {
    let certificate = rustls::pki_types::CertificateDer::from_pem_slice(operator.read("certificate.pem").as_bytes());
    Facts::of(&certificate.expect("a certificate")).expect("one of ours")
}

/// Makes the certificate one that came long ago.
fn age(operator: &Operator) {
    let file = fs::File::options().append(true).open(operator.kept("certificate.pem")).expect("it is kept");
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(3600)).expect("a time");
}

/// Certificates last so long that a third of it is the clocks' allowance of five minutes and some seconds: one that was
/// issued renews with its use, once it is a minute old.
const SOON: &str = "certificate_lifetime = \"2m\"\n";

#[test]
fn a_certificate_near_its_end_renews_with_the_use_and_the_old_key_is_kept_until_the_next() {
    let lab = Lab::start_with("", SOON);
    let operator = lab.joined("olga@laptop", "operator");
    let first = facts(&operator);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    assert_eq!(facts(&operator), first, "it came just now");
    age(&operator);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    let second = facts(&operator);
    assert!(second.key != first.key && second.until >= first.until, "{first:?} {second:?}");
    assert_eq!(operator.read("key.pem").matches("BEGIN PRIVATE KEY").count(), 2);
    assert!(operator.read("server.toml").contains(&second.until.to_string()));
    age(&operator);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    assert_eq!(operator.read("key.pem").matches("BEGIN PRIVATE KEY").count(), 2);
    let records = lab.audit("rekey");
    assert!(records.len() == 2 && records.iter().all(|record| record["actor"] == "olga@laptop via TLS"), "{records:?}");
}

#[test]
fn who_is_cut_off_between_the_files_and_who_lost_the_answer_go_on() {
    let lab = Lab::start_with("", SOON);
    let operator = lab.joined("olga@laptop", "operator");
    let (certificate, key) = (operator.read("certificate.pem"), operator.read("key.pem"));
    age(&operator);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    assert_eq!(lab.audit("rekey").len(), 1);
    // The new key is there already, the new certificate is not yet.
    fs::write(operator.kept("certificate.pem"), &certificate).expect("a file");
    operator.usher(&["list", "--server", "lab"]).exits(0);
    // As if the answer had been lost: nothing new is there. The host knows the next key, and still takes this one.
    fs::write(operator.kept("certificate.pem"), &certificate).expect("a file");
    fs::write(operator.kept("key.pem"), &key).expect("a file");
    operator.usher(&["list", "--server", "lab"]).exits(0);
}

#[test]
fn many_at_once_do_no_harm() {
    let lab = Lab::start_with("", SOON);
    let operator = lab.joined("olga@laptop", "operator");
    let before = facts(&operator);
    age(&operator);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| operator.usher(&["list", "--server", "lab"]).exits(0));
        }
    });
    operator.usher(&["list", "--server", "lab"]).exits(0);
    assert_eq!(lab.audit("rekey").len(), 1, "one did it for all");
    assert_ne!(facts(&operator).key, before.key);
}

#[test]
fn a_renewal_that_fails_does_not_fail_the_use() {
    let lab = Lab::start_with("", SOON);
    let operator = lab.joined("olga@laptop", "operator");
    let before = facts(&operator);
    // Nothing can be written there: as on a full disk. Root writes all the same, so what is in the way is a directory.
    fs::remove_file(operator.kept("authority.pem")).expect("it goes");
    fs::create_dir_all(operator.kept("authority.pem/in the way")).expect("a directory");
    age(&operator);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    assert!(facts(&operator).until >= before.until && before.until > Timestamp::now());
    fs::remove_dir_all(operator.kept("authority.pem")).expect("it goes");
    operator.usher(&["list", "--server", "lab"]).exits(0);
}

#[test]
fn a_fresh_certificate_is_left_alone() {
    let lab = Lab::start();
    let operator = lab.joined("olga@laptop", "operator");
    let before = operator.read("certificate.pem");
    operator.usher(&["list", "--server", "lab"]).exits(0);
    wait_until("it is as it was", || operator.read("certificate.pem") == before);
    assert_eq!(lab.audit("rekey").len(), 0);
}
