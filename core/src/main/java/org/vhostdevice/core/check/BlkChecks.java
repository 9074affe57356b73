package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.BlkDisk.question;
import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.protocol.Bytes;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// Block devices: configuration, and requests that leave the medium as it is.
final class BlkChecks {
    private static final String INIT = "VIRTIO 1.4, 5.2.5.2";
    private static final String OPERATION = "VIRTIO 1.4, 5.2.6.2";
    private static final String REQUESTS = "VIRTIO 1.4, 5.2.6";
    private static final Need CONFIG = Need.protocol(ProtocolFeature.CONFIG);
    private static final int WRITEBACK = 32;
    private static final int UNUSED0 = 33;
    private static final int MAY_UNMAP = 56;
    private static final int UNUSED1 = 57;
    private static final int UNUSED1_BYTES = 3;
    private static final int SECTOR = BlkBits.SECTOR;
    private static final int ID = 20;
    private static final int LIFETIME = 24;
    private static final int NO_TYPE = 0x1234;
    private static final int[] ZONE_TYPES = {15, 16, 18, 20, 22, 24, 26};

    static final List<Check> CHECKS = List.of(
            must("B1", INIT, "FLUSH is offered if CONFIG_WCE is", BlkChecks::flushOffered)
                    .needing(Need.feature(BlkBits.CONFIG_WCE, "CONFIG_WCE")),
            must("B2", INIT, "CONFIG_WCE without FLUSH starts with writeback 0", BlkChecks::writeback)
                    .needing(Need.feature(BlkBits.CONFIG_WCE, "CONFIG_WCE"), CONFIG),
            must("B3", INIT, "reserved fields are 0", BlkChecks::reserved).needing(CONFIG),
            must("B4", OPERATION, "a write to a read-only device fails and writes nothing", BlkChecks::readOnly)
                    .needing(Need.feature(BlkBits.RO, "RO")),
            must("B9d", OPERATION, "a flush succeeds", BlkChecks::flush).needing(Need.feature(BlkBits.FLUSH, "FLUSH")),
            must("B10", OPERATION, "GET_LIFETIME gives no reserved value", BlkChecks::lifetime)
                    .needing(Need.feature(BlkBits.LIFETIME, "LIFETIME")),
            must("B11", OPERATION, "without ZONED, zone requests are not supported", BlkChecks::zones),
            should("B8", INIT, "write_zeroes_may_unmap is 0 if nothing is ever deallocated", BlkChecks::mayUnmap)
                    .needing(CONFIG, Need.feature(BlkBits.WRITE_ZEROES, "WRITE_ZEROES")),
            should("B12", OPERATION, "the driver is told that the capacity has changed", BlkChecks::resized)
                    .needing(CONFIG, Need.protocol(ProtocolFeature.BACKEND_REQ)),
            should("B13a", OPERATION, "a read beyond the capacity fails", BlkChecks::beyond)
                    .needing(CONFIG),
            must(
                            "S9b",
                            "VIRTIO 1.4, 2.7.8.2",
                            "a read that fails claims no data that was not written",
                            BlkChecks::length)
                    .needing(CONFIG),
            should("B14", REQUESTS, "GET_ID gives 20 bytes, NUL behind the name", BlkChecks::id),
            should("B15a", REQUESTS, "a read of no multiple of 512 bytes fails", BlkChecks::odd),
            should("B17", REQUESTS, "an unknown type is not supported", BlkChecks::unknown),
            should(
                    "B18",
                    REQUESTS,
                    "a request without status, or with half a header, is given back",
                    BlkChecks::malformed),
            must(
                    "S1d",
                    "VIRTIO 1.4, 2.7.4.1",
                    "data and status in one buffer, and cut anywhere, read the same",
                    BlkChecks::framing));

    private BlkChecks() {}

    static BlkDisk disk(Rig rig) throws IOException {
        return new BlkDisk(rig.started());
    }

    static long capacity(Rig rig) {
        byte[] config = rig.facts().config().orElseThrow(() -> CheckEnded.skip("the capacity is not known"));
        return MemorySegment.ofArray(config).get(Le.U64, 0);
    }

    private static void flushOffered(Rig rig) {
        CheckEnded.require(
                rig.facts().offers(BlkBits.FLUSH),
                "FLUSH is offered",
                "features 0x" + Long.toHexString(rig.facts().features()));
    }

    private static void writeback(Rig rig) throws IOException {
        LiveDevice device = rig.started(rig.plan().without(BlkBits.FLUSH).with(BlkBits.CONFIG_WCE));
        byte[] field = device.client().getConfig(WRITEBACK, 1).toArray();
        CheckEnded.requireEqual("writeback", (byte) 0, field[0]);
    }

    private static void reserved(Rig rig) throws IOException {
        LiveDevice device = rig.started();
        byte[] whole = device.client().getConfig(0, UNUSED1 + UNUSED1_BYTES).toArray();
        CheckEnded.requireEqual("unused0", (byte) 0, whole[UNUSED0]);
        for (int i = 0; i < UNUSED1_BYTES; i++) {
            CheckEnded.requireEqual("unused1[" + i + "]", (byte) 0, whole[UNUSED1 + i]);
        }
    }

    private static void readOnly(Rig rig) throws IOException {
        BlkDisk disk = disk(rig);
        byte[] before = disk.read(0, SECTOR);
        byte[] other = before.clone();
        other[0] ^= 1;
        BlkDisk.Answer _ =
                disk.require(BlkBits.IOERR, "a write to a read-only device", question(BlkBits.OUT, 0, other), 0);
        CheckEnded.require(Arrays.equals(before, disk.read(0, SECTOR)), "sector 0 stays as it is", "it was written");
    }

