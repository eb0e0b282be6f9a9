# Keeps a pristine root while it is used, and leaves nothing of it behind: ROOT, then what $INSIDE is given.
#
# Standard input is a pipe whose other end only the task has. When that ends, however it did, everything in the root is
# killed, and what the kernel does not remove is removed here.
set -u
root=$1
exec 3<&0 </dev/null

# The test hosts' cgroups, of which those that are killed leave empty ones.
cgroups() {
    find /sys/fs/cgroup -maxdepth 2 -type d -name 'usher-test-*' 2>/dev/null | sort
}
before=$(cgroups)

# A guardian that dies takes all of it along.
setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc --uts \
    sh -c "$INSIDE" root.sh "$@" 3<&- &
work=$!
(
    cat <&3 >/dev/null
    kill -KILL "$work"
) &
watch=$!
exec 3<&-
wait "$work"
status=$?
kill "$watch" 2>/dev/null

for attempt in 1 2 3 4 5 6 7 8 9 10; do
    left=
    for cgroup in $(cgroups); do
        case "
$before
" in *"
$cgroup
"*) continue ;; esac
        find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || left=$cgroup
    done
    [ -z "$left" ] && break
    sleep 0.2
done
rm -rf --one-file-system "$root"
exit "$status"
