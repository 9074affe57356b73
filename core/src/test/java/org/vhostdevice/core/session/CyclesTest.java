package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("Front ends that come and go leave nothing behind")
class CyclesTest {
    private static final int QUICK = 200;
    private static final int SOAK = 10_000;
    private static final long HEAP_GROWTH_LIMIT = 8 << 20;

    @Test
    void keepsDescriptorsAndMappingsFlat() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(2, Completion.AT_ONCE))) {
            cycle(server, 1);
            ProcessResources before = server.resourcesBetweenFrontEnds();
            cycle(server, QUICK);
            assertEquals(before, server.resourcesBetweenFrontEnds());
        }
    }

    @Test
    @Tag("slow")
    void keepsDescriptorsMappingsAndHeapFlatForLong() throws Exception {
        try (ServerFixture server = ServerFixture.serve(new RngTestDevice(2, Completion.AT_ONCE))) {
            cycle(server, SOAK / 10);
            ProcessResources before = server.resourcesBetweenFrontEnds();
            long heapBefore = heapInUse();
            long began = System.nanoTime();
            cycle(server, SOAK);
            long millis = (System.nanoTime() - began) / 1_000_000;
            ProcessResources after = server.resourcesBetweenFrontEnds();
            long heapAfter = heapInUse();
            String report = SOAK + " cycles in " + millis + " ms\nbefore: " + before + ", heap " + heapBefore
                    + " bytes\nafter: " + after + ", heap " + heapAfter + " bytes\n";
            Files.writeString(Path.of("target", "session-cycles.txt"), report);
            assertEquals(before, after, report);
            assertTrue(heapAfter - heapBefore < HEAP_GROWTH_LIMIT, report);
        }
    }

    private static void cycle(ServerFixture server, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            try (StepFrontend frontend = server.started()) {
                StepQueue queue = frontend.queue(i % 2);
                queue.request(1);
                queue.awaitUsed(1);
            }
        }
    }

    private static long heapInUse() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
