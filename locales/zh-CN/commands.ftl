# 普通动词所说的话。
install-failed = 无法创建 { $link }：{ $why }
help-unknown = 没有名为 { $name } 的动词或 cmdlet；运行 `usher help` 可查看全部
cannot-print = 无法输出：{ $why }
rule-covers-none = 目前没有会话受此规则覆盖
no-such-rule = 没有规则 `{ $rule }`；用 `usher blocks` 查看现有规则
confirm-question = 是否对 { $host } 上 { $user } 的会话 { $id } 执行“{ $action }”？[y] 是，[a] 全部，[n] 否，[o] 全都不：
confirm-help = 请回答 y（执行此项）、a（执行此项及其后全部）、n（跳过此项）或 o（从此项起全部跳过）
confirm-no-terminal = --confirm 需要终端才能询问；未执行任何操作
confirm-no-terminal-hint = 去掉 --confirm，或先用 --dry-run 查看
action-close = 关闭
action-disconnect = 断开
