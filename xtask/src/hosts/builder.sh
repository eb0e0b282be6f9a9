# Runs a command in a tree that it leaves as it is: TREE, directories of this machine that are to be in it, --, and the command.
# Runs in a mount namespace of its own: what is mounted here is gone with it.
set -eu
tree=$1
shift

mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
for there in /proc /sys /dev; do
    mount --rbind "$there" "/mnt/root$there"
done
while [ "$1" != -- ]; do
    mkdir -p "/mnt/root$1"
    mount --rbind "$1" "/mnt/root$1"
    shift
done
shift
unset INSIDE
exec chroot /mnt/root sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
