package org.vhostdevice.blk.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.blk.TestStorage;
import org.vhostdevice.core.device.IoThreads;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.virtqueue.FeatureSet;

class ThreadEngineTest {
    /// Its tasks never run: only the end of the engine takes transfers back.
    private static final class Context implements QueueContext {
        @Override
        public int index() {
            return 0;
        }

        @Override
        public FeatureSet features() {
            return FeatureSet.NONE;
        }

        @Override
        public void publish() {}

        @Override
        public void resume() {}

        @Override
        public void execute(Runnable task) {}

        @Override
        public void watch(int fd, int interest, Watcher watcher) {}

        @Override
        public void rewatch(int fd, int interest) {}

        @Override
        public void unwatch(int fd) {}
    }

    @Test
    void allTransfersAreWaitedForThoughGuestMemoryIsGone() {
        List<Integer> ended = new ArrayList<>();
        TransferEngine.Client client = transfer -> {
            ended.add(transfer.number());
            throw new InternalError("memory is gone");
        };
        try (IoThreads threads = new IoThreads(4, "test")) {
            ThreadEngine engine = new ThreadEngine(new Context(), threads, client, false);
            for (int i = 0; i < 20; i++) {
                Transfer transfer = new Transfer(i, new TestStorage(512, false), engine::giveBack);
                transfer.flush(null);
                engine.start(transfer);
            }
            assertThrows(InternalError.class, engine::close);
            assertEquals(20, ended.size());
            assertEquals(0, engine.away());
        }
    }
}
