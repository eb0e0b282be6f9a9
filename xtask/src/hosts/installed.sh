# Copies a tree, with the package under test installed in it.
#
# Arguments: the tree, the directory of the packages, the copy.
set -eu
tree=$1 packages=$2 copy=$3

mkdir "$copy"
for part in "$tree"/*; do
    case ${part##*/} in
    # dpkg replaces files there and writes into none: the two trees can share them.
    usr) cp --archive --link "$part" "$copy" ;;
    *) cp --archive "$part" "$copy" ;;
    esac
done
# Nothing is started: that comes with the boot. The copy is gone before the disk could lose anything.
systemd-nspawn --quiet --register=no --keep-unit --settings=no --directory="$copy" --bind-ro="$packages:/opt/packages" \
    --resolv-conf=off --timezone=off --console=pipe \
    sh -c 'DEBIAN_FRONTEND=noninteractive exec dpkg --force-unsafe-io --install /opt/packages/usher_*.deb' </dev/null
