package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.vhostdevice.core.check.Wire.Reply;
import org.vhostdevice.core.frontend.fuse.FuseOpcode;
import org.vhostdevice.core.frontend.fuse.FuseReply;
import org.vhostdevice.core.frontend.fuse.FuseRequest;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// The DAX window of file system devices: shared memory in which files are mapped. That reads and writes work beside it
/// is what [FsChecks] sees of any device.
final class FsWindowChecks {
    private static final String WINDOW = "VIRTIO 1.4, 5.11.6 (DAX window)";
    private static final int SIZE_AT = 8;
    private static final int PAGE = 4096;
    private static final int MAPPING_BYTES = 40;
    private static final int ROOM = 256;

    private FsWindowChecks() {}

    static List<Check> checks() {
        Need shmem = Need.protocol(ProtocolFeature.SHMEM);
        return List.of(
                must("F4a", WINDOW, "the window is shared memory region 0", FsWindowChecks::region)
                        .needing(shmem),
                must("F4b", WINDOW, "a mapping behind the window's end is an error", FsWindowChecks::behind)
                        .needing(shmem));
    }

    /// The size of region 0, by GET_SHMEM_CONFIG.
    private static long size(Rig rig) throws IOException {
        Wire wire = rig.wire(ProtocolFeature.SHMEM);
        wire.send(FrontendRequest.GET_SHMEM_CONFIG, Wire.VERSION);
        Reply reply = wire.reply();
        if (!(reply instanceof Reply.Answer(var message)) || message.payload().length() < SIZE_AT + Long.BYTES) {
            throw CheckEnded.fail("an answer to GET_SHMEM_CONFIG", reply.toString());
        }
        MemorySegment payload = MemorySegment.ofArray(message.payload().toArray());
        if (payload.get(Le.U32, 0) == 0) {
            throw CheckEnded.skip("the device has no shared memory");
        }
        return payload.get(Le.U64, SIZE_AT);
    }

    private static void region(Rig rig) throws IOException {
        long size = size(rig);
        CheckEnded.require(size != 0, "a size above 0 of region 0", "0");
        rig.saw(Long.toUnsignedString(size) + " bytes");
    }

    private static void behind(Rig rig) throws IOException {
        long size = size(rig);
        byte[] body = FuseRequest.arguments(MAPPING_BYTES)
                .putLong(16, PAGE)
                .putLong(32, size)
                .array();
        FuseRequest request = FuseRequest.of(FuseOpcode.SETUPMAPPING, FuseRequest.ROOT, body);
        FuseReply reply = FsChecks.session(rig).driver().call(request, ROOM);
        CheckEnded.require(reply.error() != 0, "an error for a mapping at the window's end", "success");
        rig.saw("error " + reply.error());
    }
}
