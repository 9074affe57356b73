package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PtyEndTest {
    @TempDir
    private Path folder;

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        }
    }

    @Test
    void linkReplacesAnOldOneAndIsRemovedAtTheEnd() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("tty"), Path.of("/nowhere"));
        try (PtyEnd end = new PtyEnd("port", link)) {
            assertEquals(end.path(), Files.readSymbolicLink(link));
            assertTrue(Files.exists(end.path()));
            assertEquals(List.of("tty"), files());
        }
        assertFalse(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void linkThatSomebodyElseHasMadeMeanwhileStays() throws IOException {
        Path link = folder.resolve("tty");
        try (PtyEnd _ = new PtyEnd("port", link)) {
            Files.delete(link);
            var _ = Files.createSymbolicLink(link, Path.of("/nowhere"));
        }
        assertEquals(Path.of("/nowhere"), Files.readSymbolicLink(link));
    }

    @Test
    void otherFilesAreNotReplaced() throws IOException {
        Path link = Files.writeString(folder.resolve("tty"), "mine");
        IOException e = assertThrows(IOException.class, () -> make(link));
        assertEquals(link + " exists and is no symbolic link", e.getMessage());
        assertEquals("mine", Files.readString(link));
    }

    private static void make(Path link) throws IOException {
        try (PtyEnd end = new PtyEnd("port", link)) {
            throw new AssertionError(end.path());
        }
    }
}
