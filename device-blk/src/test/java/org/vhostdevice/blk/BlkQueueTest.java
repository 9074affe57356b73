package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.vhostdevice.blk.BlkRig.IOERR;
import static org.vhostdevice.blk.BlkRig.OK;
import static org.vhostdevice.blk.BlkRig.T_FLUSH;
import static org.vhostdevice.blk.BlkRig.T_GET_ID;
import static org.vhostdevice.blk.BlkRig.T_IN;
import static org.vhostdevice.blk.BlkRig.T_OUT;
import static org.vhostdevice.blk.BlkRig.UNSUPP;
import static org.vhostdevice.blk.BlkRig.UNTOUCHED;
import static org.vhostdevice.blk.BlkRig.request;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.blk.BlkRig.Outcome;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.testkit.TestRing.Layout;

@DisplayName("VIRTIO 1.4, 5.2.6: block requests")
class BlkQueueTest {
    private static final int SECTORS = 64;
    private static final int STATUS = 1;

    private final TestStorage backend = new TestStorage(SECTORS * 512, false);
    private BlkRig rig;

    @BeforeEach
    void openRig() throws Exception {
        rig = new BlkRig(backend, true);
        for (int i = 0; i < backend.medium.length; i++) {
            backend.medium[i] = (byte) (i / 512 + i);
        }
    }

    @AfterEach
    void closeRig() {
        rig.close();
    }

