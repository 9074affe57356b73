package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Images that say what cannot be, or need what is not there, are refused and not made worse.
class HostileImageTest {
    private static final int CLUSTER = 65_536;
    private static final int L1 = 3 * CLUSTER;
    private static final int REFCOUNTS = 2 * CLUSTER;

    private MemoryStorage file;
    private ByteBuffer bytes;

    @BeforeEach
    void makeAnImage() throws Exception {
        file = MemoryStorage.empty();
        Qcow2Image.create(file, Qcow2CreateOptions.of(1 << 20));
        try (Qcow2Image disk = open(false)) {
            Images.write(disk, 0, new byte[] {1, 2, 3});
        }
        bytes = ByteBuffer.wrap(file.contents());
    }

    private Qcow2Image open(boolean readOnly) throws IOException {
        return Qcow2Image.open(file, Qcow2Options.of(ImageModel.PATH, readOnly), path -> {
            throw new IOException("no " + path);
        });
    }

    /// Opens what [#bytes] has become.
    private Qcow2Image openChanged(boolean readOnly) throws IOException {
        file = new MemoryStorage(bytes.array().clone(), false);
        return open(readOnly);
    }

    private void assertRefused(String why) {
        byte[] before = bytes.array().clone();
        for (boolean readOnly : new boolean[] {true, false}) {
            var refusal = assertThrows(IOException.class, () -> openChanged(readOnly));
            assertTrue(refusal.getMessage().contains(why), refusal::getMessage);
            assertArrayEquals(before, file.contents(), "the file as it was");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4, 0, not a qcow2 image",
        "4, 4, 1, version 1",
        "4, 4, 4, version 4",
        "20, 4, 8, cluster_bits",
        "20, 4, 22, cluster_bits",
        "20, 4, -1, cluster_bits",
        "24, 8, -1, the disk's size",
        "24, 8, 9223372036854775807, L1 table",
        "24, 8, 536870913, L1 table",
        "32, 4, 1, encrypted",
        "32, 4, 2, encrypted",
        "36, 4, -1, L1 table",
        "36, 4, 4194305, L1 table",
        "36, 4, 0, L1 table",
        "40, 8, 12345, L1 table",
        "40, 8, 0, L1 table",
        "40, 8, -65536, L1 table",
        "40, 8, 1099511627776, L1 table",
        "48, 8, 513, refcount table",
        "56, 4, 129, refcount table",
        "56, 4, -1, refcount table",
        "60, 4, 65537, snapshots",
        "60, 4, -1, snapshots",
        "60, 4, 1, snapshot",
        "64, 8, 77, snapshot table",
        "72, 8, 4, data file",
        "72, 8, 8, compression type",
        "72, 8, 32, bit 5",
        "72, 8, -9223372036854775808, bit 63",
        "96, 4, 7, refcount_order",
        "96, 4, -1, refcount_order",
        "100, 4, 103, header_length",
        "100, 4, 65544, header_length",
        "100, 4, -8, header_length",
        "104, 1, 1, compression type",
        "104, 1, 2, compression type",
        "16, 12, 0, backing",
    })
    void aHeaderThatCannotBeIsRefused(int at, int width, long value, String why) {
        if (width == 12) {
            bytes.putLong(8, 512).putInt(16, 1024);
        } else if (width == 8) {
            bytes.putLong(at, value);
        } else if (width == 4) {
            bytes.putInt(at, (int) value);
        } else {
            bytes.put(at, (byte) value);
        }
        assertRefused(why);
    }

    @Test
    void anExtensionThatIsTooLongIsRefused() {
        bytes.putInt(112, 0x12345678).putInt(116, CLUSTER);
        assertRefused("extension");
    }

    @Test
    void aNameOfABackingFileOutsideTheHeaderIsRefused() {
        bytes.putLong(8, CLUSTER - 3).putInt(16, 4);
        assertRefused("name of the backing file");
    }

