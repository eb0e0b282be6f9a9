# 锁定的工位所显示的文字。程序也会不经 Fluent 直接读取：每条一行，只能使用 { $名称 }。
lock-title = 此会话已锁定
lock-by = 由 { $by } 于 { $since } 锁定
lock-until = 将在 { $time } 后解锁
close-notice = 此会话将在 { $time } 后关闭（{ $by }）
close-notice-message = 此会话将在 { $time } 后关闭：{ $message }（{ $by }）
scrolled-back = 已回滚 { $lines } 行；按任意键返回
left-disconnected = 已被 { $by } 断开；会话继续运行：usher attach { $id }
left-closed = 会话已被 { $by } 关闭
left-over = 会话已结束：{ $how }
left-crowded = 此会话的工位过多
ended = 程序已退出
ended-with-code = 程序已退出，退出代码为 { $code }
ended-by-signal = 程序被信号 { $signal } 终止
ended-somehow = 程序已消失
display-lock-by = 由 { $by } 于 { $since } 在 { $host } 上锁定
display-lock-until = 锁定至 { $time }
display-close-notice = 此会话将于 { $time } 关闭（{ $by }）
