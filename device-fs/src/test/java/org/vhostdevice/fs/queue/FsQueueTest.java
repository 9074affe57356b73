package org.vhostdevice.fs.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.vhostdevice.fs.fuse.FakeFiles;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.fuse.FuseServer;
import org.vhostdevice.fs.fuse.Wire;
import org.vhostdevice.fs.queue.FsRig.Sent;

/// What a queue does at once, what it has threads do, and what waits for locks.
class FsQueueTest {
    private static final int FORGET = 2;
    private static final int READ = 15;
    private static final int FSYNC = 20;
    private static final int FLUSH = 25;
    private static final int SETLKW = 33;
    private static final int INTERRUPT = 36;
    private static final int EINTR = 4;
    private static final int ENOLCK = 37;
    private static final byte[] SYNC = new byte[16];
    private static final byte[] LOCK =
            Wire.le().u64(1).u64(2).u64(0).u64(9).u32(1).u32(0).u64(0).bytes();

    private final FakeFiles files = new FakeFiles();
    private final FuseServer server = new FuseServer(files, FuseOptions.DEFAULT);
    private final LockWaits locks = new LockWaits();
    private FsRig rig;

    @BeforeEach
    void begin() throws Exception {
        rig = new FsRig(server, locks, 1, 1);
        assertEquals(0, rig.send(Wire.init(), 128).error());
        List<String> _ = files.calls();
    }

    @AfterEach
    void close() {
        rig.close();
        files.close();
    }

    private static byte[] read() {
        return Wire.le().u64(1).u64(0).u32(7).u32(0).u64(0).u64(0).bytes();
    }

    @Test
    void readOfCachedDataIsDoneAtOnce() throws Exception {
        Sent sent = rig.send(READ, 2, read());
        assertEquals(16 + 7, sent.used());
        assertEquals(List.of("read 1000:1001 1 0 16 7 false"), files.calls());
    }

    @Test
    void readThatWouldWaitIsDoneByAThread() throws Exception {
        files.readWaits(true);
        Sent sent = rig.send(READ, 2, read());
        assertFalse(sent.done());
        rig.await(sent);
        assertEquals(16 + 7, sent.used());
        assertEquals(List.of("read 1000:1001 1 0 16 7 false", "read 1000:1001 1 0 16 7 true"), files.calls());
    }

    @Test
    void readsThatMayWaitAreDoneByTheWorkerWhileTheyAreShort() throws Exception {
        files.readWaits(true);
        try (FsRig other = new FsRig(server, locks, 2, 1, FsRig.after(1000))) {
            Sent first = other.add(Wire.request(READ, 2, 5, read()), 4096);
            Sent second = other.send(READ, 4, read());
            assertEquals(16 + 7, first.used());
            assertEquals(16 + 7, second.used());
        }
    }

    @Test
    void onlyALoneReadThatMayWaitIsDoneByTheWorkerWhenTheyAreLonger() throws Exception {
        files.readWaits(true);
        try (FsRig other = new FsRig(server, locks, 2, 1, FsRig.after(40_000))) {
            Sent lone = other.send(READ, 2, read());
            assertEquals(16 + 7, lone.used());
            Sent first = other.add(Wire.request(READ, 4, 5, read()), 4096);
            Sent second = other.add(Wire.request(READ, 6, 5, read()), 4096);
            other.serve();
            assertFalse(first.done() && second.done());
            other.await(first);
            other.await(second);
            assertEquals(0, first.error() + second.error());
        }
    }

    @Test
    void moreIsExpectedByARequestQueueUnlessAThreadIsToAnswer() throws Exception {
        assertTrue(rig.handler().expectsMore());
        files.readWaits(true);
        Sent sent = rig.send(READ, 2, read());
        assertFalse(rig.handler().expectsMore());
        rig.await(sent);
        assertTrue(rig.handler().expectsMore());
        try (FsRig highPriority = new FsRig(server, locks, 0, 1)) {
            assertFalse(highPriority.handler().expectsMore());
        }
    }

    @Test
    void driverSeesEachOfSeveralLongRequestsAsSoonAsItIsDone() throws Exception {
        files.onRead(() -> LockSupport.parkNanos(1_000_000));
        int before = rig.published();
        for (int i = 0; i < 3; i++) {
            Sent _ = rig.add(Wire.request(READ, 2 + 2 * i, 5, read()), 4096);
        }
        rig.serve();
        assertEquals(before + 3, rig.published());
    }