    private static byte[] sectors(int count, int value) {
        byte[] bytes = new byte[count * 512];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private byte[] medium(int sector, int count) {
        return Arrays.copyOfRange(backend.medium, sector * 512, (sector + count) * 512);
    }

    @Test
    void readGivesTheSectorsAndCountsDataAndStatus() throws Exception {
        Outcome outcome = rig.send(request(T_IN, 3), 1024 + STATUS);
        assertEquals(OK, outcome.status());
        assertEquals(1025, outcome.used());
        assertArrayEquals(medium(3, 2), outcome.data());
    }

    @Test
    void writeChangesTheSectorsAndNoOthers() throws Exception {
        byte[] expected = backend.medium.clone();
        Arrays.fill(expected, 5 * 512, 7 * 512, (byte) 9);
        Outcome outcome = rig.send(request(T_OUT, 5, sectors(2, 9)), STATUS);
        assertEquals(OK, outcome.status());
        assertEquals(1, outcome.used());
        assertArrayEquals(expected, backend.medium);
    }

    @ParameterizedTest(name = "S1: header cut after {0} and {1} bytes, status in the data''s piece or alone")
    @CsvSource({"1,2", "4,8", "7,16", "8,9", "15,16"})
    void s1HeaderAndStatusMayLieInAnyPieces(int first, int second) throws Exception {
        int[] header = {first, second - first, 16 - second};
        byte[] in = request(T_IN, 1);
        for (Layout layout : Layout.values()) {
            assertArrayEquals(
                    medium(1, 1), rig.send(in, header, new int[] {513}, layout).data());
            Outcome split = rig.send(in, header, new int[] {1, 0, 511, 1}, layout);
            assertEquals(OK, split.status());
            assertArrayEquals(medium(1, 1), split.data());
        }
        byte[] out = request(T_OUT, 2, sectors(1, first));
        int[] together = {first, second - first, 16 - second + 100, 412};
        assertEquals(OK, rig.send(out, together, new int[] {0, 1}, Layout.MIXED).status());
        assertArrayEquals(sectors(1, first), medium(2, 1));
    }

    @Test
    void sectorsBeyondTheLastOfAnOddMediumAreOutOfRange() throws Exception {
        assertEquals(OK, rig.send(request(T_IN, SECTORS - 1), 513).status());
        assertEquals(OK, rig.send(request(T_IN, SECTORS), STATUS).status());
        assertEquals(IOERR, rig.send(request(T_IN, SECTORS - 1), 1025).status());
    }

    @ParameterizedTest(name = "B13: sector {0}")
    @ValueSource(longs = {SECTORS, SECTORS + 1, Long.MAX_VALUE, Long.MIN_VALUE, -1, 1L << 55, (1L << 55) - 1})
    void b13RequestsBeyondTheCapacityFailAndTouchNothing(long sector) throws Exception {
        byte[] before = backend.medium.clone();
        Outcome read = rig.send(request(T_IN, sector), 512 + STATUS);
        assertEquals(IOERR, read.status());
        assertEquals(0, read.used(), "S9: nothing was written before the status");
        assertEquals(UNTOUCHED, read.writable()[0]);
        Outcome write = rig.send(request(T_OUT, sector, sectors(1, 1)), STATUS);
        assertEquals(IOERR, write.status());
        assertEquals(1, write.used());
        assertArrayEquals(before, backend.medium);
    }

    @ParameterizedTest(name = "B15: {0} bytes")
    @ValueSource(ints = {1, 511, 513, 1023})
    void b15LengthsThatAreNoMultipleOf512FailAndTouchNothing(int length) throws Exception {
        byte[] before = backend.medium.clone();
        Outcome read = rig.send(request(T_IN, 0), length + STATUS);
        assertEquals(IOERR, read.status());
        assertEquals(0, read.used());
        assertEquals(
                IOERR, rig.send(request(T_OUT, 0, new byte[length]), STATUS).status());
        assertArrayEquals(before, backend.medium);
    }

    @Test
    void transfersWithoutDataSucceed() throws Exception {
        assertEquals(OK, rig.send(request(T_IN, 0), STATUS).status());
        assertEquals(OK, rig.send(request(T_OUT, 0), STATUS).status());
    }

    @Test
    void b4WriteToAReadOnlyDeviceFailsAndWritesNothing() throws Exception {
        TestStorage readOnly = new TestStorage(512, true);
        try (BlkRig other = new BlkRig(readOnly, true)) {
            Outcome outcome = other.send(request(T_OUT, 0, sectors(1, 1)), STATUS);
            assertEquals(IOERR, outcome.status());
            assertArrayEquals(new byte[512], readOnly.medium);
            assertEquals(OK, other.send(request(T_IN, 0), 513).status());
            assertEquals(OK, other.send(request(T_FLUSH, 0), STATUS).status());
            assertEquals(0, readOnly.flushes);
        }
    }

    @Test
    void b9aWithoutFlushNegotiatedEveryWriteIsStableWhenItCompletes() throws Exception {
        try (BlkRig writeThrough = new BlkRig(backend, false)) {
            for (int i = 1; i <= 3; i++) {
                assertEquals(
                        OK,
                        writeThrough
                                .send(request(T_OUT, i, sectors(1, i)), STATUS)
                                .status());
                assertEquals(0, backend.writesSinceFlush);
                assertEquals(i, backend.flushes);
            }
        }
    }

    @Test
    void b9aWithoutFlushNegotiatedAWriteFailsIfItCannotBeMadeStable() throws Exception {
        backend.flushesFail = true;
        try (BlkRig writeThrough = new BlkRig(backend, false)) {
            assertEquals(
                    IOERR,
                    writeThrough.send(request(T_OUT, 0, sectors(1, 1)), STATUS).status());
        }
    }

    @Test
    void b9cFlushMakesEarlierWritesStable() throws Exception {
        assertEquals(OK, rig.send(request(T_OUT, 0, sectors(1, 1)), STATUS).status());
        assertEquals(OK, rig.send(request(T_OUT, 1, sectors(1, 2)), STATUS).status());
        assertEquals(2, backend.writesSinceFlush);
        Outcome flush = rig.send(request(T_FLUSH, 0), STATUS);
        assertEquals(OK, flush.status());
        assertEquals(1, flush.used());
        assertEquals(0, backend.writesSinceFlush);
    }

    @Test
    void b9cFailedFlushIsReported() throws Exception {
        backend.flushesFail = true;
        assertEquals(IOERR, rig.send(request(T_FLUSH, 0), STATUS).status());
    }

    @Test
    void b14GetIdGivesTwentyBytesPaddedWithNul() throws Exception {
        Outcome outcome = rig.send(request(T_GET_ID, 0), 20 + STATUS);
        assertEquals(OK, outcome.status());
        assertEquals(21, outcome.used());
        assertEquals("serial-7" + "\0".repeat(12), new String(outcome.data(), StandardCharsets.US_ASCII));
    }

    @Test
    void b14GetIdFillsShortBuffersAndLeavesTheRestOfLongOnes() throws Exception {
        Outcome small = rig.send(request(T_GET_ID, 0), 6 + STATUS);
        assertEquals("serial", new String(small.data(), StandardCharsets.US_ASCII));
        assertEquals(7, small.used());
        Outcome large = rig.send(request(T_GET_ID, 0), 30 + STATUS);
        assertEquals(OK, large.status());
        assertEquals(20, large.used(), "S9: the bytes from 20 to 29 were not written");
        assertEquals(UNTOUCHED, large.writable()[20]);
    }

    @ParameterizedTest(name = "type {0}")
    @ValueSource(ints = {2, 3, 5, 6, 7, 9, 14, 15, 16, 18, 20, 22, 24, 26, -1, 0x01000000, 0x80000000})
    void unknownTypesAreUnsupported(int type) throws Exception {
        Outcome plain = rig.send(request(type, 0), STATUS);
        assertEquals(UNSUPP, plain.status());
        assertEquals(1, plain.used());
        Outcome withData = rig.send(request(type, 0), 512 + STATUS);
        assertEquals(UNSUPP, withData.status());
        assertEquals(0, withData.used());
    }

    @ParameterizedTest(name = "{0} bytes of header")
    @ValueSource(ints = {0, 1, 8, 15})
    void shortHeadersComeBackAsFailed(int length) throws Exception {
        Outcome outcome = rig.send(Arrays.copyOf(request(T_IN, 0), length), 512 + STATUS);
        assertEquals(IOERR, outcome.status());
        assertEquals(0, outcome.used());
        assertEquals(UNTOUCHED, outcome.writable()[0]);
    }

    @Test
    void requestsWithoutRoomForTheStatusComeBackAndDoNothing() throws Exception {
        byte[] before = backend.medium.clone();
        assertEquals(0, rig.send(request(T_OUT, 0, sectors(1, 1)), 0).used());
        assertEquals(0, rig.send(request(T_FLUSH, 0), 0).used());
        assertArrayEquals(before, backend.medium);
        assertEquals(0, backend.flushes);
        assertEquals(OK, rig.send(request(T_IN, 0), 513).status());
    }

    @Test
    void s9ReadThatFailsHalfwayCountsNoData() throws Exception {
        backend.failNext(new ErrnoException("preadv", Errno.EIO.number()), 700);
        Outcome outcome = rig.send(request(T_IN, 0), 1024 + STATUS);
        assertEquals(IOERR, outcome.status());
        assertEquals(0, outcome.used());
    }

    @Test
    void writeThatDoesNotFitOnTheHostFailsAndTheNextOneIsServed() throws Exception {
        backend.failNext(new ErrnoException("pwritev", Errno.ENOSPC.number()), 512);
        assertEquals(IOERR, rig.send(request(T_OUT, 0, sectors(2, 7)), STATUS).status());
        assertEquals(OK, rig.send(request(T_OUT, 0, sectors(2, 8)), STATUS).status());
        assertArrayEquals(sectors(2, 8), medium(0, 2));
    }

    @Test
    void s9StatusBehindUnusedRoomIsTheLastByte() throws Exception {
        Outcome outcome = rig.send(request(T_OUT, 0, sectors(1, 3)), 9 + STATUS);
        assertEquals(OK, outcome.status());
        assertEquals(0, outcome.used());
        assertEquals(UNTOUCHED, outcome.writable()[8]);
    }
}
