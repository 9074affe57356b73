package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.device.DeviceArguments.Further;
import org.vhostdevice.core.device.DevicePlace;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;

class BlkDiskArgsTest {
    @Test
    void optionsLoseTheirDashesAndCommasAreDoubled(@TempDir Path folder) throws Exception {
        Path image = Files.write(folder.resolve("a,b.img"), new byte[4096]);
        Further further = BlkDiskArgs.parse("socket=/run/x.sock,blk-file="
                + image.toString().replace(",", ",,") + ",read-only,num-queues=2,cache=none");
        assertEquals(DevicePlace.ofPath("/run/x.sock"), further.place());
        try (VirtioDevice device = further.arguments().open()) {
            assertEquals(2, device.queueCount());
            assertTrue((device.features() & BlkFeature.RO.mask()) != 0);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "blk-file=/x",
                "socket=,blk-file=/x",
                "socket=/x,nonsense=1",
                "socket=/x,num-queues=many",
                "socket=/x,disk=socket=/y",
                "socket=/x,disk"
            })
    void wrongTextsAreUsageErrorsOfOneLine(String text) {
        String message = assertThrows(UsageException.class, () -> BlkDiskArgs.parse(text))
                .getMessage();
        assertTrue(message.startsWith("--disk "), message);
        assertEquals(1, message.lines().count(), message);
    }
}
