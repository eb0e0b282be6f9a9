//! A machine that is put to sleep while its seat is locked.

use crate::console::{alice_types, has_message, lock, unlock};
use crate::harness::{covered, wait_until};
use crate::machine;

/// A graphics card that an emulated machine wakes up with; with two processors, or this clock, it does not wake up at all.
fn sleeper(arguments: &str) -> String {
    let card = arguments.replace("-device virtio-vga,id=screen,max_outputs=2", "-device VGA,id=screen");
    let one = card.replace("-smp 2", "-smp 1");
    assert!(card != arguments && one != card, "{one}");
    one + " -machine hpet=off"
}

#[test]
fn a_seat_is_locked_when_the_machine_wakes_up_as_it_was_when_it_fell_asleep() {
    let machine = machine!(sleeper);
    alice_types(&machine, "before");
    machine.root("echo deep >/sys/power/mem_sleep").succeeds();
    let id = lock(&machine, "");
    assert!(covered(&machine.screen(0)));
    let slept = "cat /sys/power/suspend_stats/success";
    let before = machine.root(slept).succeeds();
    machine.root("systemctl suspend --no-block").succeeds();
    wait_until("the machine sleeps", || machine.ask("info status").contains("suspended"));
    machine.ask("system_wakeup");
    wait_until("it is awake", || machine.ask("info status").contains("running"));
    machine.type_text("\ntouch /tmp/during\n");
    machine.key("ctrl-alt-f1");
    wait_until("the kernel has slept", || {
        let now = machine.root(slept);
        now.code == Some(0) && now.stdout != before
    });
    wait_until("the message is there", || {
        let screen = machine.screen(0);
        covered(&screen) && has_message(&screen)
    });
    for keys in ["ctrl-alt-f1", "ctrl-alt-f2", "ctrl-alt-delete", "alt-sysrq-b"] {
        machine.key(keys);
    }
    machine.type_text("\ntouch /tmp/during\n");
    machine.rest();
    assert!(covered(&machine.screen(0)) && machine.in_front() != "tty1");
    assert!(!machine.has("/tmp/during") && machine.has("/tmp/before"));
    wait_until("the lock is seen to hold", || {
        machine.session("alice", "console").is_some_and(|session| session["locked"] == true)
    });
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
    wait_until("the console is seen again", || !covered(&machine.screen(0)));
    alice_types(&machine, "after");
    assert!(!machine.has("/tmp/during"), "what was typed meanwhile is nobody's");
}
