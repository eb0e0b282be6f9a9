# The help of the cmdlets.
help-cmdlets = The cmdlets; `usher install-cmdlets DIR` makes each one a command of its own:
help-cmdlets-title = The cmdlets
help-cmdlets-intro = Call a cmdlet as `usher NAME …`, or as `NAME …` after `usher install-cmdlets DIR`. The casing of names does not matter; the links are there in lower case too, and a shell knows no other casing of them. The beginning of a parameter's name is enough if no other parameter begins in the same way. For a table instead of properties or JSON, write `usher --output table NAME …`, or set `USHER_OUTPUT=table` once.
help-name = NAME
help-synopsis = Synopsis
help-syntax = Syntax
help-description = Description
help-parameters = Parameters
help-examples = Examples
help-example = Example { $number }
help-inputs = Inputs
help-outputs = Outputs
help-notes = Notes
help-related = Related
help-type = Type
help-values = Values
help-sets = Parameter sets
help-aliases = Aliases
help-required = Required
help-position = Position
help-default = Default value
help-pipeline = Pipeline input
help-wildcards = Wildcards
help-true = True
help-false = False
help-none = None
help-named = Named
help-all-sets = (All)
help-by-name = True (by property name)
help-by-name-and-value = True (by property name; bare numbers)
help-common =
    Every cmdlet takes these parameters. Verbose, Debug and the parameters that end in Action work as usual, except that ProgressAction has no effect, because there is no progress to show. OutBuffer and the parameters that name a variable are accepted so that scripts run unchanged; they have no effect, because a Unix shell has no such variables.
