package org.vhostdevice.core.session;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.FrontendMemory;
import org.vhostdevice.core.frontend.MigrationLog;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

/// The process of [TruncationTest]: a server, and front ends that pull their memory away under load.
final class TruncationChild {
    private static final Duration A_MOMENT = Duration.ofMillis(1);
    private static final int TRUNCATIONS = 200;
    private static final int BUFFER = 1024;
    private static final long END = 0x2_0010_0000L;

    private final ServerFixture server;
    private final RandomGenerator random;
    private long connections;
    private long ended;
    private long endedByLog;

    private TruncationChild(ServerFixture server, long seed) {
        this.server = server;
        this.random = RandomGeneratorFactory.getDefault().create(seed);
    }

    /// Runs for some seconds and prints what happened.
    ///
    /// @param arguments seconds, seed
    public static void main(String... arguments) throws Exception {
        long seconds = Long.parseLong(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(1, Completion.AT_ONCE))) {
            var child = new TruncationChild(server, seed);
            long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
            while (System.nanoTime() < deadline) {
                child.truncateUnderLoad();
                child.behave();
            }
            System.out.println(
                    "connections " + child.connections + " ended " + child.ended + " by log " + child.endedByLog);
        }
    }

    /// A front end that does as it should, after each that did not.
    private void behave() throws IOException {
        try (StepFrontend frontend = server.started()) {
            frontend.queue(0).request(3);
            frontend.queue(0).awaitUsed(3);
        }
    }

    /// Truncates guest memory in one connection, and the dirty log in the next one where there is any.
    private void truncateUnderLoad() throws Exception {
        boolean logs = DirtyLog.isSupported() && connections % 2 == 1;
        connections++;
        try (StepFrontend frontend = server.started();
                MigrationLog log = MigrationLog.create(END, 0)) {
            if (logs) {
                frontend.log(log);
            }
            List<Target> targets = logs ? List.of(Target.of(log)) : Target.of(frontend.memory);
            Thread load = Thread.ofPlatform().daemon().start(() -> load(frontend));
            for (int i = 0; i < TRUNCATIONS; i++) {
                truncate(targets.get(random.nextInt(targets.size())));
            }
            load.interrupt();
            load.join();
            if (isDisconnected(frontend, targets.getFirst())) {
                ended++;
                endedByLog += logs ? 1 : 0;
            }
        }
    }

    /// A file that is truncated.
    private record Target(OwnedFd file, long size) {
        static Target of(MigrationLog log) {
            return new Target(log.descriptor(), log.message().size());
        }

        static List<Target> of(FrontendMemory memory) {
            return IntStream.range(0, 2)
                    .mapToObj(i -> new Target(
                            memory.descriptors().get(i),
                            memory.regions().get(i).mmapOffset()
                                    + memory.regions().get(i).size()))
                    .toList();
        }
    }

    private void truncate(Target target) throws IOException {
        int file = target.file().number();
        FileIo.truncate(file, random.nextBoolean() ? 0 : random.nextLong(target.size()));
        for (int i = random.nextInt(2000); i > 0; i--) {
            Thread.onSpinWait();
        }
        FileIo.truncate(file, target.size());
    }

    /// Sends requests as fast as it can, whatever happens to the memory that it shares.
    private static void load(StepFrontend frontend) {
        StepQueue queue = frontend.queue(0);
        boolean prepared = false;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                if (!prepared) {
                    prepared = true;
                    prepare(frontend);
                }
                queue.ring.publish();
                queue.kick();
                while (queue.ring.nextUsed()) {
                    queue.ring.offer(queue.ring.usedHead());
                }
            } catch (IOException | InternalError | IllegalStateException e) {
                // The memory is not what it was; the back end sees the same.
            }
        }
    }

    private static void prepare(StepFrontend frontend) {
        for (int i = 0; i < StepQueue.SIZE; i++) {
            var chain = new Chain();
            chain.writable(frontend.memory.allocateIn(1, BUFFER, 8), BUFFER);
            frontend.queue(0).ring.offer(frontend.queue(0).ring.prepare(chain, ChainLayout.DIRECT));
        }
    }

    /// Pulls a file away for good, and waits until the back end has noticed: it ends the connection, unless it has
    /// stopped the ring already because its content was lost.
    private static boolean isDisconnected(StepFrontend frontend, Target target) throws IOException {
        FileIo.truncate(target.file().number(), 0);
        while (!frontend.queue(0).awaitError(0)) {
            frontend.queue(0).kick();
            try {
                frontend.client.receiveRaw(A_MOMENT);
            } catch (BackendDisconnected e) {
                return true;
            }
        }
        return false;
    }
}
