# The help of the cmdlets.
help-cmdlets = The cmdlets, each also a command of its own where `usher install-cmdlets DIR` made its link:
help-cmdlets-title = The cmdlets
help-cmdlets-intro = Each is called as `usher NAME …`, or as `NAME …` where `usher install-cmdlets DIR` made links. Names of cmdlets and parameters are read in any casing, and parameters by any beginning that only one of them has.
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
    Every cmdlet takes these. Verbose, Debug and those that end in Action work here; only ProgressAction is without effect, because there is no progress to show. Those that name a variable, and OutBuffer, are read and accepted so that scripts run unchanged, but a Unix shell has no such variable to fill.
help-notes-text =
    Exit codes: 0 when every session is in the requested state, 1 when at least one failed, 2 when the command line was wrong, 3 when the host or its daemon could not be reached.

    A shell reads $false and @( before the cmdlet does: write -Confirm:'$false' or -Confirm:false, and '@(3,4)' or 3,4. An empty word, which an unset variable leaves behind, is never taken for a number or a host.

    The form of the output is chosen with `usher --output table|list|json NAME …` or $USHER_OUTPUT; by itself it is a list of properties for a person and one JSON object a line in a pipe.

get-synopsis = Shows sessions as objects.
get-description =
    Writes one object for each session: whose it is, whether somebody sits at it and where, and whether, by whom and why it is locked.

    State is ConnectedToStation, RemoteConnection, Disconnected or Closing. A remote session has the StationId 0, one at which nobody sits has none. IsMOGUser says that the user belongs to the operators, IsOrchestratable that the session may be locked. IsRail is always False.
get-example-1 = Every session of this host.
get-example-2 = The sessions 3 and 4 alone.
get-example-3 = Locks every session of alice: the objects go through jq into the next cmdlet.
get-example-4 = Writes what session 3 shows into a file, as `usher thumbnail 3 --size large -o 3.png` does.
get-parameter-All = Every session of the host, the one you call from among them. -All:$false names no session at all.
get-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
get-outputs = One object for each session, with the properties named above.

lock-synopsis = Covers a session with a message, until it is unlocked.
lock-description =
    The user sees the message in place of the session and can neither dismiss it nor type. What runs in the session goes on running. Locking again replaces the message.

    The session you call from cannot be locked. Sessions of administrators and operators can be locked only where the host allows it.
lock-example-1 = Covers session 3 with this message.
lock-example-2 = Covers every session but your own; without -SessionId, the first word without a name is the message.
lock-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
lock-outputs = Nothing, unless a form of output is asked for: then what became of each session.

unlock-synopsis = Gives a locked session back to its user.
unlock-description =
    The cover goes, and the session is shown as it is now. Unlocking a session that is not locked changes nothing.

    A standing rule (`usher blocks`) still covers the sessions it matches: then this fails with StillBlocked. `usher unblock` removes the rule, `usher unlock --exempt` takes the session out of it.
unlock-example-1 = Gives session 3 back to its user.
unlock-example-2 = Gives every locked session back.
unlock-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
unlock-outputs = Nothing, unless a form of output is asked for: then what became of each session.

disconnect-synopsis = Frees the station of a session, which lives on.
disconnect-description =
    Whoever sits at the session is sent away, and the station is free for the next person. Programs go on running; the user comes back to them at this station or another.

    The session you call from cannot be disconnected.
disconnect-example-1 = Frees the station at which session 3 is shown.
disconnect-example-2 = Says which sessions would be disconnected, and does nothing.
disconnect-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
disconnect-outputs = Nothing, unless a form of output is asked for: then what became of each session.

close-synopsis = Ends a session and logs its user off.
close-description =
    The session's programs are asked to end, and killed if they do not. What was not saved is lost. The cmdlet is done when every process of the session was seen gone.

    Only administrators may close the sessions of administrators and operators, and nobody closes the session they call from.
close-example-1 = Ends session 3.
close-example-2 = Asks about each of the two sessions, and ends those for which the answer is yes.
close-example-3 = Says of every session what would be done, and does nothing.
close-inputs = Objects that have a SessionId, and perhaps a Server or ComputerName, as JSON; or bare session IDs.
close-outputs = Nothing, unless a form of output is asked for. An ID that no session has is an ItemNotFoundException.

parameter-SessionId = The IDs of the sessions: one, or several with commas between them. Numbers may be written as 3, 0x3 or 1kb.
parameter-All = Every session of the host but the one you call from. Sessions that the caller may not act on are left out with a warning. -All:$false names no session at all.
parameter-Message = What the user reads: 1 to 1000 characters of any script, in one line. On a terminal it is asked for if it is missing.
parameter-Server = The host whose sessions are meant: one that was joined, a group of hosts, or a destination for ssh. localhost and every other name of this host are this host.
parameter-Thumbnail = A picture of what the person at each session sees, in this size: Small (at most 160x120 pixels), Medium (320x240), Large (640x480) or FullScreen (as large as the screen). A pipe gets it as the property Thumbnail, a PNG file in base64; on a terminal its size is said, and `usher thumbnail` writes it into a file. Where no picture can be taken, an error says why and the object comes without one. Every look is in the audit log.
parameter-WhatIf = Only says what would be done. It is stronger than -Confirm.
parameter-Confirm = Asks before each session: yes, no, either for all that follow, or suspend. Where nobody can be asked, nothing is done.
parameter-Verbose = Says what is done, on standard error.
parameter-Debug = Says what is asked of the daemon, on standard error.
parameter-ErrorAction = After an error: say it and go on (Continue), end (Stop), ask (Inquire), or go on silently (SilentlyContinue, Ignore).
parameter-WarningAction = The same for warnings.
parameter-InformationAction = The same for what went well; silent by default.
parameter-ProgressAction = Accepted; there is no progress to show.
parameter-ErrorVariable = Accepted; a shell has no such variable.
parameter-WarningVariable = Accepted; a shell has no such variable.
parameter-InformationVariable = Accepted; a shell has no such variable.
parameter-OutVariable = Accepted; a shell has no such variable.
parameter-OutBuffer = Accepted; every object is passed on at once.
parameter-PipelineVariable = Accepted; a shell has no such variable.
