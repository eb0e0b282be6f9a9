#!/bin/sh
# A person's X11 desktop: a window manager, a terminal that keeps what is typed, and hands for the tests.
#
#   test-desk Xvfb|Xvnc NUMBER WIDTHxHEIGHT    with an X server of its own
#   test-desk furnish                          on the display that is there (xrdp's)
#
# ~/.desk-NUMBER/ has: ready (the session's ID, when all is there), typed, commands (a pipe of names of scripts).
set -u
kind=$1
server=
if [ "$kind" != furnish ]; then
    export DISPLAY=:$2 XAUTHORITY="$HOME/.Xauthority"
fi
number=${DISPLAY#*:} number=${number%%.*}
desk=$HOME/.desk-$number
rm -rf "$desk"
mkdir -p "$desk"
exec >"$desk/log" 2>&1 </dev/null

case $kind in
Xvfb)
    xauth -q add "$DISPLAY" . "$(mcookie)"
    Xvfb "$DISPLAY" -screen 0 "$3x24" -auth "$XAUTHORITY" -nolisten tcp -noreset &
    server=$!
    ;;
Xvnc)
    xauth -q add "$DISPLAY" . "$(mcookie)"
    Xtigervnc "$DISPLAY" -geometry "$3" -depth 24 -auth "$XAUTHORITY" -nolisten tcp \
        -rfbport "$((5900 + number))" -SecurityTypes None -localhost=0 -desktop "$USER" &
    server=$!
    ;;
esac
until xsetroot -solid '#206040'; do sleep 0.02; done
openbox &
until xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 'window id'; do sleep 0.02; done
cd "$desk" || exit
: >typed
xterm -fa Monospace -geometry 60x10+40+40 -title typed -e sh -c 'stty raw -echo; exec cat >>typed' &
until [ "$(xdotool getwindowfocus getwindowname)" = typed ] && pgrep -u "$USER" -x cat >/dev/null; do sleep 0.02; done

mkfifo commands
(
    exec 3<>commands
    while read -r name <&3; do
        (
            sh "./$name.sh" >"$name.out" 2>"$name.err" 3<&-
            echo $? >"$name.code.new"
            mv "$name.code.new" "$name.code"
        ) &
    done
) &
echo "$XDG_SESSION_ID" >ready.new
mv ready.new ready
wait $server
