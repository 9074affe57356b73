package org.vhostdevice.blk.qcow2;

import java.io.IOException;
import java.util.concurrent.locks.Lock;
import org.vhostdevice.blk.qcow2.WritePlanner.Plan;
import org.vhostdevice.core.memory.IoBuffers;
import org.vhostdevice.core.memory.SegmentBuffers;

/// Writes ranges of the disk. Any thread.
///
/// The lock is held while a place is chosen and while entries change, but not while bytes are transferred. What a write
/// does not cover of a cluster that gets a new place is copied there from wherever it was.
final class ClusterWriter {
    private final WritableImage writable;
    private final ImageContext image;
    private final Geometry geometry;
    private final Lock lock;
    private final ClusterReader reader;
    private final WritePlanner planner;
    private final WriteSlots slots;
    private final Committer committer;

    ClusterWriter(
            WritableImage writable, ClusterReader reader, WritePlanner planner, WriteSlots slots, Committer committer) {
        this.writable = writable;
        this.image = writable.image();
        this.geometry = image.geometry();
        this.lock = image.lock();
        this.reader = reader;
        this.planner = planner;
        this.slots = slots;
        this.committer = committer;
    }

    void write(long offset, IoBuffers from, long position, long bytes) throws IOException {
        for (long done = 0; done < bytes; ) {
            done += writeSome(offset + done, from, position + done, bytes - done);
        }
    }

    /// Writes zeros as data.
    void writeZeroes(long offset, long bytes) throws IOException {
        SegmentBuffers zeros = image.file().borrow();
        try {
            zeros.zero(0, zeros.length());
            for (long done = 0; done < bytes; ) {
                long count = Math.min(zeros.length(), bytes - done);
                write(offset + done, zeros, 0, count);
                done += count;
            }
        } finally {
            image.file().giveBack(zeros);
        }
    }

    private long writeSome(long offset, IoBuffers from, long position, long bytes) throws IOException {
        committer.throttle();
        int use = image.uses().enter();
        try {
            Plan plan = plan(offset, bytes);
            WriteSlot slot = plan.slot();
            if (slot == null) {
                image.file().storage().write(plan.host(), from, position, plan.bytes());
                return plan.bytes();
            }
            boolean written = false;
            try {
                fill(slot, slot.valid(), offset);
                image.file().storage().write(plan.host(), from, position, plan.bytes());
                fill(slot, offset + plan.bytes(), slot.validEnd());
                written = true;
            } finally {
                settle(slot, written);
            }
            return plan.bytes();
        } finally {
            image.uses().leave(use);
        }
    }

    private Plan plan(long offset, long bytes) throws IOException {
        lock.lock();
        try {
            return planner.plan(offset, bytes);
        } finally {
            lock.unlock();
        }
    }

    /// Copies what a range of the disk reads as to its new place.
    private void fill(WriteSlot slot, long from, long to) throws IOException {
        SegmentBuffers buffer = image.file().borrow();
        try {
            for (long at = from; at < to; ) {
                long count = Math.min(buffer.length(), to - at);
                boolean zeros = reader.readForFill(at, buffer, count);
                if (!zeros || !slot.run().fresh()) {
                    image.file().storage().write(slot.run().offset() + (at - slot.disk()), buffer, 0, count);
                }
                at += count;
            }
        } finally {
            image.file().giveBack(buffer);
        }
    }

    /// Lets entries name the new place, or gives it back.
    private void settle(WriteSlot slot, boolean written) throws IOException {
        lock.lock();
        boolean named = false;
        try {
            if (written) {
                L2Table table = writable.writer().forWrite(geometry.l1Index(slot.disk()));
                for (int i = 0; i < slot.run().clusters(); i++) {
                    name(table, slot, i);
                }
                named = true;
            }
        } finally {
            try {
                if (!named && !slot.own() && !image.corruption().isFound()) {
                    writable.allocator().giveBack(slot.run());
                }
            } finally {
                slots.remove(slot);
                lock.unlock();
            }
        }
    }

    private void name(L2Table table, WriteSlot slot, int number) throws IOException {
        long disk = slot.disk() + ((long) number << geometry.clusterBits());
        long host = slot.run().offset() + ((long) number << geometry.clusterBits());
        int i = geometry.l2Index(disk);
        long old = table.entry(i);
        long bitmap = 0;
        if (geometry.extended()) {
            int sub = geometry.subclusterBytes();
            int first = Math.clamp(slot.valid() - disk, 0, geometry.clusterBytes()) / sub;
            int end = (Math.clamp(slot.validEnd() - disk, 0, geometry.clusterBytes()) + sub - 1) / sub;
            long data = (1L << end) - (1L << first);
            long before = (old & Geometry.COMPRESSED) != 0 ? 0 : table.bitmap(i);
            before &= slot.own() ? -1L : -1L << Geometry.SUBCLUSTERS;
            bitmap = (before & ~(data << Geometry.SUBCLUSTERS)) | data;
        }
        writable.writer().set(table, i, host | Geometry.COPIED, bitmap);
    }
}
