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
import static org.vhostdevice.blk.BlkRig.request;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.blk.BlkRig.Outcome;
import org.vhostdevice.blk.queue.EngineKind;
import org.vhostdevice.blk.storage.FileSpec;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.testkit.Seeded;

/// Random requests, good and bad, cut at random, against a model that is an array of bytes.
@DisplayName("B13, B14, B15, S1, S9: random requests against a model")
@ExtendWith(Seeded.class)
class RandomRequestsTest {
    private static final int SECTORS = 100;
    private static final int REQUESTS = 200;
    private static final int MAX_SECTORS = 24;
    private static final Errno[] FAULTS = {Errno.EIO, Errno.ENOSPC, Errno.EFAULT};

    private final byte[] model = new byte[SECTORS * 512];

    /// One request of the driver.
    private record Call(int type, long sector, int bytes) {
        static Call random(RandomGenerator random) {
            int[] types = {T_IN, T_IN, T_IN, T_OUT, T_OUT, T_OUT, T_FLUSH, T_GET_ID, random.nextInt()};
            int type = types[random.nextInt(types.length)];
            long sector = random.nextInt(20) == 0 ? random.nextLong() : random.nextInt(SECTORS + 2);
            int bytes = random.nextInt(10) == 0 ? random.nextInt(MAX_SECTORS * 512) : random.nextInt(MAX_SECTORS) * 512;
            return new Call(type, sector, bytes);
        }

        boolean fits() {
            return bytes % 512 == 0 && sector >= 0 && sector <= SECTORS && sector + bytes / 512 <= SECTORS;
        }

        int offset() {
            return (int) sector * 512;
        }

        Outcome send(BlkRig rig, byte[] data, RandomGenerator random) throws Exception {
            return type == T_OUT
                    ? rig.send(request(type, sector, data), 1, random)
                    : rig.send(request(type, sector), bytes + 1, random);
        }
    }

    @RepeatedTest(12)
    void imageHoldsWhatTheModelHolds(RandomGenerator random, @TempDir Path folder) throws Exception {
        Path file = folder.resolve("disk.img");
        EngineKind engine = random.nextBoolean() ? EngineKind.AUTO : EngineKind.THREADS;
        long features = random.nextBoolean() ? BlkFeature.FLUSH.mask() : 0;
        boolean direct = random.nextBoolean() && DirectIo.works(folder);
        FileSpec spec = new FileSpec(file, false, model.length, direct, true, true);
        try (FileStorage image = FileStorage.open(spec);
                BlkRig rig = new BlkRig(image, engine, features)) {
            for (int i = 0; i < REQUESTS; i++) {
                check(Call.random(random), rig, random);
            }
        }
        assertArrayEquals(model, Files.readAllBytes(file));
    }

    @RepeatedTest(20)
    void faultsOfTheHostCostTheRequestOnly(RandomGenerator random) throws Exception {
        TestStorage backend = new TestStorage(model.length, false);
        try (BlkRig rig = new BlkRig(backend, true)) {
            for (int i = 0; i < REQUESTS; i++) {
                Call call = Call.random(random);
                boolean transfer = call.type() == T_IN || call.type() == T_OUT;
                if (random.nextInt(4) == 0 && transfer && call.fits() && call.bytes() > 0) {
                    checkFault(call, rig, backend, random);
                } else {
                    check(call, rig, random);
                }
            }
        }
        assertArrayEquals(model, backend.medium);
    }

    private void checkFault(Call call, BlkRig rig, TestStorage backend, RandomGenerator random) throws Exception {
        int moved = random.nextInt(call.bytes() + 1);
        Errno errno = FAULTS[random.nextInt(FAULTS.length)];
        backend.failNext(new ErrnoException("test", errno.number()), moved);
        byte[] data = new byte[call.bytes()];
        random.nextBytes(data);
        Outcome outcome = call.send(rig, data, random);
        assertEquals(IOERR, outcome.status());
        assertEquals(outcome.writable().length == 1 ? 1 : 0, outcome.used());
        if (call.type() == T_OUT) {
            System.arraycopy(data, 0, model, call.offset(), moved);
        }
    }

    private void check(Call call, BlkRig rig, RandomGenerator random) throws Exception {
        byte[] data = new byte[call.bytes()];
        random.nextBytes(data);
        Outcome outcome = call.send(rig, data, random);
        int status = status(call);
        assertEquals(status, outcome.status(), call.toString());
        int written = 0;
        if (status == OK && call.type() == T_IN) {
            written = call.bytes();
            byte[] expected = Arrays.copyOfRange(model, call.offset(), call.offset() + call.bytes());
            assertArrayEquals(expected, outcome.data());
        } else if (status == OK && call.type() == T_OUT) {
            System.arraycopy(data, 0, model, call.offset(), data.length);
        } else if (call.type() == T_GET_ID) {
            written = Math.min(20, call.bytes());
        }
        boolean withoutGap = written == outcome.writable().length - 1;
        assertEquals(written + (withoutGap ? 1 : 0), outcome.used(), call.toString());
        for (int i = written; i < outcome.writable().length - 1; i++) {
            assertEquals(BlkRig.UNTOUCHED, outcome.writable()[i]);
        }
    }

    private static int status(Call call) {
        return switch (call.type()) {
            case T_IN, T_OUT -> call.fits() ? OK : IOERR;
            case T_FLUSH, T_GET_ID -> OK;
            default -> UNSUPP;
        };
    }
}
