package org.vhostdevice.fs.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.sys.Landlock;
import org.vhostdevice.core.sys.Landlock.Access;

/// Keeps a process to the files of the shared directory and what the JVM is made of, without any privilege.
final class Fence {
    private static final Path OWN_PROCESS = Path.of("/proc/self");

    private Fence() {}

    /// Takes all other files from the calling thread, and from what it is started anew as.
    ///
    /// @param directory what is shared
    /// @throws IOException if the host refuses
    static void enter(Path directory) throws IOException {
        try (Landlock landlock = Landlock.prepare()) {
            landlock.keep(directory, Access.CHANGE);
            landlock.keep(OWN_PROCESS, Access.READ);
            List<Path> program = new ArrayList<>(ProgramFiles.LIBRARIES);
            program.addAll(ProgramFiles.parts());
            keep(landlock, program, Access.RUN);
            keep(landlock, ProgramFiles.DEVICES, Access.CHANGE);
            landlock.giveUpOthers();
        }
    }

    private static void keep(Landlock landlock, List<Path> paths, Access access) throws IOException {
        for (Path path : paths) {
            if (Files.exists(path)) {
                landlock.keep(path, access);
            }
        }
    }
}
