package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.blk.storage.DirectStorage;
import org.vhostdevice.blk.storage.FileSpec;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.blk.storage.Storage;

/// Images in files of the host.
class ImageOnFileTest {
    private static final int CLUSTER = 64 << 10;

    @TempDir
    private Path folder;

    private Qcow2Image open(Path path, boolean readOnly) throws IOException {
        return Qcow2Image.open(
                FileStorage.open(new FileSpec(path, readOnly)),
                Qcow2Options.of(path, readOnly),
                backing -> FileStorage.open(new FileSpec(backing, true)));
    }

    private Path create(String name, Qcow2CreateOptions options) throws IOException {
        Path path = folder.resolve(name);
        try (var file = FileStorage.open(new FileSpec(path, false, 512, false, true, true))) {
            Qcow2Image.create(file, options);
        }
        return path;
    }

    @Test
    void anImageOverAnotherKeepsWhatIsWrittenAndTheFileIsNoLargerThanItNeeds() throws Exception {
        Path base = create("base.qcow2", Qcow2CreateOptions.of(8 << 20));
        byte[] bytes = new byte[3 * CLUSTER];
        Arrays.fill(bytes, (byte) 6);
        try (Qcow2Image disk = open(base, false)) {
            Images.write(disk, CLUSTER / 2, bytes);
        }
        assertEquals(9 * CLUSTER, Files.size(base), "header, table, block, L1, L2 and four clusters of data");
        Path top = create("top.qcow2", Qcow2CreateOptions.of(16 << 20).over("base.qcow2", "qcow2"));
        byte[] expected = new byte[16 << 20];
        System.arraycopy(bytes, 0, expected, CLUSTER / 2, bytes.length);
        try (Qcow2Image disk = open(top, false)) {
            Images.assertSame(expected, Images.readAll(disk));
            Images.write(disk, 10 << 20, bytes);
            disk.writeZeroes(CLUSTER, CLUSTER, true);
        }
        System.arraycopy(bytes, 0, expected, 10 << 20, bytes.length);
        Arrays.fill(expected, CLUSTER, 2 * CLUSTER, (byte) 0);
        try (Qcow2Image disk = open(top, true)) {
            Images.assertSame(expected, Images.readAll(disk));
        }
    }

    @Test
    void discardsGiveTheHostItsRoomBack() throws Exception {
        Path path = create("disk.qcow2", Qcow2CreateOptions.of(8 << 20));
        try (Qcow2Image disk = open(path, false)) {
            Images.write(disk, 0, new byte[4 << 20]);
            Images.write(disk, 6 << 20, new byte[] {1});
            disk.flush();
            long before = room(path);
            disk.discard(0, 4 << 20);
            disk.flush();
            disk.flush();
            assertTrue(room(path) <= before - (4 << 20), "room of the file");
        }
    }

    /// Bytes of a file that take room.
    private static long room(Path path) throws IOException {
        long room = 0;
        try (FileStorage file = FileStorage.open(new FileSpec(path, true, 0, false, false, true))) {
            for (long at = 0; at < file.size(); ) {
                Storage.Extent extent = file.extent(at, file.size() - at);
                room += extent.kind() == Storage.Extent.Kind.DATA ? extent.bytes() : 0;
                at += extent.bytes();
            }
        }
        return room;
    }

    @Test
    void findingDataAllocatesNothing() throws Exception {
        Path path = create("disk.qcow2", Qcow2CreateOptions.of(8 << 20));
        try (Qcow2Image disk = open(path, false)) {
            Images.write(disk, 0, new byte[1 << 20]);
            assertNotEquals(DirectStorage.ELSEWHERE, disk.locate(4096, 4096, true));
            locate(disk, 50_000);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadAllocatedBytes();
            locate(disk, 50_000);
            assertTrue(threads.getCurrentThreadAllocatedBytes() - before < 10_000, "bytes for 50,000 times");
        }
    }

    private static void locate(Qcow2Image disk, int times) {
        for (int i = 0; i < times; i++) {
            int use = disk.enter();
            assertTrue(disk.locate(i % 64 * 4096L, 4096, (i & 1) != 0) > 0);
            disk.leave(use);
        }
    }
}
