# The first process of a test program's laboratory: PID 1 of a PID namespace, with a network and mounts of its own.
# When its standard input ends, because the test program did, it ends, and the kernel ends everything in it.
#
# Arguments: directories, one in each cgroup hierarchy that systemd uses, for the hosts' own cgroups.
# Commands on standard input: boot NAME TREE ADDRESS UUID LOG [BIND…]     stop NAME
set -eu

mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip link set lo up
# An address of its own: without one it has that of a port, and hosts send to nobody when the port goes or another comes.
ip link add hub address 02:00:00:00:00:01 type bridge
ip address add 10.77.0.1/16 dev hub
ip link set hub up
echo ready

boot() {
    name=$1 tree=$2 address=$3 uuid=$4 log=$5
    shift 5
    ip netns add "$name"
    ip link add "to-$name" type veth peer name host0 netns "$name"
    ip link set "to-$name" master hub up
    ip -n "$name" link set lo up
    ip -n "$name" address add "$address/16" dev host0
    ip -n "$name" link set host0 up
    (
        # Without a cgroup of its own a host would share those of all others.
        for hierarchy in $hierarchies; do
            mkdir -p "$hierarchy/$name"
            echo 0 >"$hierarchy/$name/cgroup.procs"
        done
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec systemd-nspawn --quiet --directory="$tree" --volatile=overlay --boot \
            --machine="$name" --hostname="$name" --uuid="$uuid" --register=no --keep-unit --console=pipe \
            --network-namespace-path="/run/netns/$name" --capability=CAP_IPC_LOCK,CAP_NET_ADMIN --resolv-conf=off "$@"
    ) >"$log" 2>&1 </dev/null &
    eval "pid_$name=$!"
}

hierarchies=$*
while read -r verb name rest; do
    case $verb in
    # The arguments are words without spaces.
    boot) boot "$name" $rest ;;
    stop)
        eval "pid=\$pid_$name"
        kill "$pid" || true
        wait "$pid" || true
        ip netns delete "$name"
        ;;
    esac
    echo "$verb $name"
done
