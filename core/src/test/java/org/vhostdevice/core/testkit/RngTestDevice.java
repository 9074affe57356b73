package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceState;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// An entropy device for tests (VIRTIO 1.4, 5.4) whose bytes can be foretold: it fills the writable part of each chain
/// with [#BYTE]. It completes chains at once, from another thread, or when a test lets it.
public final class RngTestDevice implements VirtioDevice {
    /// What the device writes.
    public static final byte BYTE = 0x5a;

    /// A state that begins with this is refused.
    public static final byte POISON = 0x13;

    /// The configuration space: the first half can be written by the driver, the second only for migration.
    private static final int CONFIG_BYTES = 8;

    private static final int CHUNK = 4096;

    /// When chains are completed.
    public enum Completion {
        /// Inside [QueueHandler#handle].
        AT_ONCE,
        /// From a task that another thread sends to the worker.
        BY_OTHER_THREAD,
        /// When [#releaseHeld] is called, or the ring is about to stop, unless it is to be suspended.
        WHEN_RELEASED
    }

    private final int queues;
    private final Completion completion;
    private final MemorySegment bytes =
            MemorySegment.ofArray(new byte[CHUNK]).fill(BYTE).asReadOnly();
    private final ExecutorService other = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("rng-test-other").factory());
    private final AtomicInteger resets = new AtomicInteger();
    private final AtomicInteger starts = new AtomicInteger();
    private final AtomicInteger closes = new AtomicInteger();
    private final AtomicInteger credit = new AtomicInteger(Integer.MAX_VALUE);
    private final List<Handler> handlers = new ArrayList<>();
    private final Config config = new Config();
    private volatile byte[] known = {};

    /// A device.
    ///
    /// @param queues how many, each with a worker of its own
    /// @param completion when chains are completed
    public RngTestDevice(int queues, Completion completion) {
        this.queues = queues;
        this.completion = completion;
    }

    /// Lets the device use so many chains more and no others; until this is called it may use any number.
    public void allow(int chains) {
        credit.set(chains);
        handlers().forEach(handler -> handler.context.execute(handler.context::resume));
    }

    /// Completes the chains that are held.
    public void releaseHeld() {
        handlers().forEach(handler -> handler.context.execute(handler::completeHeld));
    }

    /// Sets what the device knows, as its driver would in time.
    public void learn(byte[] knowledge) {
        known = knowledge.clone();
    }

    /// What the device knows.
    public byte[] known() {
        return known.clone();
    }

    @Override
    public DeviceState state() {
        return new DeviceState() {
            @Override
            public void save(OutputStream to) throws IOException {
                to.write(known);
            }

            @Override
            public void load(InputStream from) throws IOException {
                byte[] loaded = from.readAllBytes();
                if (loaded.length > 0 && loaded[0] == POISON) {
                    throw new IOException("poison");
                }
                known = loaded;
            }
        };
    }

    /// How often the device was reset.
    public int resets() {
        return resets.get();
    }

    /// How often a queue was started.
    public int starts() {
        return starts.get();
    }

    /// How often the handler of a queue was closed.
    public int closes() {
        return closes.get();
    }

    @Override
    public DeviceType type() {
        return new DeviceType("rng", 4);
    }

    @Override
    public int queueCount() {
        return queues;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public QueueHandler start(QueueContext context) {
        starts.incrementAndGet();
        var handler = new Handler(context);
        synchronized (handlers) {
            handlers.add(handler);
        }
        return handler;
    }

    @Override
    public void reset() {
        resets.incrementAndGet();
        known = new byte[0];
        config.clear();
    }

    @Override
    public void close() {
        other.shutdown();
    }

    private List<Handler> handlers() {
        synchronized (handlers) {
            return List.copyOf(handlers);
        }
    }

    private long fill(DescriptorChain chain) {
        long length = chain.writable().length();
        for (long at = 0; at < length; at += CHUNK) {
            chain.writable().write(at, bytes, Math.min(CHUNK, length - at));
        }
        return length;
    }

    private final class Handler implements QueueHandler {
        private final QueueContext context;
        private final List<DescriptorChain> held = new ArrayList<>();
        private boolean closed;

        Handler(QueueContext context) {
            this.context = context;
        }

        @Override
        public boolean ready() {
            return credit.get() > 0;
        }

        @Override
        public void handle(DescriptorChain chain) {
            credit.decrementAndGet();
            switch (completion) {
                case AT_ONCE -> complete(chain);
                case BY_OTHER_THREAD -> other.execute(() -> context.execute(() -> complete(chain)));
                case WHEN_RELEASED -> held.add(chain);
            }
        }

        @Override
        public void quiesce() {
            completeHeld();
        }

        @Override
        public boolean suspend() {
            held.clear();
            return completion != Completion.BY_OTHER_THREAD;
        }

        @Override
        public void close() {
            closed = true;
            closes.incrementAndGet();
            synchronized (handlers) {
                handlers.remove(this);
            }
        }

        /// A chain may still be held when its memory was lost and the ring was given up.
        private void complete(DescriptorChain chain) {
            if (!closed) {
                chain.complete(fill(chain));
            }
        }

        private void completeHeld() {
            held.forEach(this::complete);
            held.clear();
        }
    }

    private static final class Config implements ConfigSpace {
        private final byte[] space = new byte[CONFIG_BYTES];

        Config() {
            clear();
        }

        @Override
        public synchronized byte[] bytes() {
            return space.clone();
        }

        @Override
        public synchronized boolean write(int offset, byte[] value, boolean migration) {
            if (!migration && offset + value.length > CONFIG_BYTES / 2) {
                return false;
            }
            System.arraycopy(value, 0, space, offset, value.length);
            return true;
        }

        private synchronized void clear() {
            for (int i = 0; i < CONFIG_BYTES; i++) {
                space[i] = (byte) (i + 1);
            }
        }
    }
}
