# Builds the file system of a test host: SUITE and its packages from MIRROR in TREE, with packages kept in DEBS.
# Runs in a mount namespace of its own: what is mounted here is gone with it.
set -eu
suite=$1 tree=$2 debs=$3 mirror=$4
shift 4

debootstrap --variant=minbase --cache-dir="$debs" "$suite" "$tree" "$mirror"

# Nothing here is worth a sync, and nobody reads manuals in a test host.
cat >"$tree/etc/dpkg/dpkg.cfg.d/test-host" <<'END'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
END
# No daemon is to start while the tree is built.
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"

mount --bind "$debs" "$tree/var/cache/apt/archives"
mount -t proc proc "$tree/proc"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
chroot "$tree" apt-get --quiet update
chroot "$tree" apt-get --quiet --yes --no-install-recommends --option APT::Keep-Downloaded-Packages=true install "$@"
umount "$tree/proc" "$tree/var/cache/apt/archives"

rm -rf "$tree/usr/sbin/policy-rc.d" "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/*.bin "$tree"/usr/share/locale/*
echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/test-host"

# Every host gets an ID of its own when it boots.
: >"$tree/etc/machine-id"
rm -f "$tree/var/lib/dbus/machine-id"
# What only costs time in a test host.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer man-db.timer epoptes-client.service systemd-networkd.service systemd-resolved.service; do
    ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
# The way in for sessions that need no password: a true session of logind's, for root to open.
cat >"$tree/etc/pam.d/test-session" <<'END'
auth     required pam_permit.so
account  required pam_permit.so
session  required pam_unix.so
session  optional pam_loginuid.so
session  required pam_systemd.so
END
