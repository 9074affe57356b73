package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.BlkDisk.question;
import static org.vhostdevice.core.check.BlkDisk.segment;
import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// Block devices: requests that change the medium. They use its first sectors.
final class BlkWriteChecks {
    private static final String OPERATION = "VIRTIO 1.4, 5.2.6.2";
    private static final String REQUESTS = "VIRTIO 1.4, 5.2.6";
    private static final Need WRITABLE = Need.without(BlkBits.RO, "RO");
    private static final Need CONFIG = Need.protocol(ProtocolFeature.CONFIG);
    private static final Need DISCARD = Need.feature(BlkBits.DISCARD, "DISCARD");
    private static final Need ZEROES = Need.feature(BlkBits.WRITE_ZEROES, "WRITE_ZEROES");
    private static final Need FLUSH = Need.feature(BlkBits.FLUSH, "FLUSH");
    private static final long RANGES = BlkBits.DISCARD | BlkBits.WRITE_ZEROES | BlkBits.SECURE_ERASE;
    private static final int SECTOR = BlkBits.SECTOR;
    private static final int UNMAP = 1;
    private static final int UNKNOWN_FLAG = 1 << 5;
    private static final int SECTORS = 8;

    static final List<Check> CHECKS = Check.alsoNeeding(
            Need.DESTRUCTIVE,
            Check.alsoNeeding(
                    WRITABLE,
                    List.of(
                            must("B19a", REQUESTS, "what was written is read", BlkWriteChecks::written),
                            must(
                                    "B19b",
                                    REQUESTS,
                                    "a write cut into any pieces writes the same",
                                    BlkWriteChecks::framing),
                            must(
                                            "B5a",
                                            OPERATION,
                                            "discard with unknown flags is not supported",
                                            rig -> unknownFlag(rig, BlkBits.DISCARD_REQUEST))
                                    .needing(DISCARD),
                            must(
                                            "B5b",
                                            OPERATION,
                                            "write zeroes with unknown flags is not supported",
                                            rig -> unknownFlag(rig, BlkBits.WRITE_ZEROES_REQUEST))
                                    .needing(ZEROES),
                            must(
                                            "B5c",
                                            OPERATION,
                                            "secure erase with unknown flags is not supported",
                                            rig -> unknownFlag(rig, BlkBits.SECURE_ERASE_REQUEST))
                                    .needing(Need.feature(BlkBits.SECURE_ERASE, "SECURE_ERASE")),
                            must(
                                            "B6",
                                            OPERATION,
                                            "discard with the unmap flag is not supported",
                                            BlkWriteChecks::unmapDiscard)
                                    .needing(DISCARD),
                            must("B7a", OPERATION, "after write zeroes zeroes are read", rig -> zeroes(rig, 0))
                                    .needing(ZEROES),
                            must("B7b", OPERATION, "also with the unmap flag", rig -> zeroes(rig, UNMAP))
                                    .needing(ZEROES),
                            should(
                                            "B13b",
                                            OPERATION,
                                            "a write beyond the capacity fails and touches nothing",
                                            BlkWriteChecks::beyond)
                                    .needing(CONFIG),
                            should(
                                    "B15b",
                                    REQUESTS,
                                    "a write of no multiple of 512 bytes fails and touches nothing",
                                    BlkWriteChecks::odd),
                            must(
                                            "B9a",
                                            OPERATION,
                                            "without FLUSH negotiated a completed write outlives a kill",
                                            BlkWriteChecks::stable)
                                    .needing(FLUSH, Need.RESTART),
                            must(
                                            "B9c",
                                            OPERATION,
                                            "a completed flush makes writes outlive a kill",
                                            BlkWriteChecks::flushed)
                                    .needing(FLUSH, Need.RESTART),
                            must(
                                    "U2b",
                                    "vhost-user, Ring states",
                                    "a write on a disabled ring is not executed",
                                    BlkWriteChecks::disabled))));

    private BlkWriteChecks() {}

    private static BlkDisk disk(Rig rig) throws IOException {
        return new BlkDisk(rig.started(rig.plan().with(RANGES)));
    }

