//! One word for one thing: what is not said in Chinese, in any file that a reader sees.

use std::path::{Path, PathBuf};

/// What is not said, and what is said instead.
const INSTEAD: [(&str, &str); 23] = [
    ("审核", "审计"),
    ("日记", "日志"),
    ("登出", "注销"),
    ("锁屏", "锁定画面"),
    ("加锁", "锁定"),
    ("解除封锁", "解锁"),
    ("服务端", "守护进程"),
    ("后台程序", "守护进程"),
    ("守护程序", "守护进程"),
    ("命令列", "命令行"),
    ("默认值为是", "默认"),
    ("缺省", "默认"),
    ("预设", "默认"),
    ("套接口", "套接字"),
    ("插座", "套接字"),
    ("退出码", "退出代码"),
    ("返回码", "退出代码"),
    ("常驻规则", "常设规则"),
    ("缩图", "缩略图"),
    ("快照", "缩略图"),
    ("工作站", "工位"),
    ("链结", "链接"),
    ("你", "您"),
];

#[test]
fn one_word_stands_for_one_thing() {
    let files = files();
    assert!(files.len() > 12, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a text");
        for (number, line) in text.lines().enumerate() {
            for (wrong, right) in INSTEAD {
                assert!(!line.contains(wrong), "{}:{}: {wrong} is {right} here", file.display(), number + 1);
            }
        }
    }
}

/// Every Chinese text of the repository.
fn files() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directories =
        ["locales/zh-CN", "docs", "docs/zh-CN", "docs/man/zh_CN", "packaging/powershell/Usher/zh-CN", "."];
    let below =
        directories.iter().filter_map(|directory| std::fs::read_dir(top.join(directory)).ok()).flatten().flatten();
    let is_chinese = |path: &PathBuf| path.is_file() && path.to_string_lossy().replace('_', "-").contains("zh-CN");
    below.map(|entry| entry.path()).filter(is_chinese).collect()
}
