# Makes a whole machine of a test host's TREE: IMAGE, its kernel and its initrd in DIRECTORY, with packages kept in DEBS.
# Runs in a mount namespace of its own: what is mounted here is gone with it.
set -eu
tree=$1 directory=$2 debs=$3 mirror=$4
shift 4

root=$directory/root
rm -rf "$root"
cp -a --reflink=auto "$tree" "$root"

printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mount --bind "$debs" "$root/var/cache/apt/archives"
mount -t proc proc "$root/proc"
mount -t devtmpfs dev "$root/dev" || true
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
# What the virtual machine has, and no more: a small initrd is read quickly.
mkdir -p "$root/etc/initramfs-tools/conf.d"
echo MODULES=list >"$root/etc/initramfs-tools/conf.d/machine"
printf '%s\n' virtio_pci virtio_blk virtio_net virtio_gpu ext4 >>"$root/etc/initramfs-tools/modules" || true
chroot "$root" apt-get --quiet update
chroot "$root" apt-get --quiet --yes --no-install-recommends --option APT::Keep-Downloaded-Packages=true \
    --option Dpkg::Options::=--force-confold install "$@"
printf '%s\n' virtio_pci virtio_blk virtio_net virtio_gpu ext4 >"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u -k all
umount "$root/dev" || true
umount "$root/proc" "$root/var/cache/apt/archives"
rm -rf "$root/usr/sbin/policy-rc.d" "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
cp "$root"/boot/vmlinuz-* "$directory/kernel"
cp "$root"/boot/initrd.img-* "$directory/initrd"

echo machine >"$root/etc/hostname"
printf '127.0.0.1 localhost machine\n' >"$root/etc/hosts"
echo '/dev/vda / ext4 noatime 0 0' >"$root/etc/fstab"
# The network of QEMU's own, whose addresses never change.
cat >"$root/usr/local/sbin/machine-network" <<'END'
#!/bin/sh
ip link set lo up
for link in /sys/class/net/e*; do
    name=${link##*/}
    ip link set "$name" up
    ip addr add 10.0.2.15/24 dev "$name"
    ip route add default via 10.0.2.2
done
END
chmod 755 "$root/usr/local/sbin/machine-network"
cat >"$root/etc/systemd/system/machine-network.service" <<'END'
[Unit]
Before=ssh.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/machine-network
[Install]
WantedBy=multi-user.target
END
mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/root/.ssh"
ln -sf ../machine-network.service "$root/etc/systemd/system/multi-user.target.wants/"
rm -f "$directory/key" "$directory/key.pub"
ssh-keygen -q -t ed25519 -N '' -C machine -f "$directory/key"
cat "$directory/key.pub" >"$root/root/.ssh/authorized_keys"
chmod 700 "$root/root/.ssh"
# Whoever tests is root; alice is who sits at the machine.
chroot "$root" useradd --create-home --shell /bin/bash alice
mkdir -p "$root/etc/systemd/system/getty@tty1.service.d"
cat >"$root/etc/systemd/system/getty@tty1.service.d/machine.conf" <<'END'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin alice --noclear - linux
END
for unit in gdm.service gdm3.service lightdm.service sddm.service serial-getty@ttyS0.service xrdp.service xrdp-sesman.service e2scrub_all.timer fstrim.timer apt-daily.timer apt-daily-upgrade.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -rf "$root"/boot/*
size=$(du -sm "$root" | cut -f1)
mke2fs -q -t ext4 -O ^has_journal -L machine -d "$root" "$directory/disk" "$((size + size / 4 + 512))M"
rm -rf "$root"
