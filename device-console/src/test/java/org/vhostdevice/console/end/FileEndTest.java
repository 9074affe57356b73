package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.console.end.EndOptions.Rotation;
import org.vhostdevice.core.testkit.CapturedLog;

/// Files that output is added to.
class FileEndTest {
    @TempDir
    private Path folder;

    @RegisterExtension
    private final CapturedLog log = new CapturedLog();

    private HostEnd open(Rotation rotation) throws Exception {
        EndOptions options = new EndOptions("", TelnetMode.OFF, 0, 1, 0, rotation, null);
        return Backend.parse("file:" + folder.resolve("out")).open(options);
    }

    private String content(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    @Test
    void outputIsAddedToWhatIsThere() throws Exception {
        Files.writeString(folder.resolve("out"), "old ");
        try (TestLoop loop = new TestLoop();
                HostEnd end = open(Rotation.NONE)) {
            end.start(loop, loop);
            end.wantInput(true);
            assertEquals(0, end.read(MemorySegment.ofArray(new byte[1])));
            assertTrue(TestOutput.of("new").writeTo(end));
            assertEquals("old new", content("out"));
            assertEquals(List.of("opened"), loop.told());
        }
    }

    @Test
    void newFileIsBegunAtASize() throws Exception {
        try (HostEnd end = open(new Rotation(10, 2, false))) {
            for (String each : List.of("aaaaaa", "bbbb", "cccccc", "dddddddddddddd", "e")) {
                assertTrue(TestOutput.of(each).writeTo(end));
            }
            assertEquals("e", content("out"));
            assertEquals("dddddddddddddd", content("out.1"));
            assertEquals("cccccc", content("out.2"));
            assertFalse(Files.exists(folder.resolve("out.3")));
        }
    }

    @Test
    void withoutOlderFilesTheFileIsBegunAgain() throws Exception {
        try (HostEnd end = open(new Rotation(4, 0, false))) {
            assertTrue(TestOutput.of("abcd").writeTo(end));
            assertTrue(TestOutput.of("ef").writeTo(end));
            assertEquals("ef", content("out"));
            assertFalse(Files.exists(folder.resolve("out.1")));
        }
    }

    @Test
    void fileThatSomebodyRenamedIsBegunAgainOnDemand() throws Exception {
        try (HostEnd end = open(Rotation.NONE)) {
            assertTrue(TestOutput.of("a").writeTo(end));
            Path _ = Files.move(folder.resolve("out"), folder.resolve("moved"));
            assertTrue(TestOutput.of("b").writeTo(end));
            end.reopen();
            assertTrue(TestOutput.of("c").writeTo(end));
            assertEquals("ab", content("moved"));
            assertEquals("c", content("out"));
        }
    }

    @Test
    void fileThatCannotBeOpenedAgainLosesOutputOnly() throws Exception {
        try (HostEnd end = open(Rotation.NONE)) {
            Files.delete(folder.resolve("out"));
            Path _ = Files.createDirectory(folder.resolve("out"));
            end.reopen();
            end.reopen();
            assertTrue(TestOutput.of("lost").writeTo(end));
            assertEquals(1, log.count("out"));
        }
    }

    @Test
    void whatIsNoFileIsRefused() {
        EndOptions options = EndOptions.DEFAULT;
        assertThrows(IOException.class, () -> Backend.parse("file:" + folder).open(options));
        var e = assertThrows(
                IOException.class, () -> Backend.parse("file:/dev/null").open(options));
        assertTrue(String.valueOf(e.getMessage()).contains("character device"), e.getMessage());
    }

    @Test
    void linesGetTheirTime() throws Exception {
        try (HostEnd end = open(new Rotation(0, 0, true))) {
            assertTrue(TestOutput.of("one\ntw").writeTo(end));
            assertTrue(TestOutput.of("o\n\nthree").writeTo(end));
        }
        String time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ";
        assertTrue(
                content("out").matches(time + "one\n" + time + "two\n" + time + "\n" + time + "three"), content("out"));
    }

    @Test
    void logHasExactlyWhatTheOtherEndTook() throws Exception {
        byte[] much = new byte[100_000];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) (i / 7);
        }
        FileSink sink = FileSink.open(new FileSink.Options(folder.resolve("log"), 0, 0, false));
        HostEnd half = new HostEnd() {
            @Override
            public void start(EndContext context, EndEvents events) {}

            @Override
            public long write(Output output) {
                return Math.min(output.length(), 30_000);
            }

            @Override
            public void close() {}
        };
        try (HostEnd end = new LoggedEnd(half, sink)) {
            TestOutput output = new TestOutput(much);
            while (!output.writeTo(end)) {
                assertEquals(output.taken(), Files.size(folder.resolve("log")));
            }
        }
        assertTrue(Arrays.equals(much, Files.readAllBytes(folder.resolve("log"))));
    }
}
