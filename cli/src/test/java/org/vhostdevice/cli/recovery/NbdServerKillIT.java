package org.vhostdevice.cli.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.cli.Main;
import org.vhostdevice.cli.guest.NbdServer;
import org.vhostdevice.core.frontend.BlkDriver;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.testkit.Seeded;

/// The NBD server behind a disk is killed, and comes back or not.
@ExtendWith(Seeded.class)
class NbdServerKillIT {
    private static final int BLOCKS = 1024;
    private static final int KILLS = 5;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private Path image;

    @BeforeEach
    void makeImage() throws IOException {
        image = Files.write(folder.resolve("disk"), new byte[BLOCKS * Block.BYTES]);
    }

    /// A flush is honest about what a server may have lost, unless servers are trusted.
    @ParameterizedTest(name = "--nbd-unflushed {0}")
    @CsvSource({"fail, " + BlkDriver.STATUS_IOERR, "trust, " + BlkDriver.STATUS_OK})
    void requestsWaitForTheServerAndThenAllGoOn(String unflushed, int flushed, RandomGenerator random)
            throws Exception {
        try (NbdServer server = NbdServer.start(folder, image);
                JavaProgram _ = serve(server, "--nbd-unflushed", unflushed);
                Frontend frontend = Frontend.attach(folder.resolve("s"), options())) {
            var load = new WriteLoad(frontend, BLOCKS, random, new WriteLoad.Unnoted());
            load.begin();
            for (int kill = 0; kill < KILLS; kill++) {
                answers(load, random.nextInt(1, 2000));
                server.kill();
                awaitStall(frontend, load);
                server.restart();
            }
            answers(load, 1000);
            load.finish();
            try (BlkDriver driver = new BlkDriver(frontend, 0, Block.BYTES)) {
                assertEquals(flushed, driver.execute(BlkDriver.FLUSH, 0, MemorySegment.NULL, MemorySegment.NULL));
            }
            load.verify(MemorySegment.ofArray(Files.readAllBytes(image)));
        }
    }

    @Test
    void requestsFailWhenTheServerStaysAwayAndSucceedWhenItIsBack() throws Exception {
        try (NbdServer server = NbdServer.start(folder, image);
                JavaProgram _ = serve(server, "--nbd-timeout", "1");
                Frontend frontend = Frontend.attach(folder.resolve("s"), options());
                BlkDriver driver = new BlkDriver(frontend, 0, Block.BYTES)) {
            assertEquals(BlkDriver.STATUS_OK, write(driver));
            server.kill();
            assertEquals(BlkDriver.STATUS_IOERR, write(driver));
            assertEquals(BlkDriver.STATUS_IOERR, write(driver));
            server.restart();
            long end = System.nanoTime() + LIMIT.toNanos();
            while (write(driver) != BlkDriver.STATUS_OK) {
                assertTrue(System.nanoTime() - end < 0, "requests fail for good");
            }
        }
    }

    private static int write(BlkDriver driver) throws IOException {
        MemorySegment block = MemorySegment.ofArray(new byte[Block.BYTES]);
        return driver.execute(BlkDriver.OUT, 0, block, MemorySegment.NULL);
    }

    private static void answers(WriteLoad load, long count) throws IOException {
        for (long end = load.answers() + count; load.answers() < end; ) {
            load.goOn();
        }
    }

    /// Takes what was answered before the kill, until no answer comes.
    private static void awaitStall(Frontend frontend, WriteLoad load) throws IOException {
        while (frontend.queues().getFirst().awaitUsed(TimeUnit.MILLISECONDS.toNanos(200))) {
            load.goOn();
        }
        assertTrue(frontend.queues().getFirst().ring().outstanding() > 0, "requests are waiting");
    }

    private JavaProgram serve(NbdServer server, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("blk", "--socket"));
        arguments.addAll(List.of(folder.resolve("s").toString(), "--blk-file", server.uri()));
        arguments.addAll(List.of(more));
        JavaProgram backEnd = JavaProgram.start(Main.class, arguments);
        backEnd.await("serving blk");
        return backEnd;
    }

    private static FrontendOptions options() {
        return FrontendOptions.defaults().withFeatures(BlkDriver.FEATURES).withTimeout(LIMIT);
    }
}
