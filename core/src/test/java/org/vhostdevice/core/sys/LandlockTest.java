package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.sys.Landlock.Access;

class LandlockTest {
    @TempDir
    private Path folder;

    /// Something with files.
    private interface Attempt {
        void make() throws IOException;
    }

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(Landlock.possible(), "Landlock");
        for (String name : List.of("kept", "kept/sub", "read", "other")) {
            Files.createDirectory(folder.resolve(name));
            Files.writeString(folder.resolve(name).resolve("file"), "text");
        }
    }

    private static boolean succeeds(Attempt attempt) {
        try {
            attempt.make();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void list(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            assertNotNull(files);
        }
    }

    private List<Boolean> results() {
        Path kept = folder.resolve("kept");
        Path read = folder.resolve("read");
        Path other = folder.resolve("other");
        return List.of(
                succeeds(() -> Files.writeString(kept.resolve("new"), "more")),
                succeeds(() -> Files.move(kept.resolve("new"), kept.resolve("sub/moved"))),
                succeeds(() -> Files.delete(kept.resolve("sub/moved"))),
                succeeds(() -> Files.readString(read.resolve("file"))),
                succeeds(() -> Files.writeString(read.resolve("file"), "text")),
                succeeds(() -> list(other)),
                succeeds(() -> Files.readString(other.resolve("file"))),
                succeeds(() -> Files.writeString(other.resolve("file"), "text")),
                succeeds(() -> Files.move(kept.resolve("file"), other.resolve("moved"))));
    }

    private List<Boolean> resultsOfAThreadWithLess() throws IOException {
        try (Landlock landlock = Landlock.prepare()) {
            landlock.keep(folder.resolve("kept"), Access.CHANGE);
            landlock.keep(folder.resolve("read"), Access.READ);
            Isolation.forbidNewPrivileges();
            landlock.giveUpOthers();
            return results();
        }
    }

    @Test
    void aThreadHasWhatItKeepsAndOthersHaveAll() throws Exception {
        var task = new FutureTask<>(this::resultsOfAThreadWithLess);
        new Thread(task).start();
        assertEquals(List.of(true, true, true, true, false, false, false, false, false), task.get());
        assertEquals(List.of(true, true, true, true, true, true, true, true, true), results());
    }
}
