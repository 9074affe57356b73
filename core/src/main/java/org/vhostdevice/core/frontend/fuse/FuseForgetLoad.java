package org.vhostdevice.core.frontend.fuse;

import static org.vhostdevice.core.frontend.fuse.FuseRequest.arguments;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.SlotLoad;
import org.vhostdevice.core.frontend.SlotQueue;
import org.vhostdevice.core.frontend.fuse.FuseSession.Open;

/// Measures how long FORGET takes on the high priority queue, one at a time, while COPY_FILE_RANGE keeps the request
/// queue busy. One thread.
public final class FuseForgetLoad implements FuseActivity {
    private static final int COPY_BYTES = 56;
    private static final int FILL_BYTES = 32 << 10;
    private static final String TARGET = ".copy";

    private final String name;
    private final int copyBytes;
    private final FuseSession session;
    private final SlotQueue copies;
    private final FuseRequests requests;
    private final FuseRequests forgets;
    private final SlotLoad load;
    private final Open source;
    private final Open target;

    /// Begins a session and makes the files.
    ///
    /// @param frontend  started, as [FuseDriver#prepare] wants it
    /// @param depth     copies in flight
    /// @param copyBytes bytes of each
    /// @param name      of the file that is copied
    /// @param polling   whether the ring is looked at all the time, instead of waiting for calls
    /// @throws IOException if the back end fails or refuses
    public FuseForgetLoad(Frontend frontend, int depth, int copyBytes, String name, boolean polling)
            throws IOException {
        this.name = name;
        this.copyBytes = copyBytes;
        session = FuseSession.begin(new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
        copies = new SlotQueue(frontend, FuseDriver.requestQueue(frontend), plan(depth));
        SlotQueue urgent = new SlotQueue(frontend, FuseDriver.HIGH_PRIORITY_QUEUE, plan(1));
        requests = new FuseRequests(copies);
        forgets = new FuseRequests(urgent);
        load = new SlotLoad(
                urgent, new Forgets(), polling, frontend.options().link().timeout());
        source = session.create(FuseRequest.ROOT, name);
        target = session.create(FuseRequest.ROOT, name + TARGET);
        byte[] piece = new byte[FILL_BYTES];
        Arrays.fill(piece, (byte) 'x');
        for (long offset = 0; offset < copyBytes; offset += FILL_BYTES) {
            int _ = session.write(source, offset, piece);
        }
    }

    private static SlotQueue.Plan plan(int slots) {
        return new SlotQueue.Plan(
                slots, FuseRequest.HEADER + COPY_BYTES, FuseRequest.REPLY_HEADER + FuseSession.WRITE_REPLY);
    }

    /// {@return the bytes of guest memory that a load takes}
    ///
    /// @param depth copies in flight
    public static long memoryBytes(int depth) {
        return plan(depth).bytes()
                + plan(1).bytes()
                + 2 * FuseDriver.Buffers.DEFAULT.plan().bytes();
    }

    @Override
    public LoadReport run(Duration time) throws IOException {
        LoadReport report = load.run(time);
        copies.awaitAll();
        return report;
    }

    /// Removes the files.
    @Override
    public void finish() throws IOException {
        session.release(source);
        session.release(target);
        session.unlink(FuseRequest.ROOT, name);
        session.unlink(FuseRequest.ROOT, name + TARGET);
    }

    private final class Forgets implements SlotLoad.Work {
        @Override
        public boolean start(int slot) throws IOException {
            keepCopying();
            byte[] body = arguments(Long.BYTES).array(); // gives no lookup back, so that it can be repeated
            forgets.offer(slot, FuseOpcode.FORGET, source.nodeId(), body, -1);
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) {
            tally.done(false, 0);
        }
    }

    private void keepCopying() throws IOException {
        for (int done = copies.take(); done != SlotQueue.NONE; done = copies.take()) {
            if (!requests.succeeded(done, FuseSession.WRITE_REPLY)) {
                throw new BackendRefusal("COPY_FILE_RANGE failed");
            }
        }
        for (int slot = copies.idle(); slot != SlotQueue.NONE; slot = copies.idle()) {
            byte[] body = arguments(COPY_BYTES)
                    .putLong(source.handle())
                    .putLong(0)
                    .putLong(target.nodeId())
                    .putLong(target.handle())
                    .putLong(0)
                    .putLong(copyBytes)
                    .array();
            requests.offer(slot, FuseOpcode.COPY_FILE_RANGE, source.nodeId(), body, FuseSession.WRITE_REPLY);
        }
        copies.submit();
    }
}
