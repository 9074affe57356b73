package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Writes a cpio archive in the `newc` format, the one that the Linux kernel unpacks as its first root file system.
///
/// Owners are root, times are zero. Folders must be added before what lies in them.
final class CpioWriter implements AutoCloseable {
    private static final int FOLDER = 0040755;
    private static final int FILE = 0100000;
    private static final int ALIGNMENT = 4;

    private final OutputStream out;
    private long position;
    private int inode = 1;

    /// @param out receives the archive; closed with this writer
    CpioWriter(OutputStream out) {
        this.out = out;
    }

    /// @param name path without a leading slash
    void folder(String name) throws IOException {
        entry(name, FOLDER, new byte[0]);
    }

    /// @param name path without a leading slash
    /// @param executable whether its mode is 0755 rather than 0644
    void file(String name, byte[] content, boolean executable) throws IOException {
        entry(name, FILE | (executable ? 0755 : 0644), content);
    }

    private void entry(String name, int mode, byte[] content) throws IOException {
        byte[] nameBytes = (name + '\0').getBytes(StandardCharsets.UTF_8);
        // Fields: inode, mode, owner, group, links, time, size, device (2), special device (2), name size, checksum.
        int[] fields = {inode++, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0};
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append(String.format("%08X", field));
        }
        write(header.toString().getBytes(StandardCharsets.US_ASCII));
        write(nameBytes);
        pad();
        write(content);
        pad();
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        position += bytes.length;
    }

    private void pad() throws IOException {
        write(new byte[Math.floorMod(-position, ALIGNMENT)]);
    }

    @Override
    public void close() throws IOException {
        try (out) {
            entry("TRAILER!!!", 0, new byte[0]);
        }
    }
}
