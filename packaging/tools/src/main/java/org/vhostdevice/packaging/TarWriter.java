package org.vhostdevice.packaging;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/// Writes a tar archive in the format of POSIX (ustar), whose files are all of root and of one time.
final class TarWriter implements AutoCloseable {
    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final int CHECKSUM = 148;

    private final OutputStream out;
    private final long seconds;

    /// Begins an archive.
    ///
    /// @param seconds the time of all files, since 1970
    TarWriter(OutputStream out, long seconds) {
        this.out = out;
        this.seconds = seconds;
    }

    /// Adds an entry.
    ///
    /// @param name its path, at most 100 bytes, or 255 if it can be divided at a slash
    /// @throws IOException if it cannot be written
    void add(String name, TreeEntry entry) throws IOException {
        switch (entry) {
            case TreeEntry.File(byte[] bytes, boolean executable) -> {
                out.write(header(name, executable ? 0755 : 0644, bytes.length, '0', ""));
                out.write(bytes);
                out.write(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
            }
            case TreeEntry.Link(String target) -> out.write(header(name, 0755, 0, '2', target));
        }
    }

    private byte[] header(String path, int mode, int size, char type, String target) {
        int cut = path.length() <= NAME ? 0 : path.indexOf('/', path.length() - NAME - 1);
        byte[] header = new byte[BLOCK];
        put(header, 0, path.substring(cut == 0 ? 0 : cut + 1));
        put(header, 100, octal(mode, 7));
        put(header, 108, octal(0, 7));
        put(header, 116, octal(0, 7));
        put(header, 124, octal(size, 11));
        put(header, 136, octal(seconds, 11));
        Arrays.fill(header, CHECKSUM, CHECKSUM + 8, (byte) ' ');
        header[156] = (byte) type;
        put(header, 157, target);
        put(header, 257, "ustar\0" + "00");
        put(header, 265, "root");
        put(header, 297, "wheel");
        put(header, 345, path.substring(0, cut));
        int sum = 0;
        for (byte one : header) {
            sum += Byte.toUnsignedInt(one);
        }
        put(header, CHECKSUM, octal(sum, 6) + "\0 ");
        return header;
    }

    private static String octal(long number, int digits) {
        return String.format(Locale.ROOT, "%0" + digits + "o", number);
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    /// Ends the archive, and what it is written to.
    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.close();
    }
}
