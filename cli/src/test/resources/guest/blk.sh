# Functions of a guest for tests of its block device; the file /payload holds the bytes to write.
disk=/dev/vda

# The file system: ext4, xfs or btrfs.
type=ext4

# The payload from byte $1 on, followed by what lies before it.
blk_piece() {
    tail -c +$(($1 + 1)) /payload
    head -c "$1" /payload
}

blk_format() {
    case $type in
    ext4) mkfs.ext4 -q -F $disk ;;
    *) mkfs.$type -q -f $disk ;;
    esac
}

blk_mount() {
    mount -t $type -o discard $disk /mnt
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

# Round $1 of many: writes $2 files twice, named a$1-* and b$1-*, while those of earlier rounds are deleted: all b*,
# and a* of the last round but one.
blk_churn() {
    set -- "$1" "$2" /mnt/a$(($1 - 2))-* /mnt/b*
    (
        shift 2
        rm -f "$@"
    ) &
    blk_load "a$1-" "$2" &
    blk_load "b$1-" "$2"
    wait
}

# Prints the checksum of file $1, read from the device.
blk_sum() {
    echo 3 >/proc/sys/vm/drop_caches
    set -- "$1" $(sha256sum "/mnt/$1")
    echo "@@sum-$1 $2"
}

# Checks the unmounted file system without changing it.
blk_check() {
    case $type in
    ext4) e2fsck -f -n $disk ;;
    xfs) xfs_repair -n $disk ;;
    btrfs) btrfs check --readonly $disk ;;
    esac
}

# Writes random blocks of different sizes by fio, from random seed $1 on, and reads them back; with further options.
blk_fio() {
    seed=$1
    shift
    fio --name=random --filename=$disk --direct=1 --ioengine=libaio --iodepth=16 --rw=randwrite --bsrange=4k-64k \
        --size=64m --randseed="$seed" --verify=crc32c --verify_fatal=1 --do_verify=1 "$@"
}
