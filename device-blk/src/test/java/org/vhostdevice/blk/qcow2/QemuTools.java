package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Runs QEMU's tools for images.
final class QemuTools {
    private static final Path IMG = Path.of("/usr/bin/qemu-img");
    private static final Path IO = Path.of("/usr/bin/qemu-io");

    private static final int LEAKS = 3;

    private QemuTools() {}

    static void assume() {
        assumeTrue(
                Files.isExecutable(IMG) && Files.isExecutable(IO),
                "qemu-img and qemu-io are needed: package qemu-utils");
    }

    /// Whether an image has no errors; leaks are none.
    static void assertSound(Path image) throws Exception {
        Process process = new ProcessBuilder(IMG.toString(), "check", image.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        assertTrue(status == 0 || status == LEAKS, () -> status + ": " + output);
    }

    static String img(Object... arguments) throws Exception {
        return run(IMG, arguments);
    }

    static String io(Object... arguments) throws Exception {
        return run(IO, arguments);
    }

    /// What the disk of an image is, as QEMU reads it.
    static byte[] contents(Path image) throws Exception {
        Path raw = Files.createTempFile(image.getParent(), "raw", "");
        img("convert", "-O", "raw", image, raw);
        byte[] bytes = Files.readAllBytes(raw);
        Files.delete(raw);
        return bytes;
    }

    private static String run(Path tool, Object... arguments) throws IOException, InterruptedException {
        List<String> command = Stream.concat(Stream.of(tool), Stream.of(arguments))
                .map(Object::toString)
                .toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + "\n" + output);
        return output;
    }
}
