package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.vhostdevice.blk.BlkRig.IOERR;
import static org.vhostdevice.blk.BlkRig.OK;
import static org.vhostdevice.blk.BlkRig.T_OUT;
import static org.vhostdevice.blk.BlkRig.request;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.vhostdevice.blk.queue.DetectZeroes;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.EngineKind;
import org.vhostdevice.blk.queue.OnEnospc;
import org.vhostdevice.blk.queue.Throttle;
import org.vhostdevice.blk.storage.ProbedRaw;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;

/// What options make of certain requests.
class PolicyTest {
    private final TestStorage storage = new TestStorage(64 * 512, false);

    private BlkRig rig(DetectZeroes detectZeroes, OnEnospc onEnospc) throws Exception {
        return new BlkRig(storage, new Disk.Policy(true, detectZeroes, onEnospc, EngineKind.THREADS), null);
    }

    private static int write(BlkRig rig, byte... data) throws Exception {
        return rig.send(request(T_OUT, 0, data), 1).status();
    }

    @Test
    void writesOfZerosAreZeroedWhereThatIsWanted() throws Exception {
        byte[] zeroes = new byte[8192];
        try (BlkRig off = rig(DetectZeroes.OFF, OnEnospc.REPORT)) {
            assertEquals(OK, write(off, zeroes));
            assertEquals(0, storage.zeroed);
        }
        try (BlkRig on = rig(DetectZeroes.ON, OnEnospc.REPORT)) {
            assertEquals(OK, write(on, zeroes));
            assertEquals(1, storage.zeroed);
            assertEquals(0, storage.unmapped);
        }
        try (BlkRig unmap = rig(DetectZeroes.UNMAP, OnEnospc.REPORT)) {
            assertEquals(OK, write(unmap, zeroes));
            assertEquals(1, storage.unmapped);
            byte[] almost = new byte[8192];
            almost[8191] = 1;
            assertEquals(OK, write(unmap, almost));
            assertEquals(1, storage.unmapped);
            assertEquals(1, storage.medium[8191]);
        }
    }

    @Test
    void writeWithoutRoomFailsOrWaits() throws Exception {
        IOException full = new ErrnoException("pwritev", Errno.ENOSPC.number());
        byte[] data = new byte[512];
        data[5] = 5;
        try (BlkRig report = rig(DetectZeroes.OFF, OnEnospc.REPORT)) {
            storage.failNext(full, 0);
            assertEquals(IOERR, write(report, data));
        }
        try (BlkRig stop = rig(DetectZeroes.OFF, OnEnospc.STOP)) {
            storage.failNext(full, 0);
            assertEquals(OK, write(stop, data));
            assertEquals(5, storage.medium[5]);
            storage.failNext(new ErrnoException("pwritev", Errno.EIO.number()), 0);
            assertEquals(IOERR, write(stop, data), "other failures are reported");
        }
    }

    @Test
    void probedRawImageNeverLooksLikeAnotherFormat() throws Exception {
        byte[] header = new byte[1024];
        header[0] = 'Q';
        header[1] = 'F';
        header[2] = 'I';
        header[3] = (byte) 0xfb;
        header[7] = 3;
        try (BlkRig rig = new BlkRig(new ProbedRaw(storage), Disk.Policy.DEFAULT, null)) {
            byte[] before = storage.medium.clone();
            assertEquals(IOERR, write(rig, header));
            assertArrayEquals(before, storage.medium);
            assertEquals(OK, rig.send(request(T_OUT, 1, header), 1).status(), "elsewhere it is data");
            header[0] = 'q';
            assertEquals(OK, write(rig, header));
            assertEquals('q', storage.medium[0]);
            assertEquals((byte) 0xfb, storage.medium[3]);
        }
    }

    @Test
    void throttledQueueGoesOnWhenItMay() throws Exception {
        Throttle throttle = new Throttle(new Throttle.Limits(100, 1, 0, 0), System.nanoTime());
        try (BlkRig rig = new BlkRig(storage, Disk.Policy.DEFAULT, throttle)) {
            for (int i = 0; i < 5; i++) {
                assertEquals(OK, write(rig, new byte[512]));
            }
        }
    }
}
