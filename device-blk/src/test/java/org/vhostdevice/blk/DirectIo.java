package org.vhostdevice.blk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OpenMode;

/// Whether files can be used past the page cache, which not every file system lets.
final class DirectIo {
    private DirectIo() {}

    static boolean works(Path folder) throws IOException {
        Path probe = Files.createTempFile(folder, "probe", "");
        try {
            FileIo.openDirect(probe, OpenMode.READ_WRITE).close();
            return true;
        } catch (IOException e) {
            return false;
        } finally {
            Files.delete(probe);
        }
    }
}
