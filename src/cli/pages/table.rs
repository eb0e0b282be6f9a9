//! The pages of all verbs.

use super::reads::{DAEMON_SETTINGS, GROUPS, LOGIN, LOGIN_FILE, LOGIN_SHELLS, STATION, STATION_SETTINGS};
use super::{Ends, VerbPage};
use crate::words::{Key, key};

/// A page that reads no other variables and files than its like.
const fn page(
    verb: &'static str,
    ends: Ends,
    examples: &'static [(&'static str, Key)],
    see: &'static [&'static str],
) -> VerbPage {
    VerbPage { verb, examples, ends, environment: &[], files: &[], see }
}

/// One for each verb, in the order of the help.
pub(super) static PAGES: [VerbPage; 40] = [
    page(
        "",
        Ends::Targets,
        &[
            ("usher list", key!("example-list")),
            ("usher lock 3 -m \"Please listen\"", key!("example-lock")),
            ("usher close 3 --notice 5m -m \"Please save\"", key!("example-close-notice")),
            ("usher lock --all -m \"Eyes up\" --server lab1,lab2", key!("example-server")),
        ],
        &["usherd(8)", "usher-gateway(8)", "usher-list(1)", "usher-lock(1)", "usher-servers(1)", "usher-completion(1)"],
    ),
    page(
        "list",
        Ends::Targets,
        &[
            ("usher list", key!("example-list")),
            ("usher list --user alice --locked", key!("example-list-locked")),
            ("usher list -o json | jq '.[].session_id'", key!("example-list-json")),
        ],
        &["usher-lock(1)", "usher-show(1)", "usher-watch(1)", "loginctl(1)"],
    ),
    VerbPage {
        files: &[DAEMON_SETTINGS],
        ..page(
            "lock",
            Ends::Targets,
            &[
                ("usher lock 3 -m \"Please listen\"", key!("example-lock")),
                ("usher lock --all -m \"Back at ten\" --for 15m", key!("example-lock-all")),
                ("usher lock --user alice -m \"Exam\" --freeze", key!("example-lock-freeze")),
            ],
            &["usher-unlock(1)", "usher-block(1)", "usher-list(1)", "usherd(8)"],
        )
    },
    page(
        "unlock",
        Ends::Targets,
        &[
            ("usher unlock 3", key!("example-unlock")),
            ("usher unlock 3 --exempt", key!("example-unlock-exempt")),
            ("usher unlock --all", key!("example-unlock-all")),
        ],
        &["usher-lock(1)", "usher-unblock(1)", "usher-blocks(1)"],
    ),
    page(
        "disconnect",
        Ends::Targets,
        &[
            ("usher disconnect 3", key!("example-disconnect")),
            ("usher disconnect --all --dry-run", key!("example-disconnect-dry")),
        ],
        &["usher-close(1)", "usher-attach(1)", "usher-list(1)"],
    ),
    VerbPage {
        files: &[DAEMON_SETTINGS],
        ..page(
            "close",
            Ends::Targets,
            &[
                ("usher close 3", key!("example-close")),
                ("usher close 3 --notice 5m -m \"Please save\"", key!("example-close-notice")),
                ("usher close --cancel --all", key!("example-close-cancel")),
                ("usher close --user alice --confirm", key!("example-close-confirm")),
            ],
            &["usher-disconnect(1)", "usher-list(1)", "usher-watch(1)"],
        )
    },
    page(
        "block",
        Ends::Targets,
        &[
            ("usher block --all -m \"Exam: please wait\"", key!("example-block-all")),
            ("usher block --group pupils -m \"Not before ten\" --for 2h", key!("example-block-group")),
        ],
        &["usher-unblock(1)", "usher-blocks(1)", "usher-unlock(1)", "usher-lock(1)"],
    ),
    page(
        "unblock",
        Ends::Targets,
        &[
            ("usher unblock --all", key!("example-unblock-all")),
            ("usher unblock --group pupils", key!("example-unblock-group")),
        ],
        &["usher-block(1)", "usher-blocks(1)", "usher-unlock(1)"],
    ),
    page(
        "blocks",
        Ends::Answer,
        &[("usher blocks", key!("example-blocks")), ("usher blocks -o json", key!("example-json"))],
        &["usher-block(1)", "usher-unblock(1)"],
    ),
    VerbPage {
        environment: &STATION,
        files: &[STATION_SETTINGS],
        ..page(
            "open",
            Ends::Program,
            &[
                ("usher open --name maths -- vim essay.txt", key!("example-open")),
                ("id=$(usher open)", key!("example-open-id")),
                ("usher open --wait -- make test", key!("example-open-wait")),
            ],
            &["usher-attach(1)", "usher-show(1)", "usher-rename(1)", "usher-close(1)"],
        )
    },
    VerbPage {
        environment: &STATION,
        files: &[STATION_SETTINGS],
        ..page(
            "attach",
            Ends::Program,
            &[
                ("usher attach", key!("example-attach")),
                ("usher attach maths --read-only", key!("example-attach-look")),
                ("usher attach 1 --detach-keys '^P ^Q'", key!("example-attach-keys")),
            ],
            &["usher-open(1)", "usher-disconnect(1)", "usher-list(1)"],
        )
    },
    VerbPage {
        environment: &LOGIN,
        files: &[LOGIN_FILE, STATION_SETTINGS],
        ..page(
            "login",
            Ends::Program,
            &[
                ("sudo usher login enable pupils", key!("example-login-enable")),
                ("ssh -t lab1 usher login", key!("example-login")),
            ],
            &["usher-login-enable(1)", "usher-login-console(1)", "usher-open(1)", "usher-attach(1)"],
        )
    },
    VerbPage {
        files: &[LOGIN_FILE],
        ..page(
            "login enable",
            Ends::Here,
            &[("sudo usher login enable pupils", key!("example-login-enable"))],
            &["usher-login(1)", "usher-login-disable(1)", "sshd_config(5)"],
        )
    },
    VerbPage {
        files: &[LOGIN_SHELLS],
        ..page(
            "login console",
            Ends::Here,
            &[("sudo usher login console alice", key!("example-login-console"))],
            &["usher-login(1)", "usher-login-disable(1)"],
        )
    },
    VerbPage {
        files: &[LOGIN_FILE, LOGIN_SHELLS],
        ..page(
            "login disable",
            Ends::Here,
            &[("sudo usher login disable", key!("example-login-disable"))],
            &["usher-login(1)", "usher-login-enable(1)", "usher-login-console(1)"],
        )
    },
    page(
        "rename",
        Ends::Targets,
        &[
            ("usher rename 1 maths", key!("example-rename")),
            ("usher rename alice/maths history", key!("example-rename-other")),
        ],
        &["usher-open(1)", "usher-list(1)"],
    ),
    page(
        "show",
        Ends::Answer,
        &[("usher show maths", key!("example-show")), ("usher show 3 | grep -i error", key!("example-show-search"))],
        &["usher-thumbnail(1)", "usher-attach(1)", "usher-audit(1)"],
    ),
    page(
        "thumbnail",
        Ends::Answer,
        &[
            ("usher thumbnail 3 -o alice.png", key!("example-thumbnail")),
            ("usher thumbnail 3 --size fullscreen --file - | display", key!("example-thumbnail-pipe")),
        ],
        &["usher-show(1)", "usher-audit(1)"],
    ),
    page(
        "watch",
        Ends::Answer,
        &[("usher watch", key!("example-watch")), ("usher watch --since 10m -o jsonl", key!("example-watch-since"))],
        &["usher-list(1)", "usher-audit(1)"],
    ),
    VerbPage {
        files: &[DAEMON_SETTINGS],
        ..page(
            "audit",
            Ends::Answer,
            &[
                ("usher audit --since 02:20 --action close", key!("example-audit")),
                ("usher audit --user alice -n 20", key!("example-audit-user")),
                ("usher audit -f", key!("example-audit-follow")),
            ],
            &["usher-watch(1)", "usherd(8)", "journalctl(1)"],
        )
    },
    VerbPage {
        files: &[DAEMON_SETTINGS],
        ..page(
            "status",
            Ends::Answer,
            &[
                ("usher status", key!("example-status")),
                ("usher status -o json | jq '.[].degraded'", key!("example-status-json")),
            ],
            &["usher-list(1)", "usherd(8)", "usher-gateway(8)"],
        )
    },
    page(
        "dashboard",
        Ends::Here,
        &[
            ("usher dashboard --open", key!("example-dashboard")),
            ("usher dashboard --server lab1,lab2", key!("example-dashboard-server")),
            ("sudo usher dashboard enable", key!("example-dashboard-enable")),
        ],
        &["usher-thumbnail(1)", "usher-servers(1)", "usher-identities(1)", "usher-audit(1)"],
    ),
    page(
        "dashboard enable",
        Ends::Here,
        &[("sudo usher dashboard enable", key!("example-dashboard-enable"))],
        &["usher-dashboard(1)", "usher-identities(1)"],
    ),
    page(
        "dashboard disable",
        Ends::Here,
        &[("sudo usher dashboard disable", key!("example-dashboard-disable"))],
        &["usher-dashboard(1)"],
    ),
    page(
        "dashboard join",
        Ends::Here,
        &[("sudo usher dashboard join - --name lab2", key!("example-dashboard-join"))],
        &["usher-dashboard(1)", "usher-invite(1)"],
    ),
    page(
        "dashboard leave",
        Ends::Here,
        &[("sudo usher dashboard leave lab2", key!("example-dashboard-leave"))],
        &["usher-dashboard(1)", "usher-revoke(1)"],
    ),
    page(
        "demo",
        Ends::Here,
        &[("usher demo", key!("example-demo")), ("usher demo --script", key!("example-demo-script"))],
        &["usher(1)", "usherd(8)", "tmux(1)"],
    ),
    page(
        "help",
        Ends::Here,
        &[
            ("usher help lock", key!("example-help")),
            ("usher help servers group", key!("example-help-nested")),
            ("usher help Lock-WmsSession", key!("example-help-cmdlet")),
        ],
        &["usher(1)", "Lock-WmsSession(1)"],
    ),
    page(
        "invite",
        Ends::Answer,
        &[
            ("sudo usher invite olga@laptop", key!("example-invite")),
            ("sudo usher invite --role administrator --address lab1.example.org", key!("example-invite-address")),
        ],
        &["usher-join(1)", "usher-identities(1)", "usher-revoke(1)", "usher-gateway(8)"],
    ),
    page(
        "identities",
        Ends::Answer,
        &[("sudo usher identities", key!("example-identities"))],
        &["usher-invite(1)", "usher-revoke(1)", "usher-gateway(8)"],
    ),
    page(
        "revoke",
        Ends::Answer,
        &[("sudo usher revoke olga@laptop", key!("example-revoke"))],
        &["usher-identities(1)", "usher-invite(1)"],
    ),
    page(
        "join",
        Ends::Answer,
        &[
            ("usher join TOKEN", key!("example-join")),
            ("usher join - --name lab1 < token.txt", key!("example-join-stdin")),
        ],
        &["usher-invite(1)", "usher-servers(1)", "usher-dial(1)"],
    ),
    VerbPage {
        files: &[GROUPS],
        ..page(
            "servers",
            Ends::Answer,
            &[
                ("usher servers", key!("example-servers")),
                ("usher servers group lab lab1 olga@lab2", key!("example-servers-group")),
                ("usher list --server lab", key!("example-servers-use")),
            ],
            &["usher-join(1)", "usher-servers-test(1)", "usher-servers-group(1)", "ssh_config(5)"],
        )
    },
    VerbPage {
        files: &[GROUPS],
        ..page(
            "servers test",
            Ends::Answer,
            &[
                ("usher servers test", key!("example-servers-test")),
                ("usher servers test lab", key!("example-servers-test-one")),
            ],
            &["usher-servers(1)", "usher-join(1)"],
        )
    },
    VerbPage {
        files: &[GROUPS],
        ..page(
            "servers group",
            Ends::Here,
            &[("usher servers group lab lab1 olga@lab2", key!("example-servers-group"))],
            &["usher-servers(1)", "usher-servers-ungroup(1)"],
        )
    },
    VerbPage {
        files: &[GROUPS],
        ..page(
            "servers ungroup",
            Ends::Here,
            &[("usher servers ungroup lab", key!("example-servers-ungroup"))],
            &["usher-servers(1)", "usher-servers-group(1)"],
        )
    },
    VerbPage {
        files: &[GROUPS],
        ..page(
            "servers remove",
            Ends::Here,
            &[("usher servers remove lab1", key!("example-servers-remove"))],
            &["usher-servers(1)", "usher-join(1)"],
        )
    },
    page(
        "dial-stdio",
        Ends::Answer,
        &[("ssh lab1 usher dial-stdio", key!("example-dial-stdio"))],
        &["usher-servers(1)", "ssh(1)"],
    ),
    VerbPage {
        files: &[
            ("/usr/share/bash-completion/completions/usher", key!("file-completion")),
            ("/usr/share/zsh/vendor-completions/_usher", key!("file-completion")),
            ("/usr/share/fish/vendor_completions.d/usher.fish", key!("file-completion")),
        ],
        ..page(
            "completion",
            Ends::Here,
            &[
                ("eval \"$(usher completion bash)\"", key!("example-completion-bash")),
                ("source <(usher completion zsh)", key!("example-completion-zsh")),
                ("usher completion fish | source", key!("example-completion-fish")),
            ],
            &["usher(1)", "usher-install-cmdlets(1)"],
        )
    },
    VerbPage {
        files: &[("/usr/bin/Lock-WmsSession", key!("file-link"))],
        ..page(
            "install-cmdlets",
            Ends::Here,
            &[("usher install-cmdlets ~/bin", key!("example-install-cmdlets"))],
            &["Lock-WmsSession(1)", "Get-WmsSession(1)", "usher-help(1)"],
        )
    },
];
