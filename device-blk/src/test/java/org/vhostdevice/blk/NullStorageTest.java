package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.vhostdevice.blk.storage.NullStorage;

/// A disk without a medium.
class NullStorageTest {
    private static final long BYTES = 1 << 20;
    private static final long SECTORS = BYTES / 512;

    @Test
    void requestsAreDoneAndTouchNoData() throws Exception {
        try (BlkRig rig = new BlkRig(new NullStorage(BYTES, false), true)) {
            assertEquals(
                    BlkRig.OK,
                    rig.send(BlkRig.request(BlkRig.T_OUT, 3, new byte[512]), 1).status());
            BlkRig.Outcome read = rig.send(BlkRig.request(BlkRig.T_IN, SECTORS - 1), 513);
            assertEquals(BlkRig.OK, read.status());
            assertEquals(513, read.used());
            byte[] untouched = new byte[512];
            Arrays.fill(untouched, BlkRig.UNTOUCHED);
            assertArrayEquals(untouched, read.data());
            assertEquals(
                    BlkRig.OK, rig.send(BlkRig.request(BlkRig.T_FLUSH, 0), 1).status());
        }
    }

    @Test
    void theSizeAndReadOnlyAreObeyed() throws Exception {
        try (BlkRig rig = new BlkRig(new NullStorage(BYTES, true), true)) {
            assertEquals(
                    BlkRig.IOERR,
                    rig.send(BlkRig.request(BlkRig.T_IN, SECTORS), 513).status());
            assertEquals(
                    BlkRig.IOERR,
                    rig.send(BlkRig.request(BlkRig.T_OUT, 0, new byte[512]), 1).status());
            assertEquals(
                    BlkRig.OK, rig.send(BlkRig.request(BlkRig.T_IN, 0), 513).status());
        }
    }
}
