# What a locked station shows. These lines are also read without Fluent: one line each, and nothing but { $names }.
lock-title = This session is locked
lock-by = Locked by { $by } since { $since }
lock-until = Unlocks in { $time }
close-notice = This session closes in { $time } ({ $by })
close-notice-message = This session closes in { $time }: { $message } ({ $by })
scrolled-back = { $lines } lines back; type to return
left-disconnected = disconnected by { $by }; the session lives on: usher attach { $id }
left-closed = the session was closed by { $by }
left-over = the session is over: { $how }
left-crowded = too many stations sit at this session
ended = its program ended
ended-with-code = its program ended with exit code { $code }
ended-by-signal = its program was ended by signal { $signal }
ended-somehow = its program is gone
display-lock-by = Locked by { $by } on { $host } since { $since }
display-lock-until = until { $time }
display-close-notice = This session will close at { $time } ({ $by })
