package org.vhostdevice.cli.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.cli.Main;
import org.vhostdevice.core.frontend.DriverFeature;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.Seeded;

@DisplayName("The back end is killed again and again under a load of writes that goes on with the next one")
@ExtendWith(Seeded.class)
class BackEndKillIT {
    private static final int BLOCKS = 1024;
    private static final long SHORTEST = 500_000;
    private static final long LONGEST = 50_000_000;

    @TempDir
    private Path folder;

    private long early;

    /// When the wait for the kill begins.
    private enum When {
        /// While the back end still starts its rings.
        AT_START,
        /// When they run.
        UNDER_LOAD,
        /// However slow the host is, some requests are answered.
        AFTER_AN_ANSWER
    }

    @ParameterizedTest(name = "packed {0}, in order {1}, {2}")
    @CsvSource({"false, false, EVENTFD", "true, false, PIPE"})
    void nothingIsLostOrAnsweredTwice(boolean packed, boolean inOrder, Notification.Kind kind, RandomGenerator random)
            throws Exception {
        rounds(10, packed, inOrder, kind, random);
    }

    @ParameterizedTest(name = "packed {0}, in order {1}, {2}")
    @Tag("slow")
    @CsvSource({
        "false, false, EVENTFD",
        "true, false, EVENTFD",
        "false, false, PIPE",
        "true, false, PIPE",
        "false, true, EVENTFD",
        "true, true, PIPE"
    })
    void nothingIsLostOrAnsweredTwiceIn200Rounds(
            boolean packed, boolean inOrder, Notification.Kind kind, RandomGenerator random) throws Exception {
        rounds(Integer.getInteger("vhost.rounds", 200), packed, inOrder, kind, random);
    }

    private void rounds(int rounds, boolean packed, boolean inOrder, Notification.Kind kind, RandomGenerator random)
            throws Exception {
        long begin = System.nanoTime();
        JavaProgram backEnd = start();
        try (Frontend frontend = Frontend.attach(folder.resolve("s"), options(packed, inOrder, kind))) {
            assertEquals(packed, frontend.negotiated().has(DriverFeature.RING_PACKED));
            var load = new WriteLoad(frontend, BLOCKS, random, new WriteLoad.Unnoted());
            load.begin();
            int withAnswers = 0;
            for (int round = 0; round < rounds; round++) {
                long before = load.answers();
                When other = random.nextBoolean() ? When.AT_START : When.UNDER_LOAD;
                When when = round % 2 == 0 ? When.AFTER_AN_ANSWER : other;
                runUntilKilled(frontend, load, backEnd, when, random.nextLong(SHORTEST, LONGEST));
                withAnswers += load.answers() > before ? 1 : 0;
                backEnd.close();
                backEnd = start();
            }
            frontend.reattach();
            for (int i = 0; i < 100; i++) {
                load.goOn();
            }
            load.finish();
            load.verify(MemorySegment.ofArray(Files.readAllBytes(folder.resolve("disk"))));
            System.err.println(rounds + " kills (" + early + " before the load went on, " + withAnswers
                    + " after answers): " + load.answers() + " requests, 0 lost, 0 duplicated, 0 corrupted in "
                    + (System.nanoTime() - begin) / 1_000_000_000 + " s");
            assertTrue(withAnswers >= rounds / 2, "requests were answered");
        } finally {
            backEnd.close();
        }
    }

    private void runUntilKilled(Frontend frontend, WriteLoad load, JavaProgram backEnd, When when, long nanos)
            throws Exception {
        Thread killer = when == When.AT_START ? backEnd.killAfter(nanos / 4) : null;
        try {
            frontend.reattach();
            if (when == When.AFTER_AN_ANSWER) {
                load.goOn();
            }
            killer = killer == null ? backEnd.killAfter(nanos) : killer;
            while (true) {
                load.goOn();
            }
        } catch (IOException e) {
            if (killer == null) {
                throw e;
            }
            early += when == When.AT_START ? 1 : 0;
            killer.join();
        }
    }

    private JavaProgram start() throws IOException {
        Path disk = folder.resolve("disk");
        if (!Files.exists(disk)) {
            Files.write(disk, new byte[BLOCKS * Block.BYTES]);
        }
        JavaProgram backEnd = JavaProgram.start(
                Main.class, List.of("blk", "--socket", folder.resolve("s").toString(), "--blk-file", disk.toString()));
        backEnd.await("serving blk");
        return backEnd;
    }

    private static FrontendOptions options(boolean packed, boolean inOrder, Notification.Kind kind) {
        FrontendOptions options =
                FrontendOptions.defaults().withNotifications(kind).withTimeout(Duration.ofSeconds(30));
        options = packed ? options.withFeatures(DriverFeature.RING_PACKED) : options;
        return inOrder ? options.withFeatures(DriverFeature.IN_ORDER) : options;
    }
}
