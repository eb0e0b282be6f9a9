# 普通动词所说的话。
install-failed = 无法创建 { $link }：{ $why }
help-unknown = 没有名为 { $name } 的动词或 cmdlet；运行 `usher help` 可查看全部
