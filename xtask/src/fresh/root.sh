# A pristine Debian in ROOT, of SUITE from MIRROR with packages kept in DEBS, and the two commands in it.
# CHECKOUT is cloned, TOOLCHAIN is what Rust's installer would have brought. WHAT is all, short, or another command line.
# Runs in namespaces of its own, as their first process: what is mounted and started here is gone with it.
#
# Variables: CARRIED, the names of those that go along; APT, what apt is told about how packages are reached;
# CONFIG, cargo's configuration of whoever runs this, if there is one.
set -eu
root=$1 suite=$2 mirror=$3 debs=$4 checkout=$5 toolchain=$6 what=$7

# What a Rust toolchain needs beside itself: a linker with the C library, and the certificates of registries.
debootstrap --variant=minbase --include=ca-certificates,gcc,git,libc6-dev --cache-dir="$debs" "$suite" "$root" "$mirror" >&2

# It becomes a mount, and then the root itself: the test hosts pivot, which a chroot does not allow.
mount --bind "$root" "$root"
mount --make-private "$root"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
printf '%s\n' "$APT" >"$root/etc/apt/apt.conf.d/99outside"
if [ -d /usr/local/share/ca-certificates ]; then
    cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
fi
chroot "$root" update-ca-certificates >&2
# Files and directories that the variables name are there too.
for name in $CARRIED; do
    eval "path=\$$name"
    case $path in /*) ;; *) continue ;; esac
    if [ -f "$path" ]; then
        mkdir -p "$root${path%/*}"
        cp -L "$path" "$root$path"
    elif [ -d "$path" ] && [ ! -e "$root$path" ]; then
        mkdir -p "$root$path"
        mount --rbind "$path" "$root$path"
    fi
done
mkdir -p "$root/opt/rust" "$root/root/.cargo"
mount --bind "$toolchain" "$root/opt/rust"
mount -o remount,bind,ro "$root/opt/rust"
if [ -f "$CONFIG" ]; then
    cp "$CONFIG" "$root/root/.cargo/config.toml"
fi
git -c safe.directory='*' clone --quiet --no-hardlinks "$checkout" "$root/root/usher"

mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
cd "$root"
mkdir outside
pivot_root . outside
umount -l /outside
rmdir /outside
hostname "fresh-$suite"
cd /root/usher
unset INSIDE APT CARRIED CONFIG
export HOME=/root SHELL=/bin/bash USER=root LOGNAME=root
export PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

timed() {
    echo "@@begin $1"
    shift
    status=0
    "$@" </dev/null || status=$?
    echo "@@end $status"
}
case $what in
all)
    timed "cargo demo" cargo demo -- --script
    timed "cargo verify, cold" cargo verify --require-hosts
    timed "cargo verify, warm" cargo verify --require-hosts
    ;;
short)
    timed "cargo demo" cargo demo -- --script
    timed "cargo xtask host" cargo xtask host
    ;;
*) timed "$what" sh -c "$what" ;;
esac
