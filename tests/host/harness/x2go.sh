#!/bin/sh
# A client of X2Go: the steps of x2goclient with the programs that it runs, on the display that is there.
#
#   test-x2go USER [resumed]
#
# One ssh connection carries it all: the order to start or to resume, the tunnel to the agent, and the desktop's command.
set -eu
user=$1 resumed=${2:-}
control=/run/x2go-$user-$$
at="-i /root/.ssh/test -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR $user@127.0.0.1"
on_host() {
    ssh -S "$control" $at "$@"
}
ssh -M -f -N -S "$control" $at
if [ "$resumed" ]; then
    # agent|session|display|host|state|begun|cookie|client|port|…
    set -- $(on_host x2golistsessions | tr '|' ' ')
    display=$3 cookie=$7
    # The ports come last, by name.
    port=$(on_host "x2goresume-session $2 800x600 lan nopack us pc105/us 0 both" | sed -n s/^gr_port=//p)
    # The agent is only told to listen.
    on_host "timeout 30 sh -c 'until ss -Hltn sport = :$port | grep -q .; do sleep 0.1; done'"
else
    set -- $(on_host "x2gostartagent fullscreen lan nopack unix-kde-depth_24 us pc105/us 0 D test-desk both")
    display=$1 cookie=$2 agent=$3 session=$4 port=$5 sound=$6
fi
local=$((port + 1000))
on_host -O forward -L "127.0.0.1:$local:127.0.0.1:$port"
[ "$resumed" ] ||
    on_host "setsid x2goruncommand $display $agent $session $sound /usr/local/bin/test-deskX2GO_SPACE_CHARfurnish nosnd D" \
        >/dev/null 2>&1 </dev/null &
exec nxproxy -S "nx/nx,retry=5,composite=1,connect=127.0.0.1,cookie=$cookie,port=$local:$display"
