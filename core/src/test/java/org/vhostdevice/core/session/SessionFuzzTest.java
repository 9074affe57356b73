package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserConnection;
import org.vhostdevice.core.transport.VhostUserListener;

/// A whole session, driven by any sequence of messages with real descriptors and real rings. It must end when the
/// front end leaves, hold nothing afterwards, and leave a device that serves the next front end.
class SessionFuzzTest {
    private static final Logger PRODUCT = Logger.getLogger("org.vhostdevice");
    private static final long LIMIT_MILLIS = 60_000;

    /// The next front end only asks a question, but for every so many inputs: it takes more time than most inputs.
    private static final int FULL_SERVICE_EVERY = 8;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Path MAPPINGS = Path.of("/proc/self/maps");
    private static final Pattern SHARED = Pattern.compile("/memfd:|/dev/shm/vhost-");

    private static final RngTestDevice DEVICE = new RngTestDevice(2, Completion.BY_OTHER_THREAD);
    private static final List<QueueMetrics> METRICS = List.of(new QueueMetrics(), new QueueMetrics());
    private static Workers workers;
    private static Path file;
    private static Held before;
    private static int inputs;

    /// What the process holds.
    private record Held(long descriptors, long mappings, long threads) {
        static Held now() throws IOException {
            try (Stream<Path> open = Files.list(DESCRIPTORS);
                    Stream<String> mapped = Files.lines(MAPPINGS)) {
                return new Held(
                        open.count(), mapped.filter(SHARED.asPredicate()).count(), countThreads());
            }
        }

        boolean notMoreThan(Held other) {
            return descriptors <= other.descriptors && mappings <= other.mappings && threads <= other.threads;
        }

        private static long countThreads() {
            Thread[] all = new Thread[Thread.activeCount() + 64];
            int count = Thread.enumerate(all);
            return Arrays.stream(all, 0, count)
                    .filter(thread -> thread.getName().startsWith("vhost-"))
                    .count();
        }
    }

    @BeforeAll
    static void prepare() throws Exception {
        assumeTrue(Files.isDirectory(DESCRIPTORS) && Files.isReadable(MAPPINGS), "the host tells what a process holds");
        PRODUCT.setLevel(Level.OFF);
        workers = new Workers(DEVICE, ServerOptions.DEFAULT.busyWaitNanos());
        file = FuzzDescriptors.emptyFile();
    }

    /// What the process holds before the first input; the fuzzer, the JVM and the workers hold some things for ever.
    private static Held before() throws Exception {
        if (before == null) {
            for (int i = 0; i < 3; i++) {
                serveAsUsual();
            }
            before = Held.now();
        }
        return before;
    }

    @AfterAll
    static void end() throws Exception {
        PRODUCT.setLevel(null);
        if (workers != null) {
            workers.close();
            DEVICE.close();
            Files.delete(file);
        }
    }

    @FuzzTest
    void session(byte[] input) throws Exception {
        Held start = before();
        List<OwnedFd> pair = UnixSocket.pair();
        Thread serving = serve(pair.get(1));
        try (FuzzFrontEnd frontend = new FuzzFrontEnd(pair.get(0), input, file)) {
            frontend.run();
        }
        join(serving);
        if (inputs++ % FULL_SERVICE_EVERY == 0) {
            serveAsUsual();
        } else {
            askForFeatures();
        }
        assertHolds(start);
    }

    private static void askForFeatures() throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        Thread serving = serve(pair.get(1));
        try (VhostUserClient client = VhostUserClient.adopt(pair.get(0), Duration.ofMillis(LIMIT_MILLIS))) {
            client.getFeatures();
        }
        join(serving);
    }

    /// What is freed by a thread that ends is freed a moment after it was joined.
    private static void assertHolds(Held start) {
        Waiting.until(() -> now().notMoreThan(start), () -> "nothing is left: " + now() + ", before " + start);
    }

    private static Held now() {
        try {
            return Held.now();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void serveAsUsual() throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        Thread serving = serve(pair.get(1));
        try (StepFrontend frontend = StepFrontend.adopt(pair.get(0))) {
            frontend.negotiate();
            frontend.startAll();
            for (StepQueue queue : frontend.queues()) {
                queue.request(2);
                queue.awaitUsed(2);
            }
        }
        join(serving);
    }

    private static Thread serve(OwnedFd backend) throws IOException {
        VhostUserListener listener = VhostUserListener.open(new Endpoint.Inherited(backend.release()));
        VhostUserConnection connection = Objects.requireNonNull(listener.accept());
        return Thread.ofPlatform().daemon().name("session").start(() -> {
            new Session(connection, workers, ServerOptions.DEFAULT, METRICS).run();
            try {
                listener.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void join(Thread serving) throws InterruptedException {
        serving.join(LIMIT_MILLIS);
        assertFalse(serving.isAlive(), () -> "the session goes on: " + Arrays.toString(serving.getStackTrace()));
    }
}
