package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.testkit.Seeded;

/// File systems survive that the back end is killed again and again: while they are made, and while files are written,
/// synchronized and deleted. The guest is started anew each time, since User Mode Linux does not connect again.
@Tag("guest")
@ExtendWith(Seeded.class)
class BlkFileSystemsIT {
    private static final long IMAGE_BYTES = 512L << 20;
    private static final int PAYLOAD_BYTES = 1 << 20;
    private static final int FILES = 40;
    private static final long LONGEST_NANOS = Duration.ofMillis(100).toNanos();
    private static final GuestDevice DEVICE = GuestDevice.BLK.with(
            List.of("ext4", "xfs", "btrfs"), List.of("mkfs.xfs", "xfs_repair", "mkfs.btrfs", "btrfs"));

    @TempDir
    private Path folder;

    private RandomGenerator random;
    private GuestTools tools;
    private Payload payload;
    private WrittenFiles files;
    private Format format;
    private BlkImage image;
    private BackEndProcess backEnd;

    /// What the image is.
    enum Format {
        RAW,
        QCOW2,
        /// Its reference counts are written late.
        LAZY_QCOW2
    }

    @ParameterizedTest(name = "{0} on {1}")
    @CsvSource({"ext4, LAZY_QCOW2", "xfs, QCOW2", "btrfs, RAW"})
    void nothingAcknowledgedIsLost(String fileSystem, Format format, RandomGenerator random) throws IOException {
        rounds(2, fileSystem, format, random);
    }

    @ParameterizedTest(name = "{0} on {1}")
    @Tag("slow")
    @CsvSource({
        "ext4, QCOW2", "xfs, QCOW2", "btrfs, QCOW2",
        "ext4, LAZY_QCOW2", "xfs, LAZY_QCOW2", "btrfs, LAZY_QCOW2",
        "ext4, RAW", "xfs, RAW", "btrfs, RAW"
    })
    void nothingAcknowledgedIsLostInManyRounds(String fileSystem, Format format, RandomGenerator random)
            throws IOException {
        rounds(Integer.getInteger("vhost.rounds", 30), fileSystem, format, random);
    }

    private void rounds(int rounds, String fileSystem, Format format, RandomGenerator random) throws IOException {
        prepare(format, random);
        try (BackEndProcess started = BlkBackEnd.start(tools, folder, image, 1, false)) {
            backEnd = started;
            killWhileFormatting(fileSystem);
            for (int round = 0; round < rounds; round++) {
                killUnderLoad(fileSystem, round);
            }
            try (Guest guest = boot(fileSystem)) {
                verify(guest);
            }
            assertEquals(0, backEnd.terminate());
            requireConsistent();
        }
        System.err.println(
                fileSystem + " on " + format + ": " + (rounds + 1) + " kills, " + files.count() + " files left");
    }

    private void prepare(Format format, RandomGenerator random) throws IOException {
        this.format = format;
        this.random = random;
        tools = GuestAvailability.require();
        payload = new Payload(random, PAYLOAD_BYTES);
        files = new WrittenFiles(payload);
        Path file = folder.resolve("disk");
        image = switch (format) {
            case RAW -> BlkImage.raw(file, IMAGE_BYTES, "--format", "raw");
            case QCOW2 -> BlkImage.qcow2(tools, file, IMAGE_BYTES, "lazy_refcounts=off");
            case LAZY_QCOW2 -> BlkImage.qcow2(tools, file, IMAGE_BYTES, "lazy_refcounts=on");
        };
    }

    private Guest boot(String fileSystem) throws IOException {
        GuestSpec spec =
                new GuestSpec(DEVICE, backEnd.socket(), 1, BlkGuestScripts.files(payload), BlkGuestScripts.INTERACTIVE);
        Guest guest = new UmlGuest(tools, folder).start(spec);
        guest.awaitReady();
        guest.run("type=" + fileSystem);
        return guest;
    }

    private void killWhileFormatting(String fileSystem) throws IOException {
        try (Guest guest = boot(fileSystem)) {
            var _ = guest.submit("blk_format");
            killSoon();
        }
        recover();
    }

    /// One round: what the last one left is checked, more is written, and the back end killed meanwhile.
    private void killUnderLoad(String fileSystem, int round) throws IOException {
        try (Guest guest = boot(fileSystem)) {
            if (round == 0) {
                guest.run("blk_format");
            } else {
                verify(guest);
            }
            guest.run("blk_mount");
            // Deleted while others are written, so that room is given up and taken again.
            files.remove("b");
            files.remove("a" + (round - 2) + "-");
            Guest.Pending load = guest.submit("blk_churn " + round + " " + FILES);
            load.awaitValue("written-a" + round + "-" + random.nextInt(1, 6));
            killSoon();
            files.add(load);
        }
        recover();
    }

    private void verify(Guest guest) throws IOException {
        guest.run("blk_mount");
        files.verify(guest);
        guest.run("umount /mnt && blk_check");
    }

    private void killSoon() {
        LockSupport.parkNanos(random.nextLong(LONGEST_NANOS));
        backEnd.kill();
    }

    /// Starts the back end anew. The image must be consistent, without lost clusters, when it has been opened and
    /// closed
    /// once.
    private void recover() throws IOException {
        if (format != Format.RAW) {
            backEnd.restart();
            assertEquals(0, backEnd.terminate());
            requireConsistent();
        }
        backEnd.restart();
    }

    private void requireConsistent() throws IOException {
        if (format != Format.RAW) {
            HostCommand.Outcome check = image.check(tools);
            assertEquals(0, check.status(), check.output());
        }
    }
}
