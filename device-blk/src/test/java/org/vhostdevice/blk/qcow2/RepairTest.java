package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.blk.storage.FilterStorage;
import org.vhostdevice.blk.storage.Storage;
import org.vhostdevice.core.memory.IoBuffers;

/// Images that were not closed.
class RepairTest {
    private static final int CLUSTER = 65_536;

    private static ImageModel image(int version, boolean lazy) throws IOException {
        var options = new Qcow2CreateOptions(8 << 20, version, CLUSTER, 16, false, lazy, false, null, null);
        return new ImageModel(options, new byte[0]);
    }

    private static boolean dirty(Storage file) throws IOException {
        return Header.read(new HostFile(file)).has(Feature.DIRTY);
    }

    @ParameterizedTest
    @CsvSource({"3, false, true", "3, true, true", "2, false, false"})
    void anImageIsDirtyFromTheFirstChangeOfItsMetadataUntilItIsClosed(int version, boolean lazy, boolean marked)
            throws Exception {
        ImageModel image = image(version, lazy);
        Images.readAll(image.disk());
        image.disk().flush();
        assertEquals(false, dirty(image.file()), "nothing has changed");
        Images.write(image.disk(), 0, new byte[] {1});
        image.disk().flush();
        assertEquals(marked, dirty(image.file()), "a cluster was allocated");
        image.reopen();
        assertEquals(false, dirty(image.file()), "closed");
        Images.write(image.disk(), 0, new byte[] {2});
        image.disk().flush();
        assertEquals(false, dirty(image.file()), "data was written in place");
        image.disk().discard(0, CLUSTER);
        image.disk().flush();
        assertEquals(marked, dirty(image.file()), "a cluster was given up");
        image.close();
        assertEquals(false, dirty(image.file()), "closed again");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theMarkIsDurableBeforeAnythingThatCounts(boolean lazy) throws Exception {
        ImageModel image = image(3, lazy);
        Images.write(image.disk(), 0, new byte[] {1});
        image.file().startLog();
        image.disk().flush();
        List<MemoryStorage.Op> log = image.file().log();
        var mark = assertInstanceOf(MemoryStorage.Op.Write.class, log.getFirst());
        assertEquals(0, mark.offset());
        assertInstanceOf(MemoryStorage.Op.Flush.class, log.get(1));
        image.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anImageWhoseProcessWasKilledHasNoLeaksOnceItWasOpened(boolean lazy) throws Exception {
        ImageModel image = image(3, lazy);
        Images.write(image.disk(), 0, new byte[4 * CLUSTER]);
        image.disk().flush();
        image.disk().discard(0, 2 * CLUSTER);
        image.disk().resize(100L << 30); // the L1 table has another place
        image.disk().flush();
        var killed = new MemoryStorage(image.file().contents(), false);
        assertTrue(dirty(killed));
        var again = new ImageModel(killed, new byte[0], new byte[0]);
        assertEquals(100L << 30, again.disk().size());
        assertEquals(false, dirty(killed), "repaired");
        ImageModel.assertSound(killed, true);
        again.close();
        image.close();
    }

    @Test
    void aBackingFileThatWasNotClosedIsReadAsItIs() throws Exception {
        ImageModel base = image(3, false);
        Images.write(base.disk(), 100, new byte[] {1, 2, 3});
        base.disk().flush();
        byte[] killed = base.file().contents();
        var file = MemoryStorage.empty();
        Qcow2Image.create(file, Qcow2CreateOptions.of(8 << 20).over("base.qcow2", "qcow2"));
        var below = new MemoryStorage(killed.clone(), true);
        try (Qcow2Image disk = Qcow2Image.open(file, Qcow2Options.of(ImageModel.PATH, false), path -> below)) {
            assertArrayEquals(new byte[] {1, 2, 3}, Images.read(disk, 100, 3));
        }
        assertArrayEquals(killed, below.contents());
        base.close();
    }

    /// A file that is said to be very large, with zeros where nothing is.
    private static final class Vast extends FilterStorage {
        Vast(MemoryStorage inner) {
            super(inner);
        }

        @Override
        public long size() {
            return 1L << 43;
        }

        @Override
        public void read(long offset, IoBuffers into, long position, long bytes) throws IOException {
            if (offset < inner().size()) {
                super.read(offset, into, position, bytes);
            } else {
                into.zero(position, bytes);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anImageOfTooManyClustersStaysDirtyAndIsUsedIfItsCountsWereWrittenInTime(boolean lazy) throws Exception {
        ImageModel image = image(3, lazy);
        image.disk().resize(1L << 43);
        for (int table = 0; table < 10; table++) {
            Images.write(image.disk(), ((long) table << 29) + CLUSTER, new byte[] {1});
        }
        image.disk().close();
        ByteBuffer bytes = ByteBuffer.wrap(image.file().contents());
        bytes.putLong(Header.INCOMPATIBLE_AT, Feature.DIRTY.bit());
        int l1 = (int) Header.read(new HostFile(image.file())).l1Offset();
        for (int table = 0; table < 10; table++) {
            int l2 = (int) (bytes.getLong(l1 + 8 * table) & Geometry.OFFSET);
            for (int i = 2; i < CLUSTER / 8; i++) {
                bytes.putLong(l2 + 8 * i, (table * 8192L + i) << 26); // each in a page of counts of its own
            }
        }
        var file = new MemoryStorage(bytes.array().clone(), false);
        var options = Qcow2Options.of(ImageModel.PATH, false);
        if (lazy) {
            assertThrows(
                    References.TooManyException.class,
                    () -> causeOf(() -> Qcow2Image.open(new Vast(file), options, MemoryStorage.opener())));
            assertArrayEquals(bytes.array(), file.contents());
            return;
        }
        try (Qcow2Image disk = Qcow2Image.open(new Vast(file), options, MemoryStorage.opener())) {
            assertArrayEquals(new byte[] {1}, Images.read(disk, CLUSTER, 1));
            assertArrayEquals(bytes.array(), file.contents());
            disk.writeZeroes(CLUSTER, CLUSTER, false);
            disk.flush();
        }
        assertTrue(dirty(file));
    }

    private interface Opening {
        void open() throws IOException;
    }

    private static void causeOf(Opening opening) throws Throwable {
        try {
            opening.open();
        } catch (IOException e) {
            throw e.getCause();
        }
    }

    @Test
    void referencesAreCountedUpToTheLargestNumber() throws Exception {
        var references = new References(16);
        references.add(CLUSTER, 2 * CLUSTER, 1);
        references.add(2 * CLUSTER, 1, 127);
        references.add(3 * CLUSTER, 1, Integer.MAX_VALUE);
        references.add(3 * CLUSTER, 1, Integer.MAX_VALUE);
        int[] found = new int[5];
        Arrays.setAll(found, references::get);
        assertArrayEquals(new int[] {0, 1, 128, Integer.MAX_VALUE, 0}, found);
        assertEquals(4, references.end());
        assertTrue(references.any(3, 1000));
        assertEquals(false, references.any(4, 100_000));
    }
}
