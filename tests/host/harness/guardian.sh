# Keeps a test program's laboratory, and leaves nothing of it behind, however the program ends.
#
# The laboratory is a PID namespace; its first process reads this script's standard input, a pipe whose other end only
# the test program has. When that ends the kernel ends the laboratory; what the kernel does not remove is removed here.
# Arguments: directories for cgroups.
set -u
for hierarchy in "$@"; do
    # Those of test programs that are no more, if even their guardians were killed: NAME-PID-STARTED.
    for old in "${hierarchy%-*-*}"-*-*; do
        [ -d "$old" ] || continue
        started=${old##*-} pid=${old%-*} pid=${pid##*-}
        if [ "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f20)" != "$started" ]; then
            find "$old" -depth -type d -exec rmdir {} + 2>/dev/null
        fi
    done
done
# A guardian that dies takes the laboratory with it.
setpriv --pdeathsig KILL unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc \
    sh -c "$LAB" lab.sh "$@"
for hierarchy in "$@"; do
    # What was killed leaves its cgroup only when the kernel is done with it.
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        [ -d "$hierarchy" ] && find "$hierarchy" -depth -type d -exec rmdir {} + 2>/dev/null && break
        sleep 0.1
    done
done
rm -rf "$DIRECTORY"
