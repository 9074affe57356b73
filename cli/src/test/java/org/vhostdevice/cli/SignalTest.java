package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.BlkDriver;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.protocol.BackendRequest;

/// Signals to a process of its own.
class SignalTest {
    private static final int BLOCK = 4096;
    private static final int WRITES_BEFORE_SIGNAL = 1000;

    private static Process start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /// Reads what the process prints up to a line that contains a word.
    private static String await(BufferedReader lines, String word) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.contains(word)) {
                return line;
            }
            seen.append(line).append('\n');
        }
        throw new AssertionError("no '" + word + "' in: " + seen);
    }

    private static void signal(Process process, String name) throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                        .start()
                        .waitFor());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void endsTheServerInOrder(String name, @TempDir Path folder) throws Exception {
        Path socket = folder.resolve("s");
        Process process = start(
                "blk",
                "--socket",
                socket.toString(),
                "--blk-file",
                folder.resolve("disk").toString(),
                "--create",
                "1M");
        try (BufferedReader lines = process.inputReader()) {
            assertTrue(await(lines, "serving blk").endsWith(" on " + socket));
            try (Frontend attached = Frontend.attach(socket, FrontendOptions.defaults())) {
                assertEquals(1, attached.queues().size());
                signal(process, name);
                assertEquals(0, process.waitFor());
            }
            assertFalse(Files.exists(socket));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void b12HangupMakesTheDeviceTakeUpAnotherSize(@TempDir Path folder) throws Exception {
        Path socket = folder.resolve("s");
        Path image = folder.resolve("disk");
        Process process = start("blk", "--socket", socket.toString(), "--blk-file", image.toString(), "--create", "1M");
        try (BufferedReader lines = process.inputReader()) {
            String _ = await(lines, "serving blk");
            CompletableFuture<BackendRequest> told = new CompletableFuture<>();
            try (Frontend frontend = Frontend.connect(socket, FrontendOptions.defaults(), (request, _) -> {
                told.complete(request);
                return 0;
            })) {
                frontend.start();
                assertEquals(1 << 20, capacity(frontend));
                try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
                    int _ = file.write(ByteBuffer.allocate(1), (3 << 20) - 1);
                }
                signal(process, "HUP");
                assertEquals(BackendRequest.CONFIG_CHANGE_MSG, told.get());
                assertEquals(3 << 20, capacity(frontend));
            }
            process.destroy();
            assertEquals(0, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }

    /// What a block device says of its size, in bytes.
    static long capacity(Frontend frontend) throws IOException {
        return ByteBuffer.wrap(frontend.config(0, Long.BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getLong()
                * 512;
    }

    @Test
    void furtherDisksAreServedAndEndWithTheProcess(@TempDir Path folder) throws Exception {
        Path first = folder.resolve("a");
        Path second = folder.resolve("b");
        Process process = start(
                "blk",
                "--disk",
                "socket=" + first + ",memory=1M",
                "--disk",
                "socket=" + second + ",memory=2M,read-only");
        try (BufferedReader lines = process.inputReader()) {
            String _ = await(lines, "serving blk");
            String _ = await(lines, "serving blk");
            try (Frontend one = Frontend.attach(first, FrontendOptions.defaults());
                    Frontend two = Frontend.attach(second, FrontendOptions.defaults())) {
                assertEquals(1 << 20, capacity(one));
                assertEquals(2 << 20, capacity(two));
            }
            process.destroy();
            assertEquals(0, process.waitFor());
            assertFalse(Files.exists(first) || Files.exists(second));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void writesThatWereAcknowledgedBeforeTheSignalAreInTheImage(@TempDir Path folder) throws Exception {
        Path socket = folder.resolve("s");
        Path image = folder.resolve("disk");
        Process process = start("blk", "--socket", socket.toString(), "--blk-file", image.toString(), "--create", "1M");
        byte[] expected = new byte[1 << 20];
        int last;
        try (BufferedReader lines = process.inputReader()) {
            String _ = await(lines, "serving blk");
            last = writeUntilGone(socket, expected, () -> process.destroy());
            assertEquals(0, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
        byte[] found = Files.readAllBytes(image);
        Arrays.fill(expected, last, last + BLOCK, (byte) 0); // may have been written or not
        Arrays.fill(found, last, last + BLOCK, (byte) 0);
        assertArrayEquals(expected, found);
    }

    /// Writes block after block, and has the back end ended meanwhile.
    ///
    /// @param model gets the writes that were acknowledged
    /// @return where the write lies that was not
    private static int writeUntilGone(Path socket, byte[] model, Runnable end) throws IOException {
        try (Frontend frontend = Frontend.attach(socket, FrontendOptions.defaults());
                BlkDriver driver = new BlkDriver(frontend, 0, BLOCK)) {
            for (int i = 0; ; i++) {
                int at = i * BLOCK % model.length;
                byte[] block = new byte[BLOCK];
                new Random(i).nextBytes(block);
                try {
                    driver.write(at, MemorySegment.ofArray(block));
                } catch (BackendDisconnected e) {
                    return at;
                }
                System.arraycopy(block, 0, model, at, BLOCK);
                if (i == WRITES_BEFORE_SIGNAL) {
                    end.run();
                }
            }
        }
    }

    @Test
    void endsAQuickstartThatKeepsServing() throws Exception {
        Process process = start("quickstart", "--keep");
        try (BufferedReader lines = process.inputReader()) {
            String line = await(lines, "until Ctrl-C");
            Path folder = Path.of(line.split(" ", -1)[1]).getParent();
            assertTrue(Files.exists(folder));
            signal(process, "TERM");
            assertEquals(0, process.waitFor());
            assertFalse(Files.exists(folder));
        } finally {
            process.destroyForcibly();
        }
    }
}
