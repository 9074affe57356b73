package org.vhostdevice.cli.guest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpioWriterTest {
    private static final int HEADER = 110;

    private record Entry(String name, int mode, String content) {}

    @Test
    void everyEntryIsReadBackWithItsNameModeAndContent() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (CpioWriter writer = new CpioWriter(bytes)) {
            writer.folder("bin");
            writer.file("bin/sh", "12345".getBytes(US_ASCII), true);
            writer.file("empty", new byte[0], false);
        }
        assertEquals(
                List.of(
                        new Entry("bin", 0040755, ""),
                        new Entry("bin/sh", 0100755, "12345"),
                        new Entry("empty", 0100644, ""),
                        new Entry("TRAILER!!!", 0, "")),
                read(bytes.toByteArray()));
    }

    /// Reads an archive as cpio(5) describes the format: header and name together, and content, padded to four bytes.
    private static List<Entry> read(byte[] archive) {
        List<Entry> entries = new ArrayList<>();
        int position = 0;
        while (position < archive.length) {
            assertEquals("070701", new String(archive, position, 6, US_ASCII));
            int nameSize = field(archive, position, 11);
            int size = field(archive, position, 6);
            int content = padded(position + HEADER + nameSize);
            entries.add(new Entry(
                    new String(archive, position + HEADER, nameSize - 1, US_ASCII),
                    field(archive, position, 1),
                    new String(archive, content, size, US_ASCII)));
            position = padded(content + size);
        }
        assertEquals(archive.length, position);
        return entries;
    }

    private static int field(byte[] archive, int entry, int index) {
        return Integer.parseInt(new String(archive, entry + 6 + 8 * index, 8, US_ASCII), 16);
    }

    private static int padded(int position) {
        return (position + 3) & ~3;
    }
}
