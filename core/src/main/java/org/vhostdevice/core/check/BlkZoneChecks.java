package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.BlkDisk.question;
import static org.vhostdevice.core.check.Check.must;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// Zoned block devices (VIRTIO 1.4, 5.2.6): what they say of themselves, and requests that change nothing.
final class BlkZoneChecks {
    private static final String LAYOUT = "VIRTIO 1.4, 5.2.4";
    private static final String OPERATION = "VIRTIO 1.4, 5.2.6.2";
    private static final int ZONED = 72;
    private static final int ZONED_BYTES = 24;
    private static final int GRANULARITY_AT = 16;
    private static final int MODEL_AT = 20;
    private static final int MODELS = 3;
    private static final int OPEN = 18;
    private static final int REPORT = 16;
    private static final int REPORT_BYTES = 64 + 64;

    static final List<Check> CHECKS = Check.alsoNeeding(
            Need.feature(BlkBits.ZONED, "ZONED"),
            List.of(
                    must("B16a", LAYOUT, "the zoned characteristics go together", BlkZoneChecks::characteristics)
                            .needing(Need.protocol(ProtocolFeature.CONFIG)),
                    must("B16b", OPERATION, "ZONE_REPORT tells of zones, or is not supported", BlkZoneChecks::report)
                            .needing(Need.protocol(ProtocolFeature.CONFIG)),
                    must("B16c", OPERATION, "no zone beyond the capacity is opened", BlkZoneChecks::beyond)
                            .needing(Need.protocol(ProtocolFeature.CONFIG))));

    private BlkZoneChecks() {}

    private static LiveDevice device(Rig rig) throws IOException {
        return rig.started(rig.plan().with(BlkBits.ZONED));
    }

    private static MemorySegment zoned(LiveDevice device) throws IOException {
        return MemorySegment.ofArray(
                device.client().getConfig(ZONED, ZONED_BYTES).toArray());
    }

    private static int model(LiveDevice device) throws IOException {
        return Byte.toUnsignedInt(zoned(device).get(Le.U8, MODEL_AT));
    }

    private static void characteristics(Rig rig) throws IOException {
        MemorySegment fields = zoned(device(rig));
        int model = Byte.toUnsignedInt(fields.get(Le.U8, MODEL_AT));
        CheckEnded.require(model < MODELS, "model 0, 1 or 2", "model " + model);
        for (int at = MODEL_AT + 1; at < ZONED_BYTES; at++) {
            CheckEnded.requireEqual("unused2[" + (at - MODEL_AT - 1) + "]", (byte) 0, fields.get(Le.U8, at));
        }
        int sectors = fields.get(Le.U32, 0);
        int granularity = fields.get(Le.U32, GRANULARITY_AT);
        CheckEnded.require(
                model == 0 || (sectors != 0 && granularity != 0),
                "zone_sectors and write_granularity above 0",
                sectors + " and " + granularity);
        rig.saw("model " + model + ", zones of " + Integer.toUnsignedString(sectors) + " sectors");
    }

    private static void report(Rig rig) throws IOException {
        LiveDevice device = device(rig);
        BlkDisk disk = new BlkDisk(device);
        if (model(device) == 0) {
            BlkDisk.Answer _ = disk.require(
                    BlkBits.UNSUPP, "ZONE_REPORT of a disk without zones", question(REPORT, 0), REPORT_BYTES);
            return;
        }
        byte[] answer = disk.require(BlkBits.OK, "ZONE_REPORT", question(REPORT, 0), REPORT_BYTES)
                .data();
        long zones = MemorySegment.ofArray(answer).get(Le.U64, 0);
        CheckEnded.require(zones != 0, "1 zone or more", "none");
        rig.saw("the first report has " + Long.toUnsignedString(zones));
    }

    private static void beyond(Rig rig) throws IOException {
        BlkDisk disk = new BlkDisk(device(rig));
        BlkDisk.Answer answer = disk.execute(question(OPEN, BlkChecks.capacity(rig)), 0);
        CheckEnded.require(answer.status() != BlkBits.OK, "ZONE_OPEN of a sector beyond the end fails", "status 0");
    }
}
