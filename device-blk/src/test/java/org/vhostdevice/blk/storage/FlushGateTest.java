package org.vhostdevice.blk.storage;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("B9: flushes that several queues ask for")
class FlushGateTest {
    private final AtomicInteger syncs = new AtomicInteger();

    @Test
    void eachFlushAloneSyncs() throws IOException {
        FlushGate gate = new FlushGate(syncs::incrementAndGet);
        gate.flush();
        gate.flush();
        assertEquals(2, syncs.get());
    }

    @Test
    void afterAFailureNoFlushSucceeds() {
        FlushGate gate = new FlushGate(() -> {
            if (syncs.incrementAndGet() == 1) {
                throw new IOException("EIO");
            }
        });
        assertEquals("EIO", assertThrows(IOException.class, gate::flush).getMessage());
        assertThrows(IOException.class, gate::flush);
        assertEquals(1, syncs.get(), "a second sync would succeed without the lost bytes");
    }

    @Test
    void flushesThatWaitForOneShareTheNext() throws Exception {
        Blocked first = new Blocked(false);
        List<FutureTask<Void>> waiting = first.waiters(3);
        first.finish.countDown();
        first.result.get();
        for (FutureTask<Void> flush : waiting) {
            assertDoesNotThrow(() -> flush.get());
        }
        assertEquals(2, syncs.get());
    }

    @Test
    void flushesThatWaitForOneThatFailsFail() throws Exception {
        Blocked first = new Blocked(true);
        List<FutureTask<Void>> waiting = first.waiters(3);
        first.finish.countDown();
        assertThrows(Exception.class, first.result::get);
        for (FutureTask<Void> flush : waiting) {
            assertThrows(Exception.class, flush::get);
        }
        assertEquals(1, syncs.get());
    }

    /// A gate whose first flush runs until it is told to finish.
    private final class Blocked {
        final CountDownLatch finish = new CountDownLatch(1);
        final FutureTask<Void> result;
        private final FlushGate gate;

        Blocked(boolean fails) throws InterruptedException {
            CountDownLatch running = new CountDownLatch(1);
            gate = new FlushGate(() -> {
                if (syncs.incrementAndGet() == 1) {
                    running.countDown();
                    awaitUninterruptibly(finish);
                    if (fails) {
                        throw new IOException("EIO");
                    }
                }
            });
            result = flush();
            running.await();
        }

        private FutureTask<Void> flush() {
            FutureTask<Void> task = new FutureTask<>(() -> {
                gate.flush();
                return null;
            });
            Thread.ofPlatform().daemon().start(task);
            return task;
        }

        /// Flushes that have asked and wait for their turn.
        List<FutureTask<Void>> waiters(int count) {
            List<FutureTask<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                FutureTask<Void> task = new FutureTask<>(() -> {
                    gate.flush();
                    return null;
                });
                Thread thread = Thread.ofPlatform().daemon().start(task);
                while (thread.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait();
                }
                tasks.add(task);
            }
            return tasks;
        }

        private static void awaitUninterruptibly(CountDownLatch latch) throws IOException {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }
}
