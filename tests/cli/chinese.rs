//! Whoever asks in Chinese reads Chinese: tables, and why something failed. JSON stays as it is.

use unicode_width::UnicodeWidthStr;

use crate::harness::{Daemon, Station};

#[path = "../common/foreign.rs"]
mod foreign;

/// What was said, if it is Chinese, but for what the command line itself says.
fn chinese(daemon: &Daemon, arguments: &[&str]) -> Result<String, String> {
    let said = daemon.usher(&[&["--lang", "zh-CN"], arguments].concat()).said();
    let text = format!("{}{}", said.stdout, said.stderr);
    let host = rustix::system::uname();
    let host = host.nodename().to_str().expect("a name");
    let values = usher_core::request::Verb::AUDITED.map(usher_core::request::Verb::as_str);
    let names = [
        &values[..],
        foreign::OPTION_VALUES,
        &[host, "cat", "work", "passwd", "group", "user", "all", "late", "sh"],
        arguments,
    ]
    .concat();
    let found = foreign::foreign_words(&text, &names);
    let right = found.is_empty() && !text.trim().is_empty();
    if right { Ok(text) } else { Err(format!("usher {arguments:?} says {found:?}:\n{text}")) }
}

#[track_caller]
fn assert_chinese(daemon: &Daemon, arguments: &[&str]) -> String {
    chinese(daemon, arguments).unwrap_or_else(|complaint| panic!("{complaint}"))
}

#[test]
fn what_a_daemon_refuses_is_said_in_chinese() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let refusals: &[&[&str]] = &[
        &["lock", "99", "--message", "考试"],
        &["lock", "1", "--freeze", "--message", "考试"],
        &["close", "99"],
        &["close", "--user", "nobody-here"],
        &["block", "--user", "nobody-here", "--message", "考试"],
        &["block", "--group", "nobody-here", "--message", "考试"],
        &["disconnect", "work"],
        &["show", "99"],
        &["rename", "99", "late"],
        &["thumbnail", "99", "-o", "-"],
        &["list", "99"],
        &["list", "--user", "nobody-here"],
        &["attach", "99"],
        &["unblock", "--all"],
        &["close", "--cancel", "1"],
        &["open", "--", "/nowhere/no-program"],
        &["revoke", "olga@laptop"],
        &["invite", "olga@laptop"],
        &["--socket", "/nowhere/usher.sock", "list"],
        &["--server", "no-such-host.invalid", "--timeout", "5s", "list"],
        &["servers", "ungroup", "nothing"],
        &["join", "no-token"],
        &["lokc", "1"],
        &["explode"],
        &["lock"],
        &["lock", "1"],
        &["lock", "1", "--mesage", "x"],
        &["lock", "1", "--message", "x", "--for", "long"],
        &["lock", "1", "--message", ""],
        &["lock", "1", "--message", "x\u{1b}"],
        &["lock", "-1x!", "--message", "x"],
        &["list", "--user"],
        &["list", "--state", "conected"],
        &["list", "--output", "jsn"],
        &["list", "--at-once", "many"],
        &["list", "--at-once", "100000"],
        &["audit", "--since", "whenever"],
        &["audit", "--action", "nothing"],
        &["close", "1", "--all"],
        &["rename", "1", "3"],
        &["open", "--name", "3"],
        &["thumbnail", "1", "--size", "huge"],
        &["revoke", "nobody"],
        &["--lang", "tlh", "list"],
    ];
    let complaints: Vec<_> = refusals.iter().filter_map(|arguments| chinese(&daemon, arguments).err()).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The identifiers below the sentence are the same in every language.