help-notes-text =
    Exit codes: 0 if every session is in the requested state, 1 if at least one failed, 2 if the command line was wrong, 3 if the host or its daemon could not be reached.

    The shell interprets $false and @( before the cmdlet sees them: write -Confirm:'$false' or -Confirm:0, and '@(3,4)' or 3,4. An empty word, which an unset variable leaves behind, is the number 0, which no session has; it is never a host.

    `usher --output table|list|json NAME …` or $USHER_OUTPUT chooses the format of the output. The default is a list of properties on a terminal, and one JSON object a line in a pipe.

get-synopsis = Shows sessions as objects.
get-description =
    Writes one object for each session. It tells the session's user, whether somebody sits at it and where, and whether it is locked, by whom and with which message.

    State is ConnectedToStation, RemoteConnection, Disconnected or Closing. The StationId of a remote session is 0; a session at which nobody sits has none. IsMOGUser is True if the user is an operator, and IsOrchestratable is True if the session may be locked. IsRail is always False.
get-example-1 = Every session of this host.
get-example-2 = The same as a table, a line for each session.
get-example-3 = The sessions 3 and 4 alone.
get-example-4 = Locks every session of alice: the objects go through jq into the next cmdlet.
get-example-5 = Writes what session 3 shows into a file, as `usher thumbnail 3 --size large -o 3.png` does.
get-parameter-All = Every session of the host, including the one that you call from. -All:$false selects no session.
get-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
get-outputs = One object for each session, with the properties named above.

lock-synopsis = Covers a session with a message, until it is unlocked.
lock-description =
    The user sees the message instead of the session, and can neither dismiss it nor type. Programs keep running. Locking a session again replaces its message.

    You cannot lock the session that you call from. The sessions of administrators and operators can be locked only if the host allows it.
lock-example-1 = Covers session 3 with this message.
lock-example-2 = Covers every session except your own. Without -SessionId, the first unnamed word is the message.
lock-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
lock-outputs = Nothing by default; the outcome for each session if you choose an output format.

unlock-synopsis = Gives a locked session back to its user.
unlock-description =
    The cover disappears, and the session is shown as it is now. Unlocking a session that is not locked changes nothing.

    A session that a standing rule covers (`usher blocks`) stays locked, and the cmdlet fails with StillBlocked. `usher unblock` removes the rule; `usher unlock --exempt` takes the session out of it.
unlock-example-1 = Gives session 3 back to its user.
unlock-example-2 = Gives every locked session back.
unlock-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
unlock-outputs = Nothing by default; the outcome for each session if you choose an output format.

disconnect-synopsis = Frees the station of a session; the session lives on.
disconnect-description =
    Whoever sits at the session is sent away, and the station is free for the next person. Programs keep running, and the user can return to them at this station or another.

    You cannot disconnect the session that you call from.
disconnect-example-1 = Frees the station at which session 3 is shown.
disconnect-example-2 = Shows which sessions would be disconnected, and does nothing.
disconnect-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
disconnect-outputs = Nothing by default; the outcome for each session if you choose an output format.

close-synopsis = Ends a session and logs its user off.
close-description =
    The programs of the session are asked to end, and killed if they do not. Unsaved work is lost. The cmdlet finishes when every process of the session was seen gone.

    Only administrators may close the sessions of administrators and operators. You cannot close the session that you call from.
close-example-1 = Ends session 3.
close-example-2 = Asks about each of the two sessions, and ends those for which the answer is yes.
close-example-3 = Shows what would be done to every session, and does nothing.
close-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
close-outputs = Nothing by default; the outcome for each session if you choose an output format. An ID that no session has causes an ItemNotFoundException.

parameter-SessionId = The IDs of the sessions: one, or several with commas between them. Numbers may be written as 3, 0x3 or 1kb.
parameter-All = Every session of the host except the one that you call from. Sessions that you may not act on are left out with a warning. -All:$false selects no session.
parameter-Message = The message that the user sees: 1 to 1000 characters of any script, in one line. If it is missing, the cmdlet asks for it on a terminal.
parameter-Server = The host of the sessions: a host that was joined, a group of hosts, or a destination for ssh. localhost and every other name of this host mean this host.
parameter-Thumbnail = A thumbnail of what the person at each session sees, in this size: Small (at most 160x120 pixels), Medium (320x240), Large (640x480) or FullScreen (as large as the screen). In a pipe, the property Thumbnail is a PNG image in base64; a terminal shows only its size, and `usher thumbnail` saves one to a file. If no thumbnail can be taken, an error says why, and the object comes without it. The audit log records every thumbnail.
parameter-WhatIf = Only shows what would be done. It takes precedence over -Confirm.
parameter-Confirm = Asks for confirmation before each session: yes, no, either of them for all that follow, or suspend. Without a terminal, nothing is done.
parameter-Verbose = Prints to standard error what is done.
parameter-Debug = Prints each request to the daemon to standard error.
parameter-ErrorAction = What to do after an error: print it and continue (Continue), stop (Stop), ask (Inquire), or continue silently (SilentlyContinue, Ignore).
parameter-WarningAction = The same for warnings.
parameter-InformationAction = The same for successes; silent by default.
parameter-ProgressAction = Accepted; there is no progress to show.
parameter-ErrorVariable = Accepted; a shell has no such variable.
parameter-WarningVariable = Accepted; a shell has no such variable.
parameter-InformationVariable = Accepted; a shell has no such variable.
parameter-OutVariable = Accepted; a shell has no such variable.
parameter-OutBuffer = Accepted; every object is passed on at once.
parameter-PipelineVariable = Accepted; a shell has no such variable.

# Where the module for PowerShell differs from the cmdlets in a Unix shell.
powershell-parameter-Thumbnail = A thumbnail of what the person at each session sees, in this size: Small (at most 160x120 pixels), Medium (320x240), Large (640x480) or FullScreen (as large as the screen). The property Thumbnail has the bytes of a PNG image. If no thumbnail can be taken, an error says why, and the object comes without it. The audit log records every thumbnail.
powershell-get-example-3 = Locks every session of alice: Where-Object chooses the objects that go on to the next cmdlet.
powershell-get-example-4 = Writes what session 3 shows into a file.
powershell-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName.
powershell-lock-outputs = Nothing.
powershell-unlock-outputs = Nothing.
powershell-disconnect-outputs = Nothing.
powershell-close-outputs = Nothing. An ID that no session has causes an ItemNotFoundException.
powershell-notes =
    The module runs the program usher for each object that comes through the pipe. Errors are non-terminating, one for each session that failed; the beginning of FullyQualifiedErrorId is usher's own identifier, such as SessionNotFound.

    about_Usher has more.
