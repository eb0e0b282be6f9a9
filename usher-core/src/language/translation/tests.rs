use super::*;

fn chinese(text: &str) -> String {
    translated(Language::Chinese, text)
}

#[test]
fn values_are_read_out_of_the_english_sentence() {
    assert_eq!(chinese("session 3 ended meanwhile"), "会话 3 在此期间已结束");
    assert_eq!(
        chinese("session 3 belongs to olga, an administrator or operator: only administrators may look at it"),
        "会话 3 属于管理员或操作员 olga：只有管理员可以查看它"
    );
    assert_eq!(translated(Language::English, "session 3 ended meanwhile"), "session 3 ended meanwhile");
}

#[test]
fn sentences_within_sentences_are_translated_too() {
    let failed =
        "session 7: display :4 has no shield: it is being started; its user's processes were stopped all the same";
    assert_eq!(chinese(failed), "会话 7 的显示 :4 没有遮挡进程：正在启动；该用户的进程仍已停止");
    assert_eq!(chinese("cannot run vim: No such file or directory (os error 2)"), "无法运行 vim：没有那个文件或目录");
    assert_eq!(chinese("cannot run vim: made up (os error 9999)"), "无法运行 vim：系统错误 9999");
}

#[test]
fn what_nobody_here_says_is_quoted() {
    assert_eq!(chinese("the moon is in the way"), "“the moon is in the way”");
    assert_eq!(chinese("cannot run vim: the moon is in the way"), "无法运行 vim：“the moon is in the way”");
    assert_eq!(known(Language::Chinese, "the moon is in the way"), None);
    assert_eq!(chinese("lab1"), "lab1");
}

/// A user may choose a name, and not what is said of it.
#[test]
fn a_value_does_not_choose_the_sentence() {
    let name = "x ended meanwhile; the database is corrupt: {why} {name:句} lock";
    assert_eq!(chinese(&format!("you have no session {name} on this host")), format!("您在此主机上没有会话 {name}"));
    assert_eq!(chinese("there is no user lock on this host"), "此主机上没有用户 lock");
}

#[test]
fn every_value_of_a_translation_is_one_of_the_sentence() {
    for (english, other) in table(include_str!("../../../../locales/zh-CN/sentences.toml")) {
        let (sentence, translation) = (Template::of_english(&english), Template::new(&other));
        let lost = "session {} is shown by";
        assert!(
            sentence.names() == translation.names() || english.starts_with(lost),
            "{english}: {:?} in Chinese, {:?} in English",
            translation.names(),
            sentence.names()
        );
    }
}

#[test]
fn the_files_can_be_read() {
    assert!(catalogue().templates.len() > 300 && words().len() > 50 && catalogue().system.len() > 20);
}
