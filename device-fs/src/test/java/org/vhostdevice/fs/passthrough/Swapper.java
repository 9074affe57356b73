package org.vhostdevice.fs.passthrough;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.TreeCalls;

/// Another process of the host that changes a shared directory all the time: names change places, so that what was a
/// directory a moment ago is a symbolic link out of it now.
final class Swapper {
    private Swapper() {}

    /// Runs until standard input ends.
    ///
    /// @param args the directory, and pairs of names in it
    public static void main(String[] args) throws Exception {
        Thread ends = Thread.ofPlatform().start(() -> {
            try {
                while (System.in.read() >= 0) {
                    // nothing is said
                }
            } catch (IOException e) {
                // it has ended, too
            }
            Runtime.getRuntime().halt(0);
        });
        try (Arena arena = Arena.ofShared();
                OwnedFd directory = FileIo.openDirectory(Path.of(args[0]))) {
            MemorySegment[] names = new MemorySegment[args.length - 1];
            for (int i = 0; i < names.length; i++) {
                names[i] = arena.allocateFrom(args[i + 1]);
            }
            System.out.println("swapping");
            for (int i = 0; ends.isAlive(); i = (i + 2) % names.length) {
                int fd = directory.number();
                TreeCalls.rename(fd, names[i], fd, names[i + 1], TreeCalls.RENAME_EXCHANGE);
            }
        }
    }
}
