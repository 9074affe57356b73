package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.testkit.ConsoleTestDevice;
import org.vhostdevice.core.testkit.DeviceServerFixture;
import org.vhostdevice.core.testkit.FsTestDevice;
import org.vhostdevice.core.testkit.VsockFault;
import org.vhostdevice.core.testkit.VsockTestDevice;

/// Load and checks by the commands on devices of other types than block, which tests serve.
class DeviceBenchTest {
    @TempDir
    private Path folder;

    private CommandRun run(VirtioDevice device, String options) throws Exception {
        Path socket = folder.resolve("s");
        try (var _ = new DeviceServerFixture(device, socket)) {
            return CommandRun.of((options + " --socket " + socket).split(" "));
        }
    }

    private static void requireMeasured(CommandRun run) {
        assertEquals("", run.err());
        assertEquals(0, run.status());
        assertTrue(run.out().contains("IOPS=") && run.out().contains("99.00th"), run.out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "randread --verify",
                "write --verify --file other",
                "randrw --rwmixread 20 --poll",
                "read --packed"
            })
    void filesAreReadAndWritten(String load) throws Exception {
        var device = new FsTestDevice("share", FsTestDevice.Fault.NONE);
        requireMeasured(
                run(device, "bench --device fs --size 256k --iodepth 4 --runtime 20ms --ramp 10ms --rw " + load));
        assertEquals(0, device.files());
    }

    @ParameterizedTest
    @ValueSource(strings = {"meta:4k:3", "forget:64k:2"})
    void filesAreMadeAndForgotten(String job) throws Exception {
        var device = new FsTestDevice("share", FsTestDevice.Fault.NONE);
        requireMeasured(run(device, "bench --device fs --runtime 20ms --ramp 10ms --job " + job));
        assertEquals(0, device.files());
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "write --connections 5", "randrw"})
    void socketsCarryData(String rw) throws Exception {
        Path host = folder.resolve("h");
        CommandRun run = run(
                new VsockTestDevice(host, VsockFault.NONE),
                "bench --device vsock --bs 1000 --iodepth 3 --runtime 20ms --ramp 10ms --ceiling --rw " + rw
                        + " --vsock-uds " + host);
        requireMeasured(run);
        assertTrue(run.out().contains("without a device: IOPS"), run.out());
    }

    @Test
    void consolesTakeBytes() throws Exception {
        CommandRun run = run(
                new ConsoleTestDevice(1, ConsoleTestDevice.Fault.NONE, false),
                "bench --device console --job write:100:4 --runtime 20ms --ramp 0 --json");
        assertEquals("", run.err());
        JsonNode job = new ObjectMapper().readTree(run.out()).path("jobs").path(0);
        assertTrue(job.path("total_ios").intValue() > 0, run.out());
        assertEquals(job.path("total_ios"), job.path("write_ios"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = ';',
            value = {
                "vsock --rw write; give --vsock-uds PATH",
                "vsock --rw randread --vsock-uds p; no random access",
                "vsock --rw read --bs 128k --vsock-uds p; 1 to 65536 bytes",
                "vsock --rw read --iodepth 200 --vsock-uds p; 1 to 128 are in flight",
                "vsock --rw read --vsock-uds p --verify; --verify goes with blk and fs",
                "vsock --rw read --vsock-uds p --num-queues 2; --num-queues goes with blk",
                "vsock --rw read --vsock-uds p --connections 20000; there are 1 to 16384 connections",
                "vsock --rw randrw --vsock-uds p --connections 2; --connections goes with --rw read and write",
                "console --rw read --connections 2 --console-peer p; --connections goes with --device vsock",
                "fs --rw read --ceiling; --ceiling goes with --device vsock",
                "console --rw read; give --console-peer PATH",
                "console --rw randrw; no random access",
                "console --rw write --vsock-uds p; --vsock-uds goes with --device vsock",
                "fs --console-peer p; --console-peer goes with --device console",
                "fs --size 512; --size must be 4k or more",
                "fs --bs 100; not a multiple of 512",
                "fs --rw meta --verify; --verify goes with blk and fs",
                "blk --rw meta; meta and forget go with --device fs",
                "vsock --rw forget --vsock-uds p; meta and forget go with --device fs",
                "console --job meta:4k:1; meta and forget go with --device fs",
                "blk --file name; --file goes with --device fs",
                "blk --bs 100; not a multiple of 512"
            })
    void optionsThatDoNotGoTogetherAreRefused(String options, String words) {
        CommandRun run = CommandRun.of(("bench --socket s --device " + options).split(" "));
        assertEquals(2, run.status(), run.err());
        assertTrue(run.err().contains(words), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
    }

    @Test
    void socketDeviceIsChecked() throws Exception {
        Path host = folder.resolve("h");
        CommandRun run = run(
                new VsockTestDevice(host, VsockFault.NONE),
                "check --device vsock --only vsock --split --vsock-uds " + host);
        assertEquals(0, run.status(), run.out() + run.err());
        assertTrue(run.out().contains("ok   V14b"), run.out());
    }

    @Test
    void checksWithoutTheHostsSideAreSkipped() throws Exception {
        CommandRun run = run(
                new VsockTestDevice(folder.resolve("h"), VsockFault.NONE), "check --device vsock --only V9 --split");
        assertEquals(0, run.status(), run.out() + run.err());
        assertTrue(run.out().contains("give --vsock-uds PATH"), run.out());
    }

    @Test
    void faultOfAFileSystemIsFound() throws Exception {
        CommandRun run = run(
                new FsTestDevice("share", FsTestDevice.Fault.ONE_SESSION), "check --device fs --only F5c,F9b --split");
        assertEquals(1, run.status(), run.err());
        assertTrue(run.out().contains("FAIL F5c") && run.out().contains("skip F9b"), run.out());
    }
}
