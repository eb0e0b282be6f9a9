#!/bin/sh
# A person's desktop: a window manager or compositor, a terminal that keeps what is typed, and hands for the tests.
#
#   test-desk sway|labwc|cage NUMBER           with a Wayland compositor, which runs it again:
#   test-desk wayland NUMBER                   on the compositor that is there
#   test-desk Xvfb|Xvnc NUMBER WIDTHxHEIGHT    with an X server of its own
#   test-desk furnish                          on the display that is there (xrdp's)
#
# ~/.desk-NUMBER/ has: ready (the session's ID, when all is there), reads (the terminal takes keys), typed, commands (a pipe of
# names of scripts). On Wayland a compositor that ends is started again where there is a file "again", and socket has its
# display's name.
set -u
kind=$1
server=
case $kind in
sway | labwc | cage)
    export WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 WLR_HEADLESS_OUTPUTS=2
    printf 'xwayland disable\ndefault_border none\nexec /usr/local/bin/test-desk wayland %s\n' "$2" >"$HOME/.sway-$2"
    while
        case $kind in
        sway) sway -c "$HOME/.sway-$2" ;;
        labwc) labwc -s "/usr/local/bin/test-desk wayland $2" ;;
        cage) cage -- /usr/local/bin/test-desk wayland "$2" ;;
        esac >"$HOME/.$kind-$2.log" 2>&1 </dev/null
        rm "$HOME/.desk-$2/again"
    do :; done
    exit
    ;;
wayland) number=$2 ;;
furnish) number=${DISPLAY#*:} number=${number%%.*} ;;
*)
    number=$2
    export DISPLAY=:$2 XAUTHORITY="$HOME/.Xauthority"
    ;;
esac
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
cd "$desk" || exit
: >typed
if [ "$kind" = wayland ]; then
    foot --fullscreen -o colors.background=206040 sh -c 'stty raw -echo; : >reads; exec cat >>typed' &
    until [ -e reads ]; do sleep 0.02; done
    echo "$WAYLAND_DISPLAY" >socket
else
    until xsetroot -solid '#206040'; do sleep 0.02; done
    openbox &
    until xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 'window id'; do sleep 0.02; done
    xterm -fa Monospace -geometry 60x10+40+40 -title typed -e sh -c 'stty raw -echo; : >reads; exec cat >>typed' &
    until [ "$(xdotool getwindowfocus getwindowname)" = typed ] && [ -e reads ]; do sleep 0.02; done
fi

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
