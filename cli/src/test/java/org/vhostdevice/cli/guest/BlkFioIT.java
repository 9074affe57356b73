package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.testkit.Seeded;

/// What fio in a guest writes at random, many requests at a time, it reads back: at once, and from the next back end.
@Tag("guest")
@ExtendWith(Seeded.class)
class BlkFioIT {
    private static final long IMAGE_BYTES = 256L << 20;
    private static final GuestDevice DEVICE = GuestDevice.BLK.with(List.of(), List.of("fio"));

    @TempDir
    private Path folder;

    /// Where the disk is, and what moves its bytes.
    enum Kind {
        RAW_BY_IO_URING,
        RAW_BY_THREADS,
        QCOW2,
        NBD
    }

    @ParameterizedTest
    @EnumSource
    void everyBlockIsAsItWasWritten(Kind kind, RandomGenerator random) throws IOException {
        GuestTools tools = GuestAvailability.require();
        Path file = folder.resolve("disk.img");
        int seed = random.nextInt(Integer.MAX_VALUE);
        switch (kind) {
            case RAW_BY_IO_URING -> verify(tools, BlkImage.raw(file, IMAGE_BYTES, "--io-engine", "io_uring"), seed);
            case RAW_BY_THREADS -> verify(tools, BlkImage.raw(file, IMAGE_BYTES, "--io-engine", "threads"), seed);
            case QCOW2 -> verify(tools, BlkImage.qcow2(tools, file, IMAGE_BYTES, "lazy_refcounts=off"), seed);
            case NBD -> {
                var _ = BlkImage.raw(file, IMAGE_BYTES);
                try (NbdServer server = NbdServer.start(folder, file)) {
                    verify(tools, BlkImage.nbd(server), seed);
                }
            }
        }
    }

    private void verify(GuestTools tools, BlkImage image, int seed) throws IOException {
        try (BackEndProcess backEnd = BlkBackEnd.start(tools, folder, image, 1, false)) {
            run(tools, backEnd, "blk_fio " + seed);
            assertEquals(0, backEnd.terminate());
            backEnd.restart();
            run(tools, backEnd, "blk_fio " + seed + " --verify_only");
            assertEquals(0, backEnd.terminate());
        }
    }

    private void run(GuestTools tools, BackEndProcess backEnd, String command) throws IOException {
        GuestSpec spec =
                new GuestSpec(DEVICE, backEnd.socket(), 1, BlkGuestScripts.files(), BlkGuestScripts.of(command));
        try (Guest guest = new UmlGuest(tools, folder).start(spec)) {
            guest.awaitEnd().requireSuccess();
        }
    }
}
