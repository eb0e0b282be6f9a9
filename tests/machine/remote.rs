//! GNOME at no seat: gnome-remote-desktop shows it to a real client.

use crate::desktop::DRAWN;
use crate::harness::{Machine, wait_for, wait_until};
use crate::machine;

const KIND: &str = "gnome-remote";
const NO_LOCK: &str = "no ext-session-lock-v1";

/// Alice's GNOME, which no screen of the machine shows, and gnome-remote-desktop, which lets clients in.
#[track_caller]
fn gnome(machine: &Machine) -> u64 {
    machine
        .root(&format!(
            "systemd-run --unit=desk --collect -p PAMName=test-session -p User=alice -p WorkingDirectory=/home/alice \
             -p StandardOutput=journal -p StandardError=journal -E XDG_SESSION_CLASS=user -E XDG_SESSION_TYPE=wayland \
             {DRAWN} -E XDG_CURRENT_DESKTOP=GNOME gnome-shell --headless --wayland --no-x11 --virtual-monitor 1024x768"
        ))
        .succeeds();
    let id = wait_for("usherd knows it", || machine.session("alice", "wayland")?["session_id"].as_u64());
    machine.script("door", DOOR);
    machine.root("cd /home/alice && runuser -u alice /opt/door").succeeds();
    machine
        .root(&format!(
            "systemd-run --unit=door --collect -p User=alice -E XDG_RUNTIME_DIR=/run/user/1000 {DRAWN} \
             /usr/libexec/gnome-remote-desktop-daemon --headless --rdp-port 3390"
        ))
        .succeeds();
    wait_until("it lets clients in", || !machine.root("ss -Hltn sport = :3390").stdout.is_empty());
    id
}

/// What gnome-remote-desktop wants to know before it lets anybody in.
const DOOR: &str = "#!/bin/sh
set -e
export XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out door.pem -days 30 -subj /CN=machine
grdctl --headless rdp set-tls-cert $PWD/door.pem
grdctl --headless rdp set-tls-key $PWD/key.pem
grdctl --headless rdp set-credentials alice secret
grdctl --headless rdp disable-view-only
grdctl --headless rdp enable
";

/// Somebody looks at it from elsewhere, at a display of its own.
#[track_caller]
fn client(machine: &Machine) {
    machine.script("client", CLIENT);
    machine.root("systemd-run --unit=client --collect -E HOME=/root /opt/client").succeeds();
    // An emulated processor draws GNOME's first picture for a client for most of a minute: it is seldom looked at.
    wait_until("the client shows what GNOME shows", || {
        let look = "sleep 4; tail -c 1600000 /tmp/client/Xvfb_screen0 | head -c 40000 | tr -d '\\000' | wc -c";
        machine.root(look).stdout.trim().parse::<u32>().is_ok_and(|bytes| bytes > 20_000)
    });
}

/// Without a clipboard, for which gnome-remote-desktop mounts a file system.
const CLIENT: &str = "#!/bin/sh
mkdir -p /tmp/client
Xvfb :77 -noreset -fbdir /tmp/client -screen 0 1024x768x24 &
export DISPLAY=:77
until xprop -root >/dev/null 2>&1; do sleep 0.2; done
exec $(ls /usr/bin/xfreerdp* | tail -1) /v:127.0.0.1:3390 /u:alice /p:secret /cert:ignore -clipboard /gfx /size:1024x768
";

fn session(machine: &Machine) -> (String, Option<String>) {
    let session = machine.session("alice", "wayland").expect("alice's desktop");
    let text = |field: &str| session[field].as_str().map(str::to_owned);
    (text("state").unwrap_or_default(), text("client"))
}

#[track_caller]
fn is_remote(machine: &Machine) {
    wait_until("somebody is seen to look", || session(machine) == ("remote".to_owned(), Some("127.0.0.1".to_owned())));
}

#[track_caller]
fn is_done(outcome: &serde_json::Value) {
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
}

fn connections(machine: &Machine) -> String {
    machine.root("ss -Htn state established sport = :3390").succeeds()
}

#[track_caller]
fn disconnect(machine: &Machine, id: u64) -> serde_json::Value {
    machine.olga(&format!("disconnect {id} --output json")).array()[0].clone()
}

#[test]
fn a_client_of_gnome_remote_desktop_is_seen_and_dropped_and_may_come_back() {
    let machine = machine!();
    let id = gnome(&machine);
    wait_until("nobody looks", || session(&machine) == ("disconnected".to_owned(), None));
    client(&machine);
    is_remote(&machine);

    // It is known once the compositor has answered, which an emulated one does late.
    wait_until("olga is told why there is no picture", || {
        machine.thumbnail(id).is_err_and(|said| said.contains("NotSupported") && said.contains(NO_LOCK))
    });
    machine.shows_refusal(KIND, "thumbnail", &format!("gnome-shell has {NO_LOCK}; NotSupported"));
    let refused = &machine.olga(&format!("lock {id} --message hello --output json")).array()[0];
    let why = refused["error"]["message"].as_str().unwrap_or_default();
    assert!(refused["error"]["id"] == "NotSupported" && why.contains("`usher disconnect` cuts off"), "{refused}");
    machine.shows_refusal(KIND, "lock", &format!("gnome-shell has {NO_LOCK}; NotSupported"));

    is_done(&disconnect(&machine, id));
    assert_eq!(connections(&machine), "");
    assert_eq!(session(&machine), ("disconnected".to_owned(), None));
    assert_eq!(disconnect(&machine, id)["result"], "unchanged");
    wait_until("the client has ended", || machine.root("systemctl is-active client").code != Some(0));
    assert_eq!(machine.root("pgrep -x gnome-shell").code, Some(0));

    client(&machine);
    is_remote(&machine);
    assert_ne!(connections(&machine), "");
    machine.shows(
        KIND,
        "disconnect",
        "gnome-remote-desktop has no connection, the programs go on, and a client may come back",
    );

    is_done(&machine.olga(&format!("close {id} --output json")).array()[0]);
    assert!(machine.session("alice", "wayland").is_none());
    assert_ne!(machine.root("pgrep -x gnome-shell").code, Some(0));
    machine.shows(KIND, "close", "logind has no such session");
}
