. /blk.sh
set -e
echo "@@size $(blockdev --getsize64 $disk)"
echo "@@queues $(ls /sys/block/vda/mq | wc -l)"
blk_format
blk_mount
blk_write first 0 &
blk_write second 4097 &
blk_write third 65536
wait
umount /mnt
blk_check
blk_mount
for file in first second third; do
    blk_sum $file
done
umount /mnt
