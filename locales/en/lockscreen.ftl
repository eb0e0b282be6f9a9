# What a locked station shows. These lines are also read without Fluent: one line each, and nothing but { $names }.
lock-title = This session is locked
lock-by = Locked by { $by } since { $since }
lock-until = Unlocks in { $time }
close-notice = This session closes in { $time } ({ $by })
close-notice-message = This session closes in { $time }: { $message } ({ $by })
scrolled-back = { $lines } lines back; type to return
