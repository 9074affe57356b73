package org.vhostdevice.cli.recovery;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.cli.Main;
import org.vhostdevice.core.frontend.BackendRequestHandler;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.testkit.Seeded;

@DisplayName("The front end is killed again and again under a load of writes; the back end serves the next one")
@ExtendWith(Seeded.class)
class FrontEndKillIT {
    private static final int BLOCKS = 1024;
    private static final long SHORTEST = 500_000;
    private static final long LONGEST = 200_000_000;

    /// More writes than one front end makes.
    private static final int VERSIONS = 40_000;

    @TempDir
    private Path folder;

    private final int[] issued = new int[BLOCKS];

    /// Acknowledged, or else found on the disk last time.
    private final int[] there = new int[BLOCKS];

    private long acknowledgements;

    @ParameterizedTest(name = "packed {0}, {1}")
    @CsvSource({"false, PIPE", "true, EVENTFD"})
    void whatWasAcknowledgedIsThere(boolean packed, Notification.Kind kind, RandomGenerator random) throws Exception {
        rounds(10, packed, kind, random);
    }

    @ParameterizedTest(name = "packed {0}, {1}")
    @Tag("slow")
    @CsvSource({"false, EVENTFD", "true, EVENTFD", "false, PIPE", "true, PIPE"})
    void whatWasAcknowledgedIsThereAfter200Rounds(boolean packed, Notification.Kind kind, RandomGenerator random)
            throws Exception {
        rounds(Integer.getInteger("vhost.rounds", 200), packed, kind, random);
    }

    private void rounds(int rounds, boolean packed, Notification.Kind kind, RandomGenerator random) throws Exception {
        long begin = System.nanoTime();
        Path disk = folder.resolve("disk");
        Path socket = folder.resolve("s");
        Files.write(disk, new byte[BLOCKS * Block.BYTES]);
        try (JavaProgram backEnd = JavaProgram.start(
                Main.class, List.of("blk", "--socket", socket.toString(), "--blk-file", disk.toString()))) {
            backEnd.await("serving blk");
            for (int round = 0; round < rounds; round++) {
                List<String> arguments = List.of(
                        socket.toString(),
                        String.valueOf(BLOCKS),
                        String.valueOf(random.nextLong()),
                        String.valueOf(round * VERSIONS),
                        String.valueOf(packed),
                        kind.name());
                try (JavaProgram frontEnd = JavaProgram.start(FrontEndChild.class, arguments)) {
                    frontEnd.await("attached");
                    if (round % 2 == 0) { // however slow the host is, some requests are answered
                        note(frontEnd.output(), acknowledgements + 1);
                    }
                    Thread killer = frontEnd.killAfter(random.nextLong(SHORTEST, LONGEST));
                    note(frontEnd.output(), Long.MAX_VALUE);
                    killer.join();
                }
                // Once another front end is answered, the back end is through with the last one.
                Frontend.connect(socket, FrontendOptions.defaults(), BackendRequestHandler.PLAIN)
                        .close();
                verify(MemorySegment.ofArray(Files.readAllBytes(disk)));
            }
        }
        System.err.println(rounds + " kills of the front end: " + acknowledgements
                + " requests acknowledged, 0 lost, 0 duplicated, 0 corrupted in "
                + (System.nanoTime() - begin) / 1_000_000_000 + " s");
        assertTrue(acknowledgements >= rounds / 2, () -> acknowledgements + " requests acknowledged");
    }

    /// Reads to the end, or until so many requests are acknowledged in all.
    private void note(BufferedReader printed, long enough) throws IOException {
        while (acknowledgements < enough) {
            String line = printed.readLine();
            if (line == null) {
                return;
            }
            String[] parts = line.split(" ", -1);
            if (parts.length != 3) {
                throw new AssertionError(line);
            }
            int block = Integer.parseInt(parts[1]);
            int version = Integer.parseInt(parts[2]);
            if (parts[0].equals("I")) {
                issued[block] = version;
            } else {
                there[block] = version;
                acknowledgements++;
            }
        }
    }

    /// A write that was not acknowledged was done or not.
    private void verify(MemorySegment disk) {
        for (int block = 0; block < BLOCKS; block++) {
            int version = Block.version(disk.asSlice((long) block * Block.BYTES, Block.BYTES), block);
            if (version != there[block] && version != issued[block]) {
                throw new AssertionError("block " + block + " holds write " + version + ", not " + there[block] + " or "
                        + issued[block]);
            }
            there[block] = version;
        }
    }
}
