package org.vhostdevice.blk.qcow2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.vhostdevice.blk.qcow2.MemoryStorage.Op;

/// What a disk may hold after the power was cut: all that was written before the last flush that ended, and of what
/// came
/// later any sectors, in any order.
final class PowerCut {
    private static final int SECTOR = 512;

    private PowerCut() {}

    /// The disk after some of the changes.
    ///
    /// @param start what it held before all of them
    /// @param log the changes
    /// @param count how many had been made when the power was cut
    static byte[] after(byte[] start, List<Op> log, int count, RandomGenerator random) {
        int durable = 0;
        for (int i = 0; i < count; i++) {
            durable = log.get(i) instanceof Op.Flush ? i + 1 : durable;
        }
        byte[] disk = start.clone();
        for (Op op : log.subList(0, durable)) {
            disk = apply(disk, op);
        }
        // A size is not lost alone: what was written behind it would be, too.
        List<Op> late = new ArrayList<>();
        for (Op op : log.subList(durable, count)) {
            if (op instanceof Op.Write write) {
                late.addAll(sectors(write));
            } else {
                late.add(op);
            }
        }
        int chance = random.nextInt(1, 5);
        for (Op op : late) {
            if (random.nextInt(chance) == 0) {
                disk = apply(disk, op);
            }
        }
        return disk;
    }

    private static List<Op> sectors(Op.Write write) {
        List<Op> sectors = new ArrayList<>();
        for (int done = 0; done < write.bytes().length; ) {
            int count = (int) Math.min(SECTOR - (write.offset() + done) % SECTOR, write.bytes().length - done);
            sectors.add(new Op.Write(write.offset() + done, Arrays.copyOfRange(write.bytes(), done, done + count)));
            done += count;
        }
        return sectors;
    }

    private static byte[] apply(byte[] disk, Op op) {
        return switch (op) {
            case Op.Write write -> {
                int end = (int) write.offset() + write.bytes().length;
                byte[] now = end > disk.length ? Arrays.copyOf(disk, end) : disk;
                System.arraycopy(write.bytes(), 0, now, (int) write.offset(), write.bytes().length);
                yield now;
            }
            case Op.Resize resize -> Arrays.copyOf(disk, (int) resize.size());
            case Op.Flush _ -> disk;
        };
    }
}
