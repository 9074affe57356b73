package org.vhostdevice.rng;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.frontend.Chain;
import org.vhostdevice.core.frontend.ChainLayout;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.FrontendQueue;

class RngDeviceTest {
    private static final long LIMIT = TimeUnit.SECONDS.toNanos(20);

    @Test
    void fillsTheBufferOfADriverWithRandomBytes(@TempDir Path folder) throws Exception {
        Path socket = folder.resolve("rng.sock");
        try (RngServer _ = new RngServer(socket);
                Frontend frontend = Frontend.attach(socket, FrontendOptions.defaults())) {
            byte[] first = request(frontend, 64);
            byte[] second = request(frontend, 64);
            assertNotEquals(Arrays.toString(new byte[64]), Arrays.toString(first));
            assertNotEquals(Arrays.toString(first), Arrays.toString(second));
            assertEquals(4096, request(frontend, 10_000).length);
        }
        assertTrue(Files.notExists(socket));
    }

    /// Offers the device one buffer, and takes what it wrote.
    private static byte[] request(Frontend frontend, int length) throws IOException {
        FrontendQueue queue = frontend.queues().getFirst();
        long address = frontend.memory().allocate(length, 1);
        Chain chain = new Chain();
        chain.writable(address, length);
        assertTrue(queue.ring().add(chain, ChainLayout.DIRECT) >= 0);
        queue.submit();
        assertTrue(queue.awaitUsed(LIMIT));
        assertTrue(queue.ring().nextUsed());
        MemorySegment written = frontend.memory().slice(address, queue.ring().usedLength());
        return written.toArray(ValueLayout.JAVA_BYTE);
    }
}