    @Test
    void syncIsDoneByAThreadWhileOthersGoOn() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        files.onSync(() -> pass(gate));
        Sent sync = rig.send(FSYNC, 2, SYNC);
        Sent read = rig.send(READ, 3, read());
        assertTrue(read.done());
        assertFalse(sync.done());
        gate.countDown();
        rig.await(sync);
        assertEquals(0, sync.error());
    }

    private static void pass(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void forgetIsUsedWithoutAnAnswerThoughAllThreadsAreBusy() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        files.onSync(() -> pass(gate));
        try (FsRig urgent = new FsRig(server, locks, 0, 1)) {
            List<Sent> syncs = new ArrayList<>();
            while (rig.handler().ready()) {
                syncs.add(rig.send(FSYNC, 2, SYNC));
            }
            Sent waiting = rig.send(READ, 3, read());
            assertFalse(waiting.done());
            Sent forget =
                    urgent.send(Wire.request(FORGET, 4, 5, Wire.le().u64(1).bytes()), 0);
            assertEquals(0, forget.used());
            gate.countDown();
            for (Sent sync : syncs) {
                rig.await(sync);
            }
            rig.await(waiting);
        }
    }

    @Test
    void closeWaitsForThreads() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        files.onSync(began::countDown);
        Sent sync = rig.send(FSYNC, 2, SYNC);
        rig.handler().close();
        assertEquals(0, began.getCount());
        rig.collect();
        assertTrue(sync.done());
    }

    @Test
    void faultOfAThreadIsTheWorkers() throws Exception {
        AtomicReference<Error> fault = new AtomicReference<>(new InternalError("guest memory has gone"));
        files.onSync(() -> {
            Error first = fault.getAndSet(null);
            if (first != null) {
                throw first;
            }
        });
        Sent _ = rig.send(FSYNC, 2, SYNC);
        assertThrows(InternalError.class, () -> rig.step());
        assertEquals(1, rig.inFlight());
    }

    @Test
    void lockIsGivenWhenItIsGivenBack() throws Exception {
        files.locked(true);
        Sent lock = rig.send(SETLKW, 2, LOCK);
        assertFalse(lock.done());
        files.locked(false);
        Sent flush = rig.send(FLUSH, 3, new byte[24]);
        assertTrue(flush.done());
        rig.await(lock);
        assertEquals(0, lock.error());
    }

    @Test
    void lockOfAnotherProcessIsNoticedInTime() throws Exception {
        files.locked(true);
        Sent lock = rig.send(SETLKW, 2, LOCK);
        rig.step();
        assertFalse(lock.done());
        files.locked(false);
        rig.await(lock);
        assertEquals(0, lock.error());
    }

    @Test
    void lockOfAnotherQueueIsTold() throws Exception {
        files.locked(true);
        try (FsRig other = new FsRig(server, locks, 2, 1)) {
            Sent lock = rig.send(SETLKW, 2, LOCK);
            files.locked(false);
            Sent _ = other.send(FLUSH, 3, new byte[24]);
            rig.await(lock);
            assertEquals(0, lock.error());
        }
    }

    @Test
    void interruptEndsTheWait() throws Exception {
        files.locked(true);
        try (FsRig urgent = new FsRig(server, locks, 0, 1)) {
            Sent first = rig.send(SETLKW, 2, LOCK);
            Sent second = rig.send(SETLKW, 4, LOCK);
            Sent interrupt = urgent.send(INTERRUPT, 6, Wire.le().u64(4).bytes());
            assertEquals(0, interrupt.used());
            rig.await(second);
            assertEquals(EINTR, second.error());
            assertFalse(first.done());
            Sent useless = urgent.send(INTERRUPT, 8, Wire.le().u64(99).bytes());
            assertEquals(0, useless.used());
        }
    }

    @Test
    void stopEndsTheWait() throws Exception {
        files.locked(true);
        Sent lock = rig.send(SETLKW, 2, LOCK);
        rig.handler().quiesce();
        rig.collect();
        assertEquals(EINTR, lock.error());
        assertEquals(EINTR, rig.send(SETLKW, 4, LOCK).error());
        assertEquals(0, rig.inFlight());
    }

    @Test
    void moreWaitsThanThereIsRoomForAreRefused() throws Exception {
        files.locked(true);
        for (int i = 0; i < FsQueue.MAX_LOCK_WAITS; i++) {
            assertFalse(rig.send(SETLKW, 2 + i, LOCK).done());
        }
        assertEquals(ENOLCK, rig.send(SETLKW, 100, LOCK).error());
    }

    @Test
    void chainWithoutRoomForAnAnswerComesBack() throws Exception {
        assertEquals(0, rig.send(Wire.request(READ, 2, 5, read()), 15).used());
        assertEquals(0, rig.send(Wire.request(READ, 2, 5, read()), 0).used());
        assertEquals(0, rig.send(new byte[39], 100).used());
        assertEquals(List.of(), files.calls());
    }
}
