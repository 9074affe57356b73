package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.testkit.Seeded;

/// What a guest sees of the block device, whatever its front end is.
@Tag("guest")
@ExtendWith(Seeded.class)
abstract class BlkGuestContract {
    private static final long IMAGE_BYTES = 256L << 20;
    private static final int PAYLOAD_BYTES = 2 << 20;

    private Path folder;
    private Path image;
    private Payload payload;

    /// The front end under test, with its files in a folder.
    abstract GuestLauncher launcher(GuestTools tools, Path folder);

    /// The device as the front end and the guest's kernel know it.
    GuestDevice device() {
        return GuestDevice.BLK;
    }

    /// Request queues of the device and CPUs of the guest.
    abstract int queues();

    @BeforeEach
    void makeImage(@TempDir Path temporary, RandomGenerator random) throws IOException {
        folder = temporary;
        payload = new Payload(random, PAYLOAD_BYTES);
        image = folder.resolve("disk.img");
    }

    @Test
    void filesAreEqualAfterFormatMountWriteFsyncUnmountAndRemount() throws IOException {
        try (BackEndProcess backEnd = start(false)) {
            GuestReport report = runScript(backEnd, BlkGuestScripts.ROUND_TRIP);
            assertEquals(String.valueOf(IMAGE_BYTES), report.value("size"));
            assertEquals(String.valueOf(queues()), report.value("queues"));
            assertEquals(payload.sumFrom(0), report.value("sum-first"));
            assertEquals(payload.sumFrom(4097), report.value("sum-second"));
            assertEquals(payload.sumFrom(65536), report.value("sum-third"));
            assertEquals(0, backEnd.terminate());
        }
    }

    @Test
    void nothingAcknowledgedIsLostWhenTheFrontEndIsKilledUnderLoad() throws IOException {
        try (BackEndProcess backEnd = start(false)) {
            WrittenFiles acknowledged;
            try (Guest guest = boot(backEnd, BlkGuestScripts.INTERACTIVE)) {
                guest.awaitReady();
                guest.run("blk_format && blk_mount");
                acknowledged = killUnderLoad(guest, guest::kill);
            }
            verifyInNewGuest(backEnd, acknowledged);
        }
    }

    @Test
    void aReadOnlyDeviceIsReadAndNotWritten() throws IOException {
        Files.write(image, payload.bytes());
        try (BackEndProcess backEnd = start(true)) {
            GuestReport report = runScript(backEnd, BlkGuestScripts.READ_ONLY);
            assertEquals("1", report.value("read-only"));
            assertEquals(payload.sumFrom(0), report.value("sum"));
            assertNotEquals("0", report.value("write-status"));
        }
        assertEquals(-1, Files.mismatch(image, Files.write(folder.resolve("expected.img"), payload.bytes())));
    }

    final BackEndProcess start(boolean readOnly) throws IOException {
        GuestTools tools = GuestAvailability.require();
        return BlkBackEnd.start(tools, folder, BlkImage.raw(image, IMAGE_BYTES), queues(), readOnly);
    }

    final Guest boot(BackEndProcess backEnd, String script) throws IOException {
        GuestSpec spec = new GuestSpec(device(), backEnd.socket(), queues(), BlkGuestScripts.files(payload), script);
        return launcher(GuestAvailability.require(), folder).start(spec);
    }

    private GuestReport runScript(BackEndProcess backEnd, String script) throws IOException {
        try (Guest guest = boot(backEnd, script)) {
            GuestReport report = guest.awaitEnd();
            report.requireSuccess();
            return report;
        }
    }

    /// Lets a mounted guest write file after file, and ends something while it does.
    final WrittenFiles killUnderLoad(Guest guest, Runnable kill) throws IOException {
        Guest.Pending load = guest.submit("blk_load load 50");
        load.awaitValue("written-load3");
        kill.run();
        return acknowledged(load);
    }

    /// The files that a command has written to stable storage until now.
    final WrittenFiles acknowledged(Guest.Pending load) {
        WrittenFiles files = new WrittenFiles(payload);
        files.add(load);
        return files;
    }

    /// Boots once more: the files must be there with the right bytes, and the file system consistent.
    final void verifyInNewGuest(BackEndProcess backEnd, WrittenFiles files) throws IOException {
        try (Guest guest = boot(backEnd, BlkGuestScripts.INTERACTIVE)) {
            guest.awaitReady();
            guest.run("blk_mount");
            files.verify(guest);
            guest.run("umount /mnt && blk_check");
        }
    }
}