    @Test
    void aFileThatEndsInItsHeaderIsRefused() {
        bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), 80));
        assertRefused("");
    }

    @Test
    void aCorruptImageOpensForReadingOnly() throws Exception {
        bytes.putLong(72, 2);
        assertThrows(IOException.class, () -> openChanged(false));
        try (Qcow2Image disk = openChanged(true)) {
            assertArrayEquals(new byte[] {1, 2, 3}, Images.read(disk, 0, 3));
        }
    }

    @Test
    void anUnknownAutoclearBitIsClearedWhenTheImageIsOpenedForWriting() throws Exception {
        bytes.putLong(88, 1L << 40 | 1);
        openChanged(true).close();
        assertEquals(1L << 40 | 1, ByteBuffer.wrap(file.contents()).getLong(88));
        openChanged(false).close();
        assertEquals(0, ByteBuffer.wrap(file.contents()).getLong(88));
    }

    @ParameterizedTest
    @CsvSource({"0", "131072", "196608"})
    void metadataOverMetadataIsRefusedForWriting(long l2) throws Exception {
        if (l2 == 0) {
            bytes.putLong(CLUSTER, L1); // a refcount block over the L1 table
        } else {
            bytes.putLong(L1, l2 | Geometry.COPIED);
        }
        var refusal = assertThrows(IOException.class, () -> openChanged(false));
        assertTrue(refusal.getMessage().contains("corrupt"), refusal::getMessage);
        assertArrayEquals(bytes.array(), file.contents());
    }

    /// A data cluster that is metadata, has no references, is not aligned or lies outside the file.
    @ParameterizedTest
    @CsvSource({"0, 0", "0, 196608", "0, 65536", "0, 512", "0, 1099511627776", "1, 0"})
    void dataWhereNoneCanBeMakesTheImageCorruptAndIsNotWritten(int kind, long data) throws Exception {
        int l2 = (int) (bytes.getLong(L1) & Geometry.OFFSET);
        if (kind == 0) {
            bytes.putLong(l2, data | Geometry.COPIED | (data == 0 ? Geometry.ZERO << 9 : 0));
        } else {
            int cluster = (int) ((bytes.getLong(l2) & Geometry.OFFSET) / CLUSTER);
            bytes.putShort(REFCOUNTS + 2 * cluster, (short) 0);
        }
        Qcow2Image disk = openChanged(false);
        assertThrows(IOException.class, () -> Images.write(disk, 0, new byte[] {9}));
        assertThrows(IOException.class, () -> Images.write(disk, 500_000, new byte[] {9}));
        assertThrows(IOException.class, disk::flush);
        assertThrows(IOException.class, () -> disk.writeZeroes(0, CLUSTER, true));
        disk.close();
        ByteBuffer after = ByteBuffer.wrap(file.contents());
        assertEquals(2, after.getLong(72), "the corrupt bit alone");
        after.putLong(72, 0);
        assertArrayEquals(bytes.array(), Arrays.copyOf(after.array(), bytes.capacity()));
    }

    @Test
    void aFreeClusterThatHoldsMetadataIsNotGivenOut() throws Exception {
        bytes.putShort(REFCOUNTS + 2 * 3, (short) 0); // the L1 table's
        Qcow2Image disk = openChanged(false);
        assertThrows(IOException.class, () -> Images.write(disk, 300_000, new byte[] {9}));
        assertEquals(2, ByteBuffer.wrap(file.contents()).getLong(72));
        disk.close();
    }

    @Test
    void aReadOnlyImageIsNeverMarked() throws Exception {
        int l2 = (int) (bytes.getLong(L1) & Geometry.OFFSET);
        bytes.putLong(l2, 1L << 40);
        try (Qcow2Image disk = openChanged(true)) {
            assertThrows(IOException.class, () -> Images.read(disk, 0, 1));
            assertThrows(IOException.class, () -> Images.write(disk, 0, new byte[1]));
            assertThrows(IOException.class, () -> disk.resize(2 << 20));
            disk.flush();
        }
        assertArrayEquals(bytes.array(), file.contents());
    }

    @Test
    void aCompressedClusterThatIsMalformedFailsReadsOfItOnly() throws Exception {
        int l2 = (int) (bytes.getLong(L1) & Geometry.OFFSET);
        bytes.putLong(l2 + 8, Geometry.COMPRESSED | L1);
        bytes.putLong(l2 + 16, Geometry.COMPRESSED | (1L << 40));
        try (Qcow2Image disk = openChanged(true)) {
            assertThrows(IOException.class, () -> Images.read(disk, CLUSTER, 1));
            assertThrows(IOException.class, () -> Images.read(disk, 2 * CLUSTER, 1));
            assertArrayEquals(new byte[] {1}, Images.read(disk, 0, 1));
        }
    }

    @Test
    void aDirtyImageIsRepairedWhenItIsOpenedForWriting() throws Exception {
        bytes.putLong(72, 1);
        for (int i = 0; i < 64; i++) {
            bytes.putShort(REFCOUNTS + 2 * i, (short) (i % 3));
        }
        try (Qcow2Image disk = openChanged(true)) {
            assertArrayEquals(new byte[] {1, 2, 3}, Images.read(disk, 0, 3));
        }
        assertArrayEquals(bytes.array(), file.contents());
        openChanged(false).close();
        Qcow2Check check = Qcow2Check.of(file);
        assertEquals(List.of(), check.errors());
        assertEquals(0, check.leaks());
        assertFalse(Header.read(new HostFile(file)).has(Feature.DIRTY));
    }

    @Test
    void aDirtyImageWhoseTablesAreWrongIsNotRepaired() {
        bytes.putLong(72, 1);
        bytes.putLong(L1, 1L << 40);
        var refusal = assertThrows(IOException.class, () -> openChanged(false));
        assertTrue(refusal.getMessage().contains("corrupt"), refusal::getMessage);
        assertArrayEquals(bytes.array(), file.contents());
    }
}
