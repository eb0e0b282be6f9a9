//! What people read is in their language; what scripts match on is not.

use super::{cmdlet, has_record, shell, terminal};
use crate::harness::{Daemon, Station};

#[test]
fn the_locale_chooses_the_language_of_messages_and_not_of_identifiers() {
    let daemon = Daemon::start();
    let said = shell(&daemon, "LC_ALL=zh_CN.UTF-8 Close-WmsSession 99").exits(1);
    assert!(said.stderr.starts_with("Close-WmsSession : 此主机上没有会话 99\n"), "{}", said.stderr);
    has_record(
        &said,
        "ObjectNotFound: (99:UInt32) [Close-WmsSession], ItemNotFoundException",
        "SessionNotFound,Close-WmsSession",
    );
    let said = shell(&daemon, "LANG=zh_CN.UTF-8 Close-WmsSession -Foo 3 < /dev/null").exits(2);
    assert!(said.stderr.starts_with("Close-WmsSession : 没有名称与“Foo”匹配的参数。\n"), "{}", said.stderr);
    has_record(
        &said,
        "InvalidArgument: (:) [Close-WmsSession], ParameterBindingException",
        "NamedParameterNotFound,Close-WmsSession",
    );
    // The option is stronger than the locale.
    let said = shell(&daemon, "LC_ALL=zh_CN.UTF-8 usher --lang en Close-WmsSession 99").exits(1);
    assert!(said.stderr.starts_with("Close-WmsSession : there is no session 99"), "{}", said.stderr);
}

#[test]
fn questions_are_asked_in_chinese_with_the_same_letters() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let mut person = terminal(&daemon, "LC_ALL=zh_CN.UTF-8 Close-WmsSession 1 -Confirm");
    let text = person.wait_for("[Y] 是  [A] 全是  [N] 否  [L] 全否  [S] 挂起  [?] 帮助").text();
    assert!(text.contains("是否确实要执行此操作?"), "{text}");
    person.type_keys("否\r".as_bytes());
    assert!(person.wait_gone().success());
    assert_eq!(daemon.ids(), [1]);
}

#[test]
fn plain_verbs_speak_both_languages() {
    let daemon = Daemon::start();
    let said = cmdlet(&daemon, "--lang zh-CN close 99").exits(1);
    assert!(said.stderr.contains("SessionNotFound: 此主机上没有会话 99"), "{}", said.stderr);
    assert!(said.stderr.contains("提示：用 `usher list` 查看现有会话"), "{}", said.stderr);
    let help = cmdlet(&daemon, "lock --help --lang zh-CN").exits(0).stdout;
    assert!(help.contains("用一条用户无法关闭的消息遮住会话") && !help.contains("Options"), "{help}");
    let table = shell(&daemon, "usher open -- cat > /dev/null; LC_ALL=zh_CN.UTF-8 usher list").exits(0).stdout;
    assert!(table.starts_with("会话"), "{table}");
}

#[test]
fn the_lock_screen_speaks_the_language_of_its_session() {
    let daemon = Daemon::start();
    shell(&daemon, "LANG=zh_CN.UTF-8 usher open -- cat").exits(0);
    let station = Station::attach(&daemon, 1, 24, 80);
    daemon.lock(1, "请看前面");
    let text = station.wait_for("请看前面").text();
    assert!(text.contains("此会话已锁定") && text.contains("锁定") && !text.contains("Locked"), "{text}");
    shell(&daemon, "usher close 1 --notice 20m --message 下课 > /dev/null 2>&1 &").exits(0);
    station.wait_for("后关闭：下课");
}
