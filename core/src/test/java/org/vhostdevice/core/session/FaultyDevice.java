package org.vhostdevice.core.session;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.testkit.PlainDevice;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// A device with a bug, until it is healed.
final class FaultyDevice extends PlainDevice {
    /// Where it throws.
    enum Fault {
        START,
        START_IO,
        READY,
        HANDLE,
        HANDLE_AFTER_KEEPING,
        COMPLETE_TWICE,
        BATCH_END,
        TASK,
        QUIESCE,
        CLOSE
    }

    private volatile @Nullable Fault fault;

    FaultyDevice(Fault fault) {
        this.fault = fault;
    }

    void heal() {
        fault = null;
    }

    @Override
    public QueueHandler start(QueueContext context) throws IOException {
        failAt(Fault.START);
        if (fault == Fault.START_IO) {
            throw new IOException("the host has no entropy");
        }
        return new Handler(context);
    }

    private void failAt(Fault place) {
        if (fault == place) {
            throw new IllegalArgumentException("a bug at " + place);
        }
    }

    private final class Handler implements QueueHandler {
        private final QueueContext context;
        private final Queue<DescriptorChain> kept = new ArrayDeque<>();

        Handler(QueueContext context) {
            this.context = context;
        }

        @Override
        public boolean ready() {
            failAt(Fault.READY);
            return true;
        }

        @Override
        public void handle(DescriptorChain chain) {
            failAt(Fault.HANDLE);
            if (fault == Fault.HANDLE_AFTER_KEEPING || fault == Fault.QUIESCE) {
                kept.add(chain);
                failAt(Fault.HANDLE_AFTER_KEEPING);
                return;
            }
            if (fault == Fault.TASK) {
                context.execute(() -> failAt(Fault.TASK));
                return;
            }
            long length = chain.writable().length();
            for (long i = 0; i < length; i++) {
                chain.writable().writeByte(i, RngTestDevice.BYTE);
            }
            chain.complete(length);
            if (fault == Fault.COMPLETE_TWICE) {
                chain.complete(length);
            }
        }

        @Override
        public void batchEnd() {
            failAt(Fault.BATCH_END);
        }

        @Override
        public void quiesce() {
            failAt(Fault.QUIESCE);
            while (!kept.isEmpty()) {
                kept.remove().complete(0);
            }
        }

        @Override
        public void close() {
            failAt(Fault.CLOSE);
        }
    }
}
