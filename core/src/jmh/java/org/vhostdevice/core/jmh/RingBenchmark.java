package org.vhostdevice.core.jmh;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.DriverQueue;
import org.vhostdevice.core.frontend.DriverQueueOptions;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.frontend.RegionPlan;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.memory.GuestMemoryException;
import org.vhostdevice.core.memory.GuestRegion;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.virtqueue.BrokenQueueException;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.FeatureSet;
import org.vhostdevice.core.virtqueue.RingSetup;
import org.vhostdevice.core.virtqueue.Virtqueue;

/// What one chain of three descriptors costs the device's side of a ring: to take it, and to give it back and publish
/// that. The driver's side runs on the same thread and outside the measured time, so caches are warm.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"})
public class RingBenchmark {
    private static final int SIZE = 256;
    private static final int CHAINS = 64;
    private static final long MEMORY = 0x10_0000;
    private static final long BYTES = 0x10_0000;

    /// VERSION_1, EVENT_IDX and INDIRECT_DESC.
    private static final long FEATURES = 1L << 32 | 1L << 29 | 1L << 28;

    /// A ring with both sides.
    @State(Scope.Thread)
    public abstract static class Ring {
        @Param({"split", "packed"})
        public String format;

        @Param({"direct", "indirect"})
        public String layout;

        private FrontendMemory driverMemory;
        private GuestMemory deviceMemory;
        private DriverQueue driver;
        private Virtqueue device;
        private final int[] heads = new int[CHAINS];
        private final DescriptorChain[] chains = new DescriptorChain[CHAINS];

        @Setup
        public void open() throws IOException, GuestMemoryException {
            driverMemory = FrontendMemory.create(List.of(new RegionPlan(MEMORY, BYTES)));
            MappedRegion mapping = MappedRegion.map(driverMemory.descriptors().getFirst(), 0, BYTES, true);
            deviceMemory = GuestMemory.of(List.of(new GuestRegion(MEMORY, MEMORY, mapping)));
            mapping.release();
            boolean packed = format.equals("packed");
            driver = DriverQueue.allocate(new DriverQueueOptions(SIZE, true, 3, packed, false), driverMemory);
            var setup = new RingSetup(
                    SIZE,
                    new FeatureSet(packed ? FEATURES | 1L << 34 : FEATURES),
                    driver.addresses().descriptors(),
                    driver.addresses().available(),
                    driver.addresses().used());
            device = Virtqueue.open(setup, deviceMemory, driver.resume());
            driver.disarm();
            ChainLayout where = layout.equals("direct") ? ChainLayout.DIRECT : ChainLayout.INDIRECT;
            for (int i = 0; i < CHAINS; i++) {
                var chain = new Chain();
                long buffer = driverMemory.allocate(16 + 4096 + 1, 16);
                chain.readable(buffer, 16);
                chain.writable(buffer + 16, 4096);
                chain.writable(buffer + 16 + 4096, 1);
                heads[i] = driver.prepare(chain, where);
            }
        }

        @TearDown
        public void close() {
            device.abandon();
            deviceMemory.release();
            driverMemory.close();
        }

        final void offer() {
            for (int head : heads) {
                driver.offer(head);
            }
            driver.publish();
        }

        final void poll() throws BrokenQueueException {
            for (int i = 0; i < CHAINS; i++) {
                chains[i] = device.poll();
            }
        }

        final void complete() {
            for (int i = 0; i < CHAINS; i++) {
                chains[i].complete(4097);
                device.publish();
            }
        }

        final void takeBack() throws IOException {
            while (driver.nextUsed()) {
                // the next one
            }
        }
    }

    /// Chains that wait to be taken.
    @State(Scope.Thread)
    public static class Offered extends Ring {
        @Setup(Level.Invocation)
        public void prepare() {
            offer();
        }

        @TearDown(Level.Invocation)
        public void giveBack() throws IOException {
            complete();
            takeBack();
        }
    }

    /// Chains that wait to be given back.
    @State(Scope.Thread)
    public static class Taken extends Ring {
        @Setup(Level.Invocation)
        public void prepare() throws BrokenQueueException {
            offer();
            poll();
        }

        @TearDown(Level.Invocation)
        public void finish() throws IOException {
            takeBack();
        }
    }

    /// Takes a chain: walks its descriptors, checks them and translates their addresses.
    @Benchmark
    @OperationsPerInvocation(CHAINS)
    public void walk(Offered ring) throws BrokenQueueException {
        ring.poll();
    }

    /// Gives a chain back and publishes that, one by one.
    @Benchmark
    @OperationsPerInvocation(CHAINS)
    public void completeAndPublish(Taken ring) {
        ring.complete();
    }
}
