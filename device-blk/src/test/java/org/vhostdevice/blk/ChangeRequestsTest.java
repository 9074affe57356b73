package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.vhostdevice.blk.BlkRig.IOERR;
import static org.vhostdevice.blk.BlkRig.OK;
import static org.vhostdevice.blk.BlkRig.T_DISCARD;
import static org.vhostdevice.blk.BlkRig.T_OUT;
import static org.vhostdevice.blk.BlkRig.T_WRITE_ZEROES;
import static org.vhostdevice.blk.BlkRig.UNSUPP;
import static org.vhostdevice.blk.BlkRig.request;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.blk.queue.EngineKind;
import org.vhostdevice.blk.queue.WriteCache;
import org.vhostdevice.blk.storage.FileSpec;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.core.sys.Capability;

@DisplayName("VIRTIO 1.4, 5.2.6: discard, write zeroes, and what writes are like")
class ChangeRequestsTest {
    private static final int SECTORS = 64;
    private static final long FLUSH = BlkFeature.FLUSH.mask();
    private static final long WCE = BlkFeature.CONFIG_WCE.mask();
    private static final long CHANGES = FLUSH | BlkFeature.DISCARD.mask() | BlkFeature.WRITE_ZEROES.mask();

    private final TestStorage storage = new TestStorage(SECTORS * 512, false);
    private BlkRig rig;

    @BeforeEach
    void fill() throws Exception {
        Arrays.fill(storage.medium, (byte) 1);
        rig = rig(CHANGES);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private BlkRig rig(long features) throws Exception {
        return new BlkRig(storage, EngineKind.THREADS, features);
    }

    private static byte[] ranges(long... sectorCountFlags) {
        ByteBuffer bytes = ByteBuffer.allocate(sectorCountFlags.length / 3 * 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < sectorCountFlags.length; i += 3) {
            bytes.putLong(sectorCountFlags[i])
                    .putInt((int) sectorCountFlags[i + 1])
                    .putInt((int) sectorCountFlags[i + 2]);
        }
        return bytes.array();
    }

    private int send(int type, long... ranges) throws Exception {
        BlkRig.Outcome outcome = rig.send(request(type, 0, ranges(ranges)), 1);
        assertEquals(1, outcome.used());
        return outcome.status();
    }

    @Test
    void discardedRangesGoToTheMedium() throws Exception {
        byte[] after = storage.medium.clone();
        Arrays.fill(after, 512, 3 * 512, TestStorage.DISCARDED);
        Arrays.fill(after, 60 * 512, 64 * 512, TestStorage.DISCARDED);
        assertEquals(OK, send(T_DISCARD, 1, 2, 0, 60, 4, 0, 5, 0, 0));
        assertArrayEquals(after, storage.medium);
    }

    @Test
    void b7ZeroedRangesReadAsZerosWhetherTheyMayBeUnmappedOrNot() throws Exception {
        byte[] after = storage.medium.clone();
        Arrays.fill(after, 512, 3 * 512, (byte) 0);
        Arrays.fill(after, 10 * 512, 11 * 512, (byte) 0);
        assertEquals(OK, send(T_WRITE_ZEROES, 1, 2, 0, 10, 1, 1));
        assertArrayEquals(after, storage.medium);
        assertEquals(1, storage.unmapped);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 0x80000000, -1})
    void b5UnknownFlagsAreUnsupported(int flags) throws Exception {
        byte[] before = storage.medium.clone();
        assertEquals(UNSUPP, send(T_DISCARD, 1, 1, 0, 2, 1, flags));
        assertEquals(UNSUPP, send(T_WRITE_ZEROES, 1, 1, 0, 2, 1, flags));
        assertArrayEquals(before, storage.medium);
    }

    @Test
    void b6DiscardWithUnmapIsUnsupported() throws Exception {
        assertEquals(UNSUPP, send(T_DISCARD, 1, 1, 1));
    }