    private static void flush(Rig rig) throws IOException {
        disk(rig).flush();
    }

    private static void lifetime(Rig rig) throws IOException {
        BlkDisk disk = new BlkDisk(rig.started(rig.plan().with(BlkBits.LIFETIME)));
        byte[] data = disk.require(BlkBits.OK, "GET_LIFETIME", question(BlkBits.GET_LIFETIME, 0), LIFETIME)
                .data();
        int endOfLife = data[0] & 0xff;
        int typical = data[2] & 0xff;
        int most = data[4] & 0xff;
        CheckEnded.require(
                endOfLife <= 3 && typical <= 11 && most <= 11,
                "pre_eol_info up to 3, estimates up to 11",
                endOfLife + ", " + typical + " and " + most);
    }

    private static void zones(Rig rig) throws IOException {
        BlkDisk disk = disk(rig);
        for (int type : ZONE_TYPES) {
            BlkDisk.Answer _ = disk.require(BlkBits.UNSUPP, "zone request " + type, question(type, 0), SECTOR);
        }
    }

    private static void mayUnmap(Rig rig) throws IOException {
        byte may = rig.started().client().getConfig(MAY_UNMAP, 1).toArray()[0];
        throw CheckEnded.skip("the field is " + may + "; what becomes of the medium does not show on the socket");
    }

    private static void resized(Rig rig) throws IOException {
        LiveDevice device = rig.device(rig.plan().with(ProtocolFeature.BACKEND_REQ));
        ChangeNotices notices = rig.notices(device).orElseThrow();
        LiveDevice _ = device.start();
        Bytes before = device.client().getConfig(0, Long.BYTES);
        if (!rig.target().resize()) {
            throw CheckEnded.skip("nobody changes the capacity: give --resize");
        }
        boolean told = notices.await(rig.options().timeout());
        boolean changed = !device.client().getConfig(0, Long.BYTES).equals(before);
        if (!told && !changed) {
            throw CheckEnded.skip("the capacity stays as it is, though the medium was changed");
        }
        CheckEnded.require(told, "a message of a change", "another capacity, and no message");
        CheckEnded.require(changed, "another capacity", "a message, and the same capacity");
    }

    private static void beyond(Rig rig) throws IOException {
        BlkDisk disk = disk(rig);
        long capacity = capacity(rig);
        for (long sector : new long[] {capacity, capacity + 1, Long.MAX_VALUE, -1}) {
            BlkDisk.Answer _ =
                    disk.require(BlkBits.IOERR, "a read of sector " + sector, question(BlkBits.IN, sector), SECTOR);
        }
        BlkDisk.Answer _ =
                disk.require(BlkBits.IOERR, "a read across the end", question(BlkBits.IN, capacity - 1), 2 * SECTOR);
    }

    private static void length(Rig rig) throws IOException {
        BlkDisk.Answer answer = disk(rig).execute(question(BlkBits.IN, capacity(rig)), SECTOR);
        answer.request().requireLength(answer.used());
        rig.saw("used length " + answer.used().length());
    }

    private static void id(Rig rig) throws IOException {
        byte[] id = disk(rig)
                .require(BlkBits.OK, "GET_ID", question(BlkBits.GET_ID, 0), ID)
                .data();
        int end = 0;
        while (end < ID && id[end] != 0) {
            end++;
        }
        for (int i = end; i < ID; i++) {
            CheckEnded.requireEqual("byte " + i + " behind the name", (byte) 0, id[i]);
        }
        rig.saw("'" + new String(id, 0, end, StandardCharsets.ISO_8859_1) + "'");
    }

    private static void odd(Rig rig) throws IOException {
        for (int bytes : new int[] {1, SECTOR - 1, SECTOR + 1}) {
            BlkDisk.Answer answer = disk(rig).execute(question(BlkBits.IN, 0), bytes);
            CheckEnded.require(
                    answer.status() != BlkBits.OK, "a read of " + bytes + " bytes fails", "status " + answer.status());
        }
    }

    private static void unknown(Rig rig) throws IOException {
        BlkDisk.Answer _ = disk(rig).require(BlkBits.UNSUPP, "type " + NO_TYPE, question(NO_TYPE, 0), SECTOR);
    }

    private static void malformed(Rig rig) throws IOException {
        byte[] half = Arrays.copyOf(question(BlkBits.IN, 0), 8);
        LiveDevice device = rig.started();
        LiveRing ring = rig.ring(device);
        Request statusless = Request.of(device.memory(), question(BlkBits.IN, 0), 0);
        int _ = ring.submit(statusless.chain());
        Used _ = ring.awaitUsed("a request without status byte");
        int _ = ring.submit(Request.of(device.memory(), half, SECTOR + 1).chain());
        Used _ = ring.awaitUsed("a request with half a header");
        rig.requireServes(device, "after malformed ones");
    }

    private static void framing(Rig rig) throws IOException {
        BlkDisk disk = new BlkDisk(rig.started(rig.plan().withRingSize(128)));
        byte[] expected = disk.read(0, 2 * SECTOR);
        for (int[] lengths : new int[][] {{8, 8, 64}, {16, SECTOR}, {5, 11, 512, 511, 1}, {2 * SECTOR, 1}, {333}}) {
            BlkDisk.Answer answer = disk.execute(question(BlkBits.IN, 0), 2 * SECTOR, lengths);
            CheckEnded.requireEqual(
                    "status of a read in pieces of " + Arrays.toString(lengths), BlkBits.OK, answer.status());
            CheckEnded.require(Arrays.equals(expected, answer.data()), "the same data in any pieces", "other data");
        }
    }
}
