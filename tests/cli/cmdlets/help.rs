//! Help, by every way to ask for it.

use super::cmdlet;
use crate::harness::Daemon;

#[test]
fn every_way_to_ask_shows_the_same_page() {
    let daemon = Daemon::start();
    let page = cmdlet(&daemon, "help close-wmssession").exits(0).stdout;
    for part in ["SYNOPSIS", "CloseById", "Close-WmsSession -All", "ItemNotFoundException", "-WhatIf", "wi", "cf"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for line in ["Close-WmsSession -?", "Close-WmsSession --help", "Close-WmsSession -SessionId 3 -Foo -?"] {
        assert_eq!(cmdlet(&daemon, line).exits(0).stdout, page, "{line}");
    }
}

#[test]
fn chinese_help_is_chinese() {
    let daemon = Daemon::start();
    for line in
        ["help Close-WmsSession --lang zh-CN", "--lang zh-CN Close-WmsSession -?", "--lang=zh help close-wmssession"]
    {
        let page = cmdlet(&daemon, line).exits(0).stdout;
        for part in ["摘要", "结束会话并注销其用户。", "参数集", "是否必需", "Close-WmsSession [-SessionId] <UInt32[]>"]
        {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }
    let said = cmdlet(&daemon, "--lang tlh Close-WmsSession -?").exits(2);
    assert!(said.stderr.contains("zh-CN"), "{}", said.stderr);
}

#[test]
fn help_lists_and_explains_the_verbs_too() {
    let daemon = Daemon::start();
    let all = cmdlet(&daemon, "help").exits(0).stdout;
    assert!(all.contains("Lock-WmsSession") && all.contains("disconnect"), "{all}");
    assert!(cmdlet(&daemon, "help lock").exits(0).stdout.contains("--message"));
    let nested = cmdlet(&daemon, "help servers group").exits(0).stdout;
    assert!(nested.contains("usher servers group"), "{nested}");
    assert!(cmdlet(&daemon, "help servers nonsense").exits(2).stderr.contains("servers nonsense"));
    assert!(cmdlet(&daemon, "help nonsense").exits(2).stderr.contains("nonsense"));
}
