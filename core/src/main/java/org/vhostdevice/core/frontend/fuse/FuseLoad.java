package org.vhostdevice.core.frontend.fuse;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import org.vhostdevice.core.frontend.AccessPattern;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.BlkWorkload;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.SlotLoad;
import org.vhostdevice.core.frontend.SlotQueue;
import org.vhostdevice.core.frontend.fuse.FuseSession.Open;

/// Keeps a file system device busy with reads and writes of one file, which it makes, and removes at the end. One
/// thread.
public final class FuseLoad implements FuseActivity {
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int OPCODE = 4;
    private static final int UNIQUE = 8;
    private static final int NODE = 16;
    private static final int HANDLE = FuseRequest.HEADER;
    private static final int OFFSET = HANDLE + 8;
    private static final int SIZE = OFFSET + 8;
    private static final int DATA = FuseRequest.HEADER + FuseSession.IO_ARGUMENTS;
    private static final int ERROR = 4;

    private final BlkWorkload workload;
    private final String name;
    private final long blocks;
    private final FuseSession session;
    private final Open file;
    private final SlotQueue queue;
    private final AccessPattern pattern;
    private final boolean polling;
    private final Duration timeout;
    private final long[] block;
    private final boolean[] write;
    private long unique = 1;

    /// Begins a session, makes the file and fills it.
    ///
    /// @param frontend started, as [FuseDriver#prepare] wants it
    /// @param workload what is asked of the device
    /// @param name     of the file, in the shared folder; what it held before is lost
    /// @param bytes    of the file
    /// @param polling  whether the ring is looked at all the time, instead of waiting for calls
    /// @throws IllegalArgumentException if a block is larger than the file or than the device takes
    /// @throws IOException              if the back end fails or refuses
    public FuseLoad(Frontend frontend, BlkWorkload workload, String name, long bytes, boolean polling)
            throws IOException {
        this.workload = workload;
        this.name = name;
        this.polling = polling;
        timeout = frontend.options().link().timeout();
        blocks = bytes / workload.blockSize();
        if (blocks == 0) {
            throw new IllegalArgumentException("the file is smaller than a block");
        }
        session = FuseSession.begin(new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
        if (Integer.compareUnsigned(workload.blockSize(), session.init().maxWrite()) > 0) {
            throw new IllegalArgumentException("a request of " + workload.blockSize()
                    + " bytes is larger than the device takes, which is "
                    + Integer.toUnsignedString(session.init().maxWrite()));
        }
        queue = new SlotQueue(frontend, FuseDriver.requestQueue(frontend), plan(workload));
        block = new long[workload.depth()];
        write = new boolean[workload.depth()];
        pattern = new AccessPattern(workload, workload.seed(), blocks, 0);
        file = session.create(FuseRequest.ROOT, name);
        passOver(true);
    }

    private static SlotQueue.Plan plan(BlkWorkload workload) {
        return new SlotQueue.Plan(
                workload.depth(), DATA + workload.blockSize(), FuseRequest.REPLY_HEADER + workload.blockSize());
    }

    /// {@return the bytes of guest memory that a load takes}
    ///
    /// @param workload what is asked of the device
    public static long memoryBytes(BlkWorkload workload) {
        return plan(workload).bytes() + 2 * FuseDriver.Buffers.DEFAULT.plan().bytes();
    }

    @Override
    public LoadReport run(Duration time) throws IOException {
        return new SlotLoad(queue, new Requests(), polling, timeout).run(time);
    }

    /// Reads the whole file and checks it, if the workload says so.
    ///
    /// @throws BackendViolation if something is not as it was written
    /// @throws IOException      if the back end fails or refuses
    public void verify() throws IOException {
        if (workload.verify()) {
            passOver(false);
        }
    }

    /// Reads the whole file and checks it, if the workload says so; then closes and removes it.
    @Override
    public void finish() throws IOException {
        verify();
        remove();
    }

    /// Closes and removes the file.
    ///
    /// @throws IOException if the back end fails or refuses
    public void remove() throws IOException {
        session.release(file);
        session.unlink(FuseRequest.ROOT, name);
    }

    private void passOver(boolean writing) throws IOException {
        var pass = new Pass(writing);
        LoadReport report = new SlotLoad(queue, pass, polling, timeout).run(Duration.ofDays(1));
        if (report.errors() > 0) {
            throw new BackendRefusal(report.errors() + " of " + report.requests() + " requests failed");
        }
    }

    /// Each block once.
    private final class Pass implements SlotLoad.Work {
        private final boolean writing;
        private long next;

        Pass(boolean writing) {
            this.writing = writing;
        }

        @Override
        public boolean start(int slot) {
            if (next == blocks) {
                return false;
            }
            request(slot, next, writing);
            next++;
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) throws BackendViolation {
            done(slot, tally);
        }
    }

    /// Blocks as the workload says.
    private final class Requests implements SlotLoad.Work {
        @Override
        public boolean start(int slot) {
            request(slot, pattern.nextBlock(), pattern.nextWrite());
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) throws BackendViolation {
            done(slot, tally);
        }
    }

    private void request(int slot, long at, boolean writing) {
        int size = workload.blockSize();
        block[slot] = at;
        write[slot] = writing;
        MemorySegment request = queue.readable(slot);
        int length = writing ? DATA + size : DATA;
        request.asSlice(0, DATA).fill((byte) 0);
        request.set(LE32, 0, length);
        request.set(LE32, OPCODE, (writing ? FuseOpcode.WRITE : FuseOpcode.READ).number());
        unique += 2;
        request.set(LE64, UNIQUE, unique);
        request.set(LE64, NODE, file.nodeId());
        request.set(LE64, HANDLE, file.handle());
        request.set(LE64, OFFSET, at * size);
        request.set(LE32, SIZE, size);
        if (writing && workload.verify()) {
            for (int i = 0; i < size; i += Long.BYTES) {
                request.set(LE64, DATA + (long) i, content(at, i));
            }
        }
        queue.offer(slot, length, FuseRequest.REPLY_HEADER + (long) (writing ? FuseSession.WRITE_REPLY : size));
    }

    private long content(long at, int offset) {
        return ((at * workload.blockSize() + offset) ^ workload.seed()) * 0x9e37_79b9_7f4a_7c15L;
    }

    private void done(int slot, SlotLoad.Tally tally) throws BackendViolation {
        MemorySegment reply = queue.writable(slot);
        long used = queue.usedLength();
        int size = workload.blockSize();
        if (used < FuseRequest.REPLY_HEADER || reply.get(LE32, ERROR) != 0) {
            tally.failed(write[slot]);
            return;
        }
        long data = write[slot] ? reply.get(LE32, FuseRequest.REPLY_HEADER) : used - FuseRequest.REPLY_HEADER;
        if (data != size) {
            throw new BackendViolation(data + " of " + size + " bytes at " + block[slot] * size + " of the file were "
                    + (write[slot] ? "written" : "read"));
        }
        if (!write[slot] && workload.verify()) {
            for (int i = 0; i < size; i += Long.BYTES) {
                if (reply.get(LE64, FuseRequest.REPLY_HEADER + (long) i) != content(block[slot], i)) {
                    throw new BackendViolation("wrong data at " + (block[slot] * size + i) + " of the file");
                }
            }
        }
        tally.done(write[slot], size);
    }
}
