# What the plain verbs say.
install-failed = { $link } cannot be made: { $why }
help-unknown = there is no verb and no cmdlet { $name }; `usher help` lists them
