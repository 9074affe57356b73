package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.device.HostSide;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.Wakeup;
import org.vhostdevice.core.testkit.Background;
import org.vhostdevice.core.testkit.PlainDevice;
import org.vhostdevice.core.transport.Endpoint;
import org.vhostdevice.core.transport.VhostUserListener;

/// What a worker looks after while there is no front end.
@Timeout(60)
class HostSideTest {
    @TempDir
    private Path folder;

    private final List<String> calls = new CopyOnWriteArrayList<>();

    private static VirtioDevice device(HostSide side) {
        return new PlainDevice() {
            @Override
            public HostSide hostSide() {
                return side;
            }
        };
    }

    private abstract class Side implements HostSide {
        @Override
        public void end() {
            calls.add("end");
        }
    }

    /// Serves nobody until something has happened.
    private void serve(HostSide side, CountDownLatch happened) throws Exception {
        try (VhostUserListener listener = VhostUserListener.open(Endpoint.Listen.of(folder.resolve("s"), null, null))) {
            DeviceServer server = new DeviceServer(listener, device(side), ServerOptions.DEFAULT);
            CompletableFuture<?> ended = Background.run(server::run);
            happened.await();
            server.stop();
            ended.join();
        }
    }

    @Test
    void descriptorsAreWatchedAndTasksRunWithoutAFrontEnd() throws Exception {
        CountDownLatch woken = new CountDownLatch(1);
        try (Wakeup wakeup = Wakeup.create()) {
            serve(
                    new Side() {
                        @Override
                        public void begin(WorkerContext context) throws IOException {
                            calls.add("begin");
                            context.watch(wakeup.fd(), Watcher.READ, _ -> {
                                context.unwatch(wakeup.fd());
                                calls.add("ready");
                                woken.countDown();
                            });
                            context.execute(wakeup::wake);
                        }
                    },
                    woken);
        }
        assertEquals(List.of("begin", "ready", "end"), calls);
    }

    @Test
    void deadlinesComeWithoutAFrontEnd() throws Exception {
        CountDownLatch due = new CountDownLatch(3);
        serve(
                new Side() {
                    @Override
                    public void begin(WorkerContext context) {}

                    @Override
                    public void look() {
                        due.countDown();
                    }

                    @Override
                    public long patience() {
                        return due.getCount() > 0 ? 1_000_000 : Long.MAX_VALUE;
                    }
                },
                due);
        assertEquals(List.of("end"), calls);
    }

    @Test
    void hostThatRefusesEndsTheServer() {
        var e = assertThrows(CompletionException.class, () -> serveRefused().join());
        assertTrue(String.valueOf(e.getMessage()).contains("no room"), e.getMessage());
        assertEquals(List.of("end"), calls);
    }

    private CompletableFuture<?> serveRefused() throws Exception {
        VhostUserListener listener = VhostUserListener.open(Endpoint.Listen.of(folder.resolve("s"), null, null));
        HostSide side = new Side() {
            @Override
            public void begin(WorkerContext context) throws IOException {
                throw new IOException("no room");
            }
        };
        return Background.run(() -> {
            try (listener) {
                new DeviceServer(listener, device(side), ServerOptions.DEFAULT).run();
            }
        });
    }
}
