# What the plain verbs say.
install-failed = { $link } cannot be made: { $why }
help-unknown = there is no verb and no cmdlet { $name }; `usher help` lists them
cannot-print = cannot print: { $why }
rule-covers-none = no session is covered by this rule now
no-such-rule = there is no rule `{ $rule }`; `usher blocks` shows those that stand
confirm-question = { $action } session { $id } of { $user } on { $host }? [y]es, [a]ll, [n]o, n[o]ne:
confirm-help = answer y (this one), a (this and all after it), n (not this one) or o (none from here on)
confirm-no-terminal = --confirm needs a terminal to ask on; nothing was done
confirm-no-terminal-hint = leave --confirm out, or look first with --dry-run
action-close = close
action-disconnect = disconnect
