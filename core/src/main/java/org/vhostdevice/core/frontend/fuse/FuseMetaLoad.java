package org.vhostdevice.core.frontend.fuse;

import static org.vhostdevice.core.frontend.fuse.FuseRequest.arguments;
import static org.vhostdevice.core.frontend.fuse.FuseRequest.named;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.SlotLoad;
import org.vhostdevice.core.frontend.SlotQueue;

/// Makes files, closes them, looks them up and removes them, each slot one after the other, and counts these requests.
/// Nodes are forgotten on the high priority queue, which is not counted. One thread.
public final class FuseMetaLoad implements FuseActivity {
    private static final int URGENT_SLOTS = 64;
    private static final int ARGUMENTS = 16;
    private static final int NAME_BYTES = 255;
    private static final int LOOKUPS = 2;
    private static final int RELEASE_BYTES = 24;

    private final String name;
    private final SlotQueue queue;
    private final SlotQueue urgent;
    private final FuseRequests requests;
    private final FuseRequests forgets;
    private final SlotLoad load;
    private final SlotLoad rest;
    private final Step[] next;
    private final long[] node;
    private final long[] handle;

    /// What a slot does next.
    private enum Step {
        CREATE,
        RELEASE,
        LOOKUP,
        UNLINK;

        Step next() {
            return switch (this) {
                case CREATE -> RELEASE;
                case RELEASE -> LOOKUP;
                case LOOKUP -> UNLINK;
                case UNLINK -> CREATE;
            };
        }
    }

    /// Begins a session.
    ///
    /// @param frontend started, as [FuseDriver#prepare] wants it
    /// @param depth    requests in flight
    /// @param name     what the names of the files begin with
    /// @param polling  whether the ring is looked at all the time, instead of waiting for calls
    /// @throws IOException if the back end fails or refuses
    public FuseMetaLoad(Frontend frontend, int depth, String name, boolean polling) throws IOException {
        this.name = name;
        FuseSession _ = FuseSession.begin(new FuseDriver(frontend, FuseDriver.Buffers.DEFAULT));
        queue = new SlotQueue(frontend, FuseDriver.requestQueue(frontend), plan(depth));
        urgent = new SlotQueue(frontend, FuseDriver.HIGH_PRIORITY_QUEUE, plan(URGENT_SLOTS));
        requests = new FuseRequests(queue);
        forgets = new FuseRequests(urgent);
        Duration timeout = frontend.options().link().timeout();
        load = new SlotLoad(queue, new Files(true), polling, timeout);
        rest = new SlotLoad(queue, new Files(false), polling, timeout);
        next = new Step[depth];
        Arrays.fill(next, Step.CREATE);
        node = new long[depth];
        handle = new long[depth];
    }

    private static SlotQueue.Plan plan(int slots) {
        return new SlotQueue.Plan(
                slots,
                FuseRequest.HEADER + ARGUMENTS + NAME_BYTES + 1,
                FuseRequest.REPLY_HEADER + FuseSession.ENTRY + FuseSession.OPENED);
    }

    /// {@return the bytes of guest memory that a load takes}
    ///
    /// @param depth requests in flight
    public static long memoryBytes(int depth) {
        return plan(depth).bytes()
                + plan(URGENT_SLOTS).bytes()
                + 2 * FuseDriver.Buffers.DEFAULT.plan().bytes();
    }

    @Override
    public LoadReport run(Duration time) throws IOException {
        return load.run(time);
    }

    /// Removes the files that are left.
    @Override
    public void finish() throws IOException {
        LoadReport _ = rest.run(Duration.ofDays(1));
        urgent.awaitAll();
    }

    private final class Files implements SlotLoad.Work {
        private final boolean making;

        Files(boolean making) {
            this.making = making;
        }

        @Override
        public boolean start(int slot) {
            String own = name + "." + slot;
            byte[] none = new byte[0];
            switch (next[slot]) {
                case CREATE -> {
                    if (!making) {
                        return false;
                    }
                    requests.offer(
                            slot,
                            FuseOpcode.CREATE,
                            FuseRequest.ROOT,
                            named(FuseSession.creation(), own),
                            FuseSession.ENTRY + FuseSession.OPENED);
                }
                case RELEASE -> {
                    byte[] body = arguments(RELEASE_BYTES).putLong(handle[slot]).array();
                    requests.offer(slot, FuseOpcode.RELEASE, node[slot], body, 0);
                }
                case LOOKUP ->
                    requests.offer(slot, FuseOpcode.LOOKUP, FuseRequest.ROOT, named(none, own), FuseSession.ENTRY);
                case UNLINK -> requests.offer(slot, FuseOpcode.UNLINK, FuseRequest.ROOT, named(none, own), 0);
            }
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) throws IOException {
            Step step = next[slot];
            next[slot] = step.next();
            boolean change = step == Step.CREATE || step == Step.UNLINK;
            if (!requests.succeeded(slot, step == Step.CREATE ? FuseSession.ENTRY + FuseSession.OPENED : 0)) {
                tally.failed(change);
                return;
            }
            tally.done(change, 0);
            if (step == Step.CREATE) {
                node[slot] = requests.number(slot, 0);
                handle[slot] = requests.number(slot, FuseSession.ENTRY);
            } else if (step == Step.UNLINK) {
                forget(node[slot]);
            }
        }
    }

    private void forget(long which) throws IOException {
        int slot = urgent.claim();
        byte[] body = arguments(Long.BYTES).putLong(LOOKUPS).array();
        forgets.offer(slot, FuseOpcode.FORGET, which, body, -1);
        urgent.submit();
    }
}