    /// Bytes that were not there before.
    private static byte[] fresh(BlkDisk disk, int sectors) throws IOException {
        byte[] data = disk.read(0, sectors * SECTOR);
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (data[i] * 31 + i + 1 + i / SECTOR);
        }
        return data;
    }

    private static void requireRead(BlkDisk disk, byte[] expected, String what) throws IOException {
        CheckEnded.require(Arrays.equals(expected, disk.read(0, expected.length)), what, "other data is read");
    }

    private static void written(Rig rig) throws IOException {
        BlkDisk disk = disk(rig);
        byte[] data = fresh(disk, SECTORS);
        disk.write(0, data);
        requireRead(disk, data, "what was written");
        requireRead(disk(rig), data, "what was written, for the next front end too");
    }

    private static void framing(Rig rig) throws IOException {
        BlkDisk disk = new BlkDisk(rig.started(rig.plan().withRingSize(128)));
        for (int[] lengths : new int[][] {{Integer.MAX_VALUE}, {16, SECTOR}, {7, 9, 100, 412}, {17, 1023}}) {
            byte[] data = fresh(disk, 2);
            BlkDisk.Answer answer = disk.execute(question(BlkBits.OUT, 0, data), 0, lengths);
            CheckEnded.requireEqual(
                    "status of a write in pieces of " + Arrays.toString(lengths), BlkBits.OK, answer.status());
            requireRead(disk, data, "what was written in pieces of " + Arrays.toString(lengths));
        }
    }

    private static void unknownFlag(Rig rig, int type) throws IOException {
        requireUnsupported(rig, type, UNKNOWN_FLAG);
    }

    private static void unmapDiscard(Rig rig) throws IOException {
        requireUnsupported(rig, BlkBits.DISCARD_REQUEST, UNMAP);
    }

    private static void requireUnsupported(Rig rig, int type, int flags) throws IOException {
        BlkDisk disk = disk(rig);
        byte[] data = fresh(disk, SECTORS);
        disk.write(0, data);
        BlkDisk.Answer _ = disk.require(
                BlkBits.UNSUPP,
                "request " + type + " with flags 0x" + Integer.toHexString(flags),
                question(type, 0, segment(0, SECTORS, flags)),
                0);
        requireRead(disk, data, "what was there before the request that is not supported");
    }

    private static void zeroes(Rig rig, int flags) throws IOException {
        BlkDisk disk = disk(rig);
        byte[] data = fresh(disk, SECTORS + 1);
        disk.write(0, data);
        BlkDisk.Answer _ = disk.require(
                BlkBits.OK, "write zeroes", question(BlkBits.WRITE_ZEROES_REQUEST, 0, segment(0, SECTORS, flags)), 0);
        Arrays.fill(data, 0, SECTORS * SECTOR, (byte) 0);
        requireRead(disk, data, "zeroes, and behind them what was there");
    }

    private static void beyond(Rig rig) throws IOException {
        BlkDisk disk = disk(rig);
        long capacity = BlkChecks.capacity(rig);
        byte[] before = disk.read(capacity - 1, SECTOR);
        byte[] data = new byte[2 * SECTOR];
        Arrays.fill(data, (byte) ~before[0]);
        BlkDisk.Answer _ =
                disk.require(BlkBits.IOERR, "a write across the end", question(BlkBits.OUT, capacity - 1, data), 0);
        CheckEnded.require(
                Arrays.equals(before, disk.read(capacity - 1, SECTOR)),
                "the last sector stays as it is",
                "it was written");
        BlkDisk.Answer _ = disk.require(BlkBits.IOERR, "a write behind the end", question(BlkBits.OUT, -1, data), 0);
    }

    private static void odd(Rig rig) throws IOException {
        BlkDisk disk = disk(rig);
        byte[] before = disk.read(0, SECTORS * SECTOR);
        byte[] data = Arrays.copyOf(fresh(disk, 1), SECTOR - 1);
        BlkDisk.Answer answer = disk.execute(question(BlkBits.OUT, 0, data), 0);
        CheckEnded.require(answer.status() != BlkBits.OK, "a write of 511 bytes fails", "status " + answer.status());
        requireRead(disk, before, "what was there before");
    }

    private static void stable(Rig rig) throws IOException {
        BlkDisk disk = new BlkDisk(rig.started(rig.plan().without(BlkBits.FLUSH)));
        byte[] data = fresh(disk, SECTORS);
        disk.write(0, data);
        requireOutlivesKill(rig, data);
    }

    private static void flushed(Rig rig) throws IOException {
        BlkDisk disk = disk(rig);
        byte[] data = fresh(disk, SECTORS);
        disk.write(0, data);
        disk.flush();
        requireOutlivesKill(rig, data);
    }

    private static void requireOutlivesKill(Rig rig, byte[] data) throws IOException {
        rig.target().killAndRestart();
        requireRead(disk(rig), data, "what was written before the back end was killed");
    }

    private static void disabled(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        BlkDisk disk = new BlkDisk(device);
        byte[] before = disk.read(0, SECTOR);
        byte[] data = fresh(disk, 1);
        LiveRing ring = device.ring(0);
        device.enable(ring, false);
        int _ = ring.submit(
                Request.of(device.memory(), question(BlkBits.OUT, 0, data), 1).chain());
        rig.saw(ring.pollUsed(LiveRing.QUIET)
                .map(used -> "the request was used")
                .orElse("the request waits"));
        requireRead(disk(rig), before, "what was there before");
    }
}
