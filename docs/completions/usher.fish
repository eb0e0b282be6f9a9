# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_usher_global_optspecs
    string join \n socket= server= timeout= at-once= o/output= lang= v/verbose h/help V/version
end

function __fish_usher_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_usher_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_usher_using_subcommand
    set -l cmd (__fish_usher_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c usher -n "__fish_usher_needs_command" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_needs_command" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_needs_command" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_needs_command" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_needs_command" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_needs_command" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_needs_command" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_needs_command" -s V -l version -d 'Print version'
complete -c usher -n "__fish_usher_needs_command" -f -a "list" -d 'Show the sessions of this host'
complete -c usher -n "__fish_usher_needs_command" -f -a "ls" -d 'Show the sessions of this host'
complete -c usher -n "__fish_usher_needs_command" -f -a "lock" -d 'Cover sessions with a message that their users cannot dismiss'
complete -c usher -n "__fish_usher_needs_command" -f -a "unlock" -d 'Give locked sessions back to their users'
complete -c usher -n "__fish_usher_needs_command" -f -a "disconnect" -d 'Free the stations of sessions; the sessions live on'
complete -c usher -n "__fish_usher_needs_command" -f -a "close" -d 'End sessions and see that all of their programs are gone'
complete -c usher -n "__fish_usher_needs_command" -f -a "block" -d 'Set a standing rule that locks present and future sessions'
complete -c usher -n "__fish_usher_needs_command" -f -a "unblock" -d 'Remove a standing rule'
complete -c usher -n "__fish_usher_needs_command" -f -a "blocks" -d 'Show the standing rules'
complete -c usher -n "__fish_usher_needs_command" -f -a "open" -d 'Start a text session and print its ID'
complete -c usher -n "__fish_usher_needs_command" -f -a "attach" -d 'Attach this terminal to a text session; Ctrl-\\ d detaches it'
complete -c usher -n "__fish_usher_needs_command" -f -a "rename" -d 'Give a text session another name'
complete -c usher -n "__fish_usher_needs_command" -f -a "show" -d 'Print the text on the screen of a text session'
complete -c usher -n "__fish_usher_needs_command" -f -a "thumbnail" -d 'Save a thumbnail of what a session shows'
complete -c usher -n "__fish_usher_needs_command" -f -a "watch" -d 'Show what happens to sessions and rules, as it happens'
complete -c usher -n "__fish_usher_needs_command" -f -a "audit" -d 'Show who did what, when, from where and with what result'
complete -c usher -n "__fish_usher_needs_command" -f -a "status" -d 'Show the daemon: its version, its mode, its socket, and what does not work as it should'
complete -c usher -n "__fish_usher_needs_command" -f -a "demo" -d 'Try everything on a daemon of its own, with three sessions to play with'
complete -c usher -n "__fish_usher_needs_command" -f -a "help" -d 'Explain a verb or a cmdlet, such as lock or Lock-WmsSession'
complete -c usher -n "__fish_usher_needs_command" -f -a "invite" -d 'Print a token with which somebody joins this host from another machine'
complete -c usher -n "__fish_usher_needs_command" -f -a "identities" -d 'Show who joined this host from other machines'
complete -c usher -n "__fish_usher_needs_command" -f -a "revoke" -d 'Refuse a remote identity from now on'
complete -c usher -n "__fish_usher_needs_command" -f -a "join" -d 'Join a host with a token that `usher invite` printed there'
complete -c usher -n "__fish_usher_needs_command" -f -a "servers" -d 'Show, test, group and forget the hosts that --server knows by name'
complete -c usher -n "__fish_usher_needs_command" -f -a "dial-stdio" -d 'Connect standard input and output to the daemon of this host'
complete -c usher -n "__fish_usher_needs_command" -f -a "install-cmdlets" -d 'Create links through which the cmdlets are called by name, such as Lock-WmsSession'
complete -c usher -n "__fish_usher_using_subcommand list" -s u -l user -d 'Show only the sessions of this user, by name or uid; can be given several times' -r
complete -c usher -n "__fish_usher_using_subcommand list" -l state -d 'Show only sessions in this state: connected, remote, disconnected or closing; can be given several times' -r -f -a "connected\t''
remote\t''
disconnected\t''
closing\t''"
complete -c usher -n "__fish_usher_using_subcommand list" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand list" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand list" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand list" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand list" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand list" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand list" -l locked -d 'Show only locked sessions'
complete -c usher -n "__fish_usher_using_subcommand list" -l ended -d 'Show the sessions that ended in the last hour, and how'
complete -c usher -n "__fish_usher_using_subcommand list" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand ls" -s u -l user -d 'Show only the sessions of this user, by name or uid; can be given several times' -r
complete -c usher -n "__fish_usher_using_subcommand ls" -l state -d 'Show only sessions in this state: connected, remote, disconnected or closing; can be given several times' -r -f -a "connected\t''
remote\t''
disconnected\t''
closing\t''"
complete -c usher -n "__fish_usher_using_subcommand ls" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand ls" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand ls" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand ls" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand ls" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand ls" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand ls" -l locked -d 'Show only locked sessions'
complete -c usher -n "__fish_usher_using_subcommand ls" -l ended -d 'Show the sessions that ended in the last hour, and how'
complete -c usher -n "__fish_usher_using_subcommand ls" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand lock" -s u -l user -d 'Every session of this user, by name or uid; can be given several times' -r
complete -c usher -n "__fish_usher_using_subcommand lock" -s m -l message -d 'The message that the user sees: 1 to 1000 characters of any script' -r
complete -c usher -n "__fish_usher_using_subcommand lock" -l for -d 'Unlock automatically after this time, such as 90s, 10m or 1h30m' -r
complete -c usher -n "__fish_usher_using_subcommand lock" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand lock" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand lock" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand lock" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand lock" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand lock" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand lock" -l all -d 'Every session except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand lock" -l freeze -d 'Also stop the user\'s other processes until the session is unlocked'
complete -c usher -n "__fish_usher_using_subcommand lock" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand lock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand unlock" -s u -l user -d 'Every session of this user, by name or uid; can be given several times' -r
complete -c usher -n "__fish_usher_using_subcommand unlock" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand unlock" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand unlock" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand unlock" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand unlock" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand unlock" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand unlock" -l all -d 'Every session except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand unlock" -l exempt -d 'Take the sessions out of every standing rule that covers them'
complete -c usher -n "__fish_usher_using_subcommand unlock" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand unlock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand disconnect" -s u -l user -d 'Every session of this user, by name or uid; can be given several times' -r
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand disconnect" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l all -d 'Every session except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l dry-run -d 'Only show what would be done'
complete -c usher -n "__fish_usher_using_subcommand disconnect" -l confirm -d 'Ask before each session'
complete -c usher -n "__fish_usher_using_subcommand disconnect" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand disconnect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand close" -s u -l user -d 'Every session of this user, by name or uid; can be given several times' -r
complete -c usher -n "__fish_usher_using_subcommand close" -l notice -d 'First show the user a countdown of this length, such as 90s or 10m' -r
complete -c usher -n "__fish_usher_using_subcommand close" -s m -l message -d 'The message beside the countdown' -r
complete -c usher -n "__fish_usher_using_subcommand close" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand close" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand close" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand close" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand close" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand close" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand close" -l all -d 'Every session except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand close" -l dry-run -d 'Only show what would be done'
complete -c usher -n "__fish_usher_using_subcommand close" -l confirm -d 'Ask before each session'
complete -c usher -n "__fish_usher_using_subcommand close" -l cancel -d 'Call off the closes whose countdown runs'
complete -c usher -n "__fish_usher_using_subcommand close" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand close" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand block" -s u -l user -d 'The rule for the sessions of this user, by name or uid' -r
complete -c usher -n "__fish_usher_using_subcommand block" -s g -l group -d 'The rule for the sessions of this group\'s members, by name or gid' -r
complete -c usher -n "__fish_usher_using_subcommand block" -s m -l message -d 'The message that the users see: 1 to 1000 characters of any script' -r
complete -c usher -n "__fish_usher_using_subcommand block" -l for -d 'Remove the rule automatically after this time, such as 90s, 10m or 1h30m' -r
complete -c usher -n "__fish_usher_using_subcommand block" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand block" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand block" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand block" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand block" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand block" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand block" -l all -d 'The rule for every session'
complete -c usher -n "__fish_usher_using_subcommand block" -l freeze -d 'Also stop the users\' other processes while the rule locks their sessions'
complete -c usher -n "__fish_usher_using_subcommand block" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand block" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand unblock" -s u -l user -d 'The rule for the sessions of this user, by name or uid' -r
complete -c usher -n "__fish_usher_using_subcommand unblock" -s g -l group -d 'The rule for the sessions of this group\'s members, by name or gid' -r
complete -c usher -n "__fish_usher_using_subcommand unblock" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand unblock" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand unblock" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand unblock" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand unblock" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand unblock" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand unblock" -l all -d 'The rule for every session'
complete -c usher -n "__fish_usher_using_subcommand unblock" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand unblock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand blocks" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand blocks" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand blocks" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand blocks" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand blocks" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand blocks" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand blocks" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand blocks" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand open" -l name -d 'The session\'s name, which stands for its ID wherever one is; no other session of yours may have it' -r
complete -c usher -n "__fish_usher_using_subcommand open" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand open" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand open" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand open" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand open" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand open" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand open" -l attach -d 'Attach this terminal to the session at once'
complete -c usher -n "__fish_usher_using_subcommand open" -l wait -d 'Wait until the session ends'
complete -c usher -n "__fish_usher_using_subcommand open" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand attach" -l detach-keys -d 'The keys that detach, such as \'^P ^Q\'; press the first key twice to send it to the session [default: $USHER_DETACH_KEYS, else detach_keys in ~/.config/usher/usher.toml, else \'^\\ d\']' -r
complete -c usher -n "__fish_usher_using_subcommand attach" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand attach" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand attach" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand attach" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand attach" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand attach" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand attach" -l read-only -d 'Only look on: what you type goes nowhere, and the size of your terminal changes nothing'
complete -c usher -n "__fish_usher_using_subcommand attach" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand attach" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand rename" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand rename" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand rename" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand rename" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand rename" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand rename" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand rename" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand rename" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand show" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand show" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand show" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand show" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand show" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand show" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand show" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -l size -d 'small (at most 160x120), medium (320x240), large (640x480) or fullscreen (as large as the screen)' -r -f -a "small\t''
medium\t''
large\t''
fullscreen\t''"
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -s o -l file -d 'The file to write; - for standard output' -r -F
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand thumbnail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand watch" -l since -d 'First show what happened from this time on, as far as usherd has kept it: an RFC 3339 time, a date, or a duration back from now such as 10m' -r
complete -c usher -n "__fish_usher_using_subcommand watch" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand watch" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand watch" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand watch" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand watch" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand watch" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand watch" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand audit" -l since -d 'Show only records from this time on: 2026-03-02 09:41, a date, a time of day, yesterday, or a duration back from now such as 2h' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -l until -d 'Show only records up to this time' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -s u -l user -d 'Show only records of what this user did, or what was done to their sessions, by name or uid' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -l session -d 'Show only records about this session' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -l action -d 'Show only records of this action, such as lock, close or expire' -r -f -a "lock\t''
unlock\t''
disconnect\t''
close\t''
cancel-close\t''
block\t''
unblock\t''
open\t''
attach\t''
thumbnail\t''
show\t''
rename\t''
invite\t''
redeem\t''
rekey\t''
revoke\t''
expire\t''
release\t''
end\t''"
complete -c usher -n "__fish_usher_using_subcommand audit" -s n -l lines -d 'Show only so many records, the newest' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand audit" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand audit" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand audit" -s f -l follow -d 'Then show records as they come; without -n or --since, begin with the last ten'
complete -c usher -n "__fish_usher_using_subcommand audit" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand status" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand status" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand status" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand status" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand status" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand status" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand status" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand demo" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand demo" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand demo" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand demo" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand demo" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand demo" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand demo" -l script -d 'Play the whole tour unattended, and succeed only if every step was observed'
complete -c usher -n "__fish_usher_using_subcommand demo" -l no-tmux -d 'Do not split the terminal with tmux'
complete -c usher -n "__fish_usher_using_subcommand demo" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand help" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand help" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand help" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand help" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand help" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand help" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand help" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand invite" -l role -d 'The role of whoever joins with the token' -r -f -a "operator\t'Manages standard users\' sessions'
administrator\t'Manages every session'"
complete -c usher -n "__fish_usher_using_subcommand invite" -l address -d 'Where the other machine reaches this host [default: its name and the addresses of its interfaces]' -r
complete -c usher -n "__fish_usher_using_subcommand invite" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand invite" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand invite" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand invite" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand invite" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand invite" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand invite" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand invite" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand identities" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand identities" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand identities" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand identities" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand identities" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand identities" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand identities" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand identities" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand revoke" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand revoke" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand revoke" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand revoke" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand revoke" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand revoke" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand revoke" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand join" -l name -d 'The name of the host on this machine [default: the name that the host gives itself]' -r
complete -c usher -n "__fish_usher_using_subcommand join" -l as -d 'Your name on the host, such as olga@laptop [default: your user name, @, and this machine\'s name]' -r
complete -c usher -n "__fish_usher_using_subcommand join" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand join" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand join" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand join" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand join" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand join" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand join" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand join" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -f -a "test" -d 'Test whether hosts answer this user'
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -f -a "group" -d 'Create or replace a group, whose name then stands for these hosts'
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -f -a "ungroup" -d 'Remove a group; its hosts stay known'
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -f -a "remove" -d 'Forget a joined host, its address, and the certificate and key for it'
complete -c usher -n "__fish_usher_using_subcommand servers; and not __fish_seen_subcommand_from test group ungroup remove rm" -f -a "rm" -d 'Forget a joined host, its address, and the certificate and key for it'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from group" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from ungroup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand servers; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand dial-stdio" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -l socket -d 'The daemon\'s socket [default: $USHER_SOCKET, else /run/usher/usher.sock, else $XDG_RUNTIME_DIR/usher/usher.sock, else /tmp/usher-$UID/usher.sock]' -r -F
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -l server -d 'Run the command on these hosts, separated by commas: joined hosts, groups, or destinations for ssh' -r
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -l timeout -d 'How long to wait for a host, such as 5s [default: 30s, and longer for a command that takes longer itself]' -r
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -l at-once -d 'How many hosts to ask at the same time' -r
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -s o -l output -d 'How to print the results' -r -f -a "table\t'A line for each, in columns'
list\t'Every property on a line of its own'
json\t'One JSON array'
jsonl\t'One JSON object a line'"
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -l lang -d 'The language of help, questions and messages: en or zh-CN [default: $USHER_LANG, else the language of the locale]' -r
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -s v -l verbose -d 'Print each request to standard error'
complete -c usher -n "__fish_usher_using_subcommand install-cmdlets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c usher -n "__fish_usher_needs_command" -f -a "Get-WmsSession" -d 'Shows sessions as objects'
complete -c usher -n "__fish_usher_needs_command" -f -a "Lock-WmsSession" -d 'Covers a session with a message, until it is unlocked'
complete -c usher -n "__fish_usher_needs_command" -f -a "Unlock-WmsSession" -d 'Gives a locked session back to its user'
complete -c usher -n "__fish_usher_needs_command" -f -a "Disconnect-WmsSession" -d 'Frees the station of a session; the session lives on'
complete -c usher -n "__fish_usher_needs_command" -f -a "Close-WmsSession" -d 'Ends a session and logs its user off'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o SessionId -x -d 'The IDs of the sessions: one, or several with commas between them'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o All -d 'Every session of the host except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o Thumbnail -x -a 'Small Medium Large FullScreen' -d 'A thumbnail of what the person at each session sees, in this size: Small (at most 160x120 pixels), Medium (320x240), Large (640x480) or FullScreen (as large as the screen)'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o Server -x -d 'The host of the sessions: a host that was joined, a group of hosts, or a destination for ssh'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o Verbose -d 'Prints to standard error what is done'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o Debug -d 'Prints each request to the daemon to standard error'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o ErrorAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'What to do after an error: print it and continue (Continue), stop (Stop), ask (Inquire), or continue silently (SilentlyContinue, Ignore)'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o WarningAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for warnings'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o InformationAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for successes; silent by default'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o ProgressAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'Accepted; there is no progress to show'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o ErrorVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o WarningVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o InformationVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o OutVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o OutBuffer -x -d 'Accepted; every object is passed on at once'
complete -c usher -n "__fish_usher_using_subcommand Get-WmsSession" -f -o PipelineVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o SessionId -x -d 'The IDs of the sessions: one, or several with commas between them'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o All -d 'Every session of the host except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o Message -x -d 'The message that the user sees: 1 to 1000 characters of any script, in one line'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o Server -x -d 'The host of the sessions: a host that was joined, a group of hosts, or a destination for ssh'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o Verbose -d 'Prints to standard error what is done'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o Debug -d 'Prints each request to the daemon to standard error'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o ErrorAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'What to do after an error: print it and continue (Continue), stop (Stop), ask (Inquire), or continue silently (SilentlyContinue, Ignore)'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o WarningAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for warnings'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o InformationAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for successes; silent by default'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o ProgressAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'Accepted; there is no progress to show'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o ErrorVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o WarningVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o InformationVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o OutVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o OutBuffer -x -d 'Accepted; every object is passed on at once'
complete -c usher -n "__fish_usher_using_subcommand Lock-WmsSession" -f -o PipelineVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o SessionId -x -d 'The IDs of the sessions: one, or several with commas between them'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o All -d 'Every session of the host except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o Server -x -d 'The host of the sessions: a host that was joined, a group of hosts, or a destination for ssh'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o Verbose -d 'Prints to standard error what is done'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o Debug -d 'Prints each request to the daemon to standard error'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o ErrorAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'What to do after an error: print it and continue (Continue), stop (Stop), ask (Inquire), or continue silently (SilentlyContinue, Ignore)'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o WarningAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for warnings'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o InformationAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for successes; silent by default'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o ProgressAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'Accepted; there is no progress to show'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o ErrorVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o WarningVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o InformationVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o OutVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o OutBuffer -x -d 'Accepted; every object is passed on at once'
complete -c usher -n "__fish_usher_using_subcommand Unlock-WmsSession" -f -o PipelineVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o SessionId -x -d 'The IDs of the sessions: one, or several with commas between them'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o All -d 'Every session of the host except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o Server -x -d 'The host of the sessions: a host that was joined, a group of hosts, or a destination for ssh'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o Verbose -d 'Prints to standard error what is done'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o Debug -d 'Prints each request to the daemon to standard error'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o ErrorAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'What to do after an error: print it and continue (Continue), stop (Stop), ask (Inquire), or continue silently (SilentlyContinue, Ignore)'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o WarningAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for warnings'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o InformationAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for successes; silent by default'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o ProgressAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'Accepted; there is no progress to show'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o ErrorVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o WarningVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o InformationVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o OutVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o OutBuffer -x -d 'Accepted; every object is passed on at once'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o PipelineVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o WhatIf -d 'Only shows what would be done'
complete -c usher -n "__fish_usher_using_subcommand Disconnect-WmsSession" -f -o Confirm -d 'Asks for confirmation before each session: yes, no, either of them for all that follow, or suspend'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o SessionId -x -d 'The IDs of the sessions: one, or several with commas between them'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o All -d 'Every session of the host except the one that you call from'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o Server -x -d 'The host of the sessions: a host that was joined, a group of hosts, or a destination for ssh'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o Verbose -d 'Prints to standard error what is done'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o Debug -d 'Prints each request to the daemon to standard error'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o ErrorAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'What to do after an error: print it and continue (Continue), stop (Stop), ask (Inquire), or continue silently (SilentlyContinue, Ignore)'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o WarningAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for warnings'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o InformationAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'The same for successes; silent by default'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o ProgressAction -x -a 'SilentlyContinue Stop Continue Inquire Ignore' -d 'Accepted; there is no progress to show'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o ErrorVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o WarningVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o InformationVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o OutVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o OutBuffer -x -d 'Accepted; every object is passed on at once'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o PipelineVariable -x -d 'Accepted; a shell has no such variable'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o WhatIf -d 'Only shows what would be done'
complete -c usher -n "__fish_usher_using_subcommand Close-WmsSession" -f -o Confirm -d 'Asks for confirmation before each session: yes, no, either of them for all that follow, or suspend'