#[test]
fn words_that_make_no_call_of_a_cmdlet_are_refused_in_chinese() {
    let daemon = Daemon::start();
    let calls: &[&[&str]] = &[
        &["Get-WmsSession", "-All", "-SessionId", "3"],
        &["Close-WmsSession", "-Foo", "3"],
        &["Close-WmsSession", "-", "3"],
        &["Close-WmsSession", "3", "-W"],
        &["Close-WmsSession", "3", "4"],
        &["Close-WmsSession", "3", ""],
        &["Close-WmsSession", "-SessionId"],
        &["Close-WmsSession", "-Ses", "3", "-Ses", "4"],
        &["Lock-WmsSession", "3"],
        &["Lock-WmsSession", "3", ""],
        &["Lock-WmsSession", "3", "a\nb"],
        &["Lock-WmsSession", "3", &"长".repeat(1001)],
        &["Close-WmsSession", "many of them"],
        &["Close-WmsSession", "99999999999"],
        &["Close-WmsSession", "-SessionId", "@()"],
        &["Close-WmsSession", ",3"],
        &["Close-WmsSession", "3,"],
        &["Close-WmsSession", "3", "-Confirm:perhaps"],
        &["Close-WmsSession", "3", "-OutBuffer", "-1"],
        &["Close-WmsSession", "3", "-OutBuffer", "99999999999"],
        &["Close-WmsSession", "3", "-ErrorAction", "S"],
        &["Close-WmsSession", "3", "-ErrorAction", "Perhaps"],
        &["Close-WmsSession", "3", "-OutVariable", ""],
        &["Get-WmsSession", "3", "-Server", ""],
    ];
    for call in calls {
        let said = daemon.usher(&[&["--lang", "zh-CN"], *call].concat()).exits(2).stderr;
        let (sentence, identifiers) = said.split_once("\n    + CategoryInfo").expect("a record");
        let (name, sentence) = sentence.split_once(" : ").expect("a sentence");
        let found = foreign::foreign_words(
            sentence,
            &["Message", "Confirm", "Stop", "Continue", "Inquire", "Ignore", "Suspend", "Break"],
        );
        assert!(name == call[0] && found.is_empty(), "{call:?} says {found:?}: {said}");
        assert!(sentence.contains(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{call:?}: {said}");
        assert!(!sentence.contains("“A ") && !sentence.contains("“Cannot"), "{call:?} is only quoted: {said}");
        assert!(identifiers.is_ascii() && identifiers.contains("FullyQualifiedErrorId : "), "{call:?}: {said}");
    }
    for (object, sentence) in [
        (r#"{"UserName":"alice"}"#, "输入对象不能绑定到命令的任何参数"),
        (r#"{"Server":"lab1"}"#, "输入对象不能绑定，因为其中没有必需的参数：SessionId"),
        (r#"{"SessionId":null}"#, "参数“SessionId”的值不能为空"),
        (r#"{"SessionId":[]}"#, "参数“SessionId”的值不能是空数组"),
    ] {
        let usher = env!("CARGO_BIN_EXE_usher");
        let line = format!("echo '{object}' | {usher} --lang zh-CN Close-WmsSession");
        let ran = std::process::Command::new("sh").args(["-c", &line]).env("USHER_SOCKET", daemon.socket()).output();
        let said = String::from_utf8_lossy(&ran.expect("sh runs").stderr).into_owned();
        assert!(said.starts_with(&format!("Close-WmsSession : {sentence}")), "{object}: {said}");
    }
}

#[test]
fn a_rule_that_still_covers_is_named_in_chinese() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.usher(&["block", "--all", "--message", "考试"]).exits(0);
    let text = assert_chinese(&daemon, &["unlock", "1"]);
    assert!(
        text.contains("StillBlocked: 会话 1 仍被规则 all 覆盖") && text.contains("提示：`usher unlock --exempt`"),
        "{text}"
    );
    // Programs read what they always read.
    let json = daemon.usher(&["--lang", "zh-CN", "--output", "json", "unlock", "1"]).exits(1).stdout;
    assert!(json.contains("session 1 is covered by the rule `all`, set by"), "{json}");
}

#[test]
fn cells_of_tables_are_chinese_and_json_is_not() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.open("exec cat");
    let _station = Station::attach(&daemon, 1, 24, 80);
    daemon.wait_session(1, "somebody sits there", |session| session["state"] == "connected");
    let locked = assert_chinese(&daemon, &["lock", "2", "--message", "考试", "--for", "1h"]);
    assert!(["锁定", "完成", "是"].iter().all(|word| locked.contains(word)), "{locked}");
    let list = assert_chinese(&daemon, &["list"]);
    assert!(["文本", "本地", "已断开", "锁定至", "否"].iter().all(|word| list.contains(word)), "{list}");
    let unlocked = assert_chinese(&daemon, &["unlock", "2", "1"]);
    assert!(unlocked.contains("解锁") && unlocked.contains("不变"), "{unlocked}");
    daemon.usher(&["block", "--all", "--message", "考试"]).exits(0);
    let covered = assert_chinese(&daemon, &["list"]);
    assert!(covered.contains("锁定（all）"), "{covered}");
    let audit = assert_chinese(&daemon, &["audit"]);
    assert!(audit.contains("设置规则") && audit.contains("1 个完成，1 个不变") && !audit.contains("done"), "{audit}");
    for arguments in [["blocks"].as_slice(), &["status"], &["identities"], &["servers"], &["list", "--ended"]] {
        assert_chinese(&daemon, arguments);
    }
    let json = daemon.usher(&["--lang", "zh-CN", "--output", "json", "list"]).exits(0).stdout;
    assert!(json.contains(r#""kind": "text""#) && json.contains(r#""state": "connected""#), "{json}");
}

/// Lines of help fit the terminal, counted in cells, and begin with no mark that closes something.
#[test]
fn chinese_help_fits_the_terminal() {
    let daemon = Daemon::start();
    let colours = regex::Regex::new("\u{1b}\\[[0-9;?]*[a-zA-Z]").expect("a pattern");
    for (verb, cols) in [("lock", 60), ("attach", 80), ("", 60)] {
        let usher = env!("CARGO_BIN_EXE_usher");
        let line = format!("{usher} --lang zh-CN {verb} --help; echo 'that was' all");
        let station = Station::run_program(&daemon, "sh", &["-c".to_owned(), line], 200, cols);
        station.wait_for("that was all");
        let raw = String::from_utf8_lossy(&station.raw().0).into_owned();
        let text = colours.replace_all(&raw, "").into_owned();
        assert!(text.contains("选项：") && text.lines().count() > 20, "{text}");
        for line in text.lines() {
            assert!(line.trim_end().width() <= usize::from(cols), "{verb}, {cols}: {line}");
            let begins = line.trim_start().starts_with(['，', '。', '；', '）', '：', '、', '”']);
            assert!(!begins, "{verb}, {cols}: {line}");
        }
    }
}