    @Test
    void oneRangeOutsideLeavesTheMediumUntouched() throws Exception {
        byte[] before = storage.medium.clone();
        for (int type : new int[] {T_DISCARD, T_WRITE_ZEROES}) {
            assertEquals(IOERR, send(type, 1, 1, 0, SECTORS, 1, 0));
            assertEquals(IOERR, send(type, 1, 1, 0, SECTORS - 1, 2, 0));
            assertEquals(IOERR, send(type, 1, 1, 0, -1, 1, 0));
            assertEquals(IOERR, send(type, 1, 1, 0, 0, -1, 0));
            assertEquals(IOERR, send(type, 1, 1, 0, Long.MAX_VALUE, 1, 0));
        }
        assertArrayEquals(before, storage.medium);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 17, 33 * 16})
    void rangesThatAreCutOrTooManyFail(int bytes) throws Exception {
        byte[] before = storage.medium.clone();
        assertEquals(IOERR, rig.send(request(T_DISCARD, 0, new byte[bytes]), 1).status());
        assertEquals(
                IOERR, rig.send(request(T_WRITE_ZEROES, 0, new byte[bytes]), 1).status());
        assertArrayEquals(before, storage.medium);
    }

    @Test
    void requestsOfFeaturesThatTheDriverLacksAreUnsupported() throws Exception {
        rig.close();
        rig = rig(FLUSH);
        assertEquals(UNSUPP, send(T_DISCARD, 1, 1, 0));
        assertEquals(UNSUPP, send(T_WRITE_ZEROES, 1, 1, 0));
    }

    @Test
    void b4ReadOnlyMediaRefuseBoth() throws Exception {
        try (BlkRig readOnly = new BlkRig(new TestStorage(SECTORS * 512, true), EngineKind.THREADS, CHANGES)) {
            assertEquals(
                    IOERR,
                    readOnly.send(request(T_DISCARD, 0, ranges(1, 1, 0)), 1).status());
            assertEquals(
                    IOERR,
                    readOnly.send(request(T_WRITE_ZEROES, 0, ranges(1, 1, 0)), 1)
                            .status());
        }
    }

    @Test
    void b9WritesAreDurableAtOnceUnlessTheDriverFlushes() throws Exception {
        rig.close();
        rig = rig(0);
        assertEquals(OK, rig.send(request(T_OUT, 0, new byte[512]), 1).status());
        assertEquals(1, storage.flushes);
        rig.close();
        rig = rig(BlkFeature.WRITE_ZEROES.mask());
        assertEquals(OK, send(T_WRITE_ZEROES, 1, 1, 0));
        assertEquals(2, storage.flushes);
        rig.close();
        rig = rig(FLUSH);
        assertEquals(OK, rig.send(request(T_OUT, 0, new byte[512]), 1).status());
        assertEquals(2, storage.flushes);
    }

    @Test
    void b9DriverThatControlsTheCacheDecides() throws Exception {
        WriteCache cache = new WriteCache(true);
        rig.close();
        rig = new BlkRig(storage, EngineKind.THREADS, FLUSH | WCE, cache);
        assertEquals(OK, rig.send(request(T_OUT, 0, new byte[512]), 1).status());
        assertEquals(0, storage.flushes);
        cache.setWriteback(false);
        assertEquals(OK, rig.send(request(T_OUT, 0, new byte[512]), 1).status());
        assertEquals(1, storage.flushes);
    }

    @Test
    void hostThatWritesThroughDoesSoForDriversWithoutControl() throws Exception {
        rig.close();
        rig = new BlkRig(storage, EngineKind.THREADS, FLUSH, new WriteCache(false));
        assertEquals(OK, rig.send(request(T_OUT, 0, new byte[512]), 1).status());
        assertEquals(1, storage.flushes);
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void filesLoseAndKeepTheRightBytes(EngineKind engine, @TempDir Path folder) throws Exception {
        assumeTrue(engine != EngineKind.IO_URING || Capability.IO_URING.available(), "the host has io_uring");
        byte[] content = new byte[1 << 20];
        Arrays.fill(content, (byte) 3);
        Path file = Files.write(folder.resolve("disk.img"), content);
        try (FileStorage image = FileStorage.open(new FileSpec(file, false));
                BlkRig onFile = new BlkRig(image, engine, CHANGES)) {
            byte[] zeroes = request(T_WRITE_ZEROES, 0, ranges(3, 100, 1, 200, 1, 0, 256, 512, 0));
            assertEquals(OK, onFile.send(zeroes, 1).status());
            assertEquals(
                    OK,
                    onFile.send(request(T_DISCARD, 0, ranges(1024, 256, 0)), 1).status());
        }
        Arrays.fill(content, 3 * 512, 103 * 512, (byte) 0);
        Arrays.fill(content, 200 * 512, 201 * 512, (byte) 0);
        Arrays.fill(content, 256 * 512, 768 * 512, (byte) 0);
        byte[] after = Files.readAllBytes(file);
        assertEquals(content.length, after.length);
        assertArrayEquals(Arrays.copyOf(content, 1024 * 512), Arrays.copyOf(after, 1024 * 512));
        int kept = 1280 * 512;
        assertArrayEquals(
                Arrays.copyOfRange(content, kept, content.length), Arrays.copyOfRange(after, kept, after.length));
    }
}
