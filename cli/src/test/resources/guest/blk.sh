# Functions of a guest for tests of its block device; the file /payload holds the bytes to write.
disk=/dev/vda

# The payload from byte $1 on, followed by what lies before it.
blk_piece() {
    tail -c +$(($1 + 1)) /payload
    head -c "$1" /payload
}

blk_format() {
    mkfs.ext4 -q -F $disk
}

blk_mount() {
    mount -t ext4 $disk /mnt
}

# Writes the piece from byte $2 on as file $1, and says so when it is on stable storage.
blk_write() {
    blk_piece "$2" | dd of="/mnt/$1" bs=256k iflag=fullblock conv=fsync 2>/dev/null &&
        echo "@@written-$1 $2"
}

# Writes $2 files, named $1 and a number, one after the other.
blk_load() {
    for n in $(seq 0 $(($2 - 1))); do
        blk_write "$1$n" $((n * 4096)) || return
    done
}

# Prints the checksum of file $1, read from the device.
blk_sum() {
    echo 3 >/proc/sys/vm/drop_caches
    set -- "$1" $(sha256sum "/mnt/$1")
    echo "@@sum-$1 $2"
}

# Checks the unmounted file system without changing it.
blk_check() {
    e2fsck -f -n $disk
}
