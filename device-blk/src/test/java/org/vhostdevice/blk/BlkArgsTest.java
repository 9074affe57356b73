package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.device.DeviceProvider;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import picocli.CommandLine;

class BlkArgsTest {
    @TempDir
    private Path folder;

    private static CommandLine command(BlkArgs args) {
        return new CommandLine(args).setCaseInsensitiveEnumValuesAllowed(true);
    }

    private VirtioDevice open(String... options) throws Exception {
        List<String> all =
                new ArrayList<>(List.of("--blk-file", folder.resolve("disk.img").toString()));
        all.addAll(List.of(options));
        BlkArgs args = new BlkArgs();
        command(args).parseArgs(all.toArray(String[]::new));
        return args.open();
    }

    @Test
    void createdDeviceHasTheOptionsGiven() throws Exception {
        try (VirtioDevice device = open("--create", "64K", "--num-queues", "3", "--queue-size", "256")) {
            assertEquals(3, device.queueCount());
            assertEquals(256, device.maxQueueSize());
            assertEquals(DeviceType.BLOCK, device.type());
        }
        assertEquals(65_536, Files.size(folder.resolve("disk.img")));
    }

    @Test
    void imageIsAnotherNameOfBlkFile() throws Exception {
        Path file = Files.write(folder.resolve("a b.img"), new byte[512]);
        BlkArgs args = new BlkArgs();
        command(args).parseArgs("--image=" + file, "--read-only");
        args.open().close();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "--num-queues, 0, 1 to 256",
        "--num-queues, 257, 1 to 256",
        "--num-queues, -1, 1 to 256",
        "--queue-size, 2, power of two",
        "--queue-size, 100, power of two",
        "--queue-size, 2048, 1024",
        "--queue-size, -1024, power of two",
        "--logical-block-size, 256, 512",
        "--logical-block-size, 8192, 4096",
        "--logical-block-size, 1000, power of two",
        "--serial, 123456789012345678901, 20",
        "--serial, ä, ASCII",
        "--create, 12345, multiple",
        "--create, huge, not a size",
        "--create, 0, more than 0"
    })
    void wrongNumbersAreUsageErrorsAndCreateNothing(String option, String value, String word) {
        String[] options = option.equals("--create")
                ? new String[] {option, value}
                : new String[] {"--create", "1M", option, value};
        UsageException e = assertThrows(UsageException.class, () -> open(options));
        assertTrue(String.valueOf(e.getMessage()).contains(word), e.getMessage());
        assertFalse(Files.exists(folder.resolve("disk.img")));
    }

    @Test
    void createAndReadOnlyContradictEachOther() {
        assertThrows(UsageException.class, () -> open("--create", "1M", "--read-only"));
        assertFalse(Files.exists(folder.resolve("disk.img")));
    }

    @Test
    void nullIsADiskWithoutAMedium() throws Exception {
        BlkArgs args = new BlkArgs();
        command(args).parseArgs("--null", "1G", "--read-only", "--num-queues", "2", "--logical-block-size=4096");
        try (VirtioDevice device = args.open()) {
            assertEquals(2, device.queueCount());
            assertTrue((device.features() & BlkFeature.RO.mask()) != 0);
            ByteBuffer config = ByteBuffer.wrap(device.config().bytes()).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(1L << 21, config.getLong(0), "sectors");
            assertEquals(4096, config.getInt(20), "blk_size");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', --blk-file PATH is missing",
        "--null 1G --blk-file x, give one of --blk-file PATH",
        "--null 1G --create 1M, goes with --blk-file",
        "--null 1000, multiple",
        "--null huge, not a size"
    })
    void oneMediumMustBeNamed(String options, String word) {
        BlkArgs args = new BlkArgs();
        command(args).parseArgs(options.isEmpty() ? new String[0] : options.split(" "));
        UsageException e = assertThrows(UsageException.class, args::open);
        assertTrue(String.valueOf(e.getMessage()).contains(word), e.getMessage());
    }

    @Test
    void isAService() {
        DeviceProvider provider = ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p.name().equals("blk"))
                .findFirst()
                .orElseThrow();
        assertEquals(DeviceType.BLOCK, provider.type());
        assertEquals(List.of("read-only", "blk-file"), provider.capabilities());
        assertTrue(provider.arguments() instanceof BlkArgs);
        assertFalse(provider.summary().isEmpty());
    }
}
