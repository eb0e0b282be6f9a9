//! The verbs from afar, by certificate.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::harness::{Lab, Operator};

#[test]
fn list_lock_and_unlock_under_the_identitys_name() {
    let lab = Lab::start();
    let (id, _other) = (lab.open(), lab.open());
    let operator = lab.joined("olga@laptop", "operator");
    let on_lab = |arguments: &[&str]| operator.usher(&[&["--output", "json", "--server", "lab"], arguments].concat());
    assert_eq!(on_lab(&["list"]).exits(0).json().as_array().map(Vec::len), Some(2));

    let outcome = on_lab(&["lock", &id, "--message", "Eyes up"]).exits(0).json()[0].clone();
    assert_eq!(
        (&outcome["result"], &outcome["observed"], &outcome["host"]),
        (&"done".into(), &true.into(), &"lab".into())
    );
    let session = lab.usher(&["--output", "json", "list", &id]).exits(0).json()[0].clone();
    assert_eq!((&session["locked"], &session["lock"]["by"]), (&true.into(), &"olga@laptop via TLS".into()));
    let record = lab.audit("lock").pop().expect("a record");
    assert_eq!((&record["actor"], &record["from"]), (&"olga@laptop via TLS".into(), &"TLS from 127.0.0.1".into()));
    on_lab(&["unlock", "--all"]).exits(0);
    on_lab(&["close", &id]).exits(0);
    assert_eq!(on_lab(&["list"]).exits(0).json().as_array().map(Vec::len), Some(1));
    on_lab(&["block", "--user", "nobody", "--message", "Not now"]).exits(0);
    assert_eq!(on_lab(&["blocks"]).exits(0).json()[0]["by"], "olga@laptop via TLS");
}

#[test]
fn events_arrive_while_they_happen() {
    let lab = Lab::start();
    let operator = lab.joined("olga@laptop", "operator");
    let mut watch = operator.command("usher");
    let mut watch = watch.args(["watch", "--server", "lab"]).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    // What was opened before the stream began may be missed: more sessions come until one is seen.
    let (say, seen) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = say.send(lines.next());
    });
    let line = loop {
        lab.open();
        if let Ok(line) = seen.recv_timeout(std::time::Duration::from_millis(300)) {
            break line.expect("the stream goes on").expect("a line");
        }
    };
    assert!(line.contains("\"opened\""), "{line}");
    watch.kill().expect("it can be ended");
    watch.wait().expect("it ends");
}

#[test]
fn a_host_whose_usherd_or_gateway_is_down_was_sent_nothing() {
    let mut lab = Lab::start();
    let operator = lab.joined("olga@laptop", "operator");
    lab.stop_usherd();
    operator.usher(&["list", "--server", "lab"]).exits(3).says(&["HostUnreachable", "usherd does not run"]);
    lab.start_usherd();
    operator.usher(&["list", "--server", "lab"]).exits(0);
    lab.stop_gateway();
    operator.usher(&["list", "--server", "lab"]).exits(3).says(&["HostUnreachable", "nobody answers"]);
    lab.start_gateway();
    operator.usher(&["list", "--server", "lab"]).exits(0);
    let paused = lab.pause_gateway();
    // The kernel still takes connections for a gateway that hangs: that is told from one that is not there.
    let wedged = operator.usher(&["list", "--server", "lab"]).exits(3).says(&["HostUnreachable", "did not answer"]);
    assert!(wedged.stderr.contains("took the connection") && !wedged.stderr.contains("nobody answers"), "{wedged:?}");
    drop(paused);
    operator.usher(&["list", "--server", "lab"]).exits(0);
    let greeting = Operator::new().dial(&["lab"]).exits(1);
    assert!(greeting.stdout.starts_with("usher-stream 1 error ") && greeting.stderr.is_empty(), "{greeting:?}");
    assert!(greeting.stdout.contains("not joined"), "{greeting:?}");
}
