package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;
import static org.vhostdevice.core.check.Check.should;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.vhostdevice.core.frontend.BackendDisconnected;
import org.vhostdevice.core.frontend.FrontendException;
import org.vhostdevice.core.frontend.fuse.FuseDriver;
import org.vhostdevice.core.frontend.fuse.FuseOpcode;
import org.vhostdevice.core.frontend.fuse.FuseReply;
import org.vhostdevice.core.frontend.fuse.FuseRequest;
import org.vhostdevice.core.frontend.fuse.FuseSession;
import org.vhostdevice.core.protocol.Bytes;

/// What file system devices do with requests that a sound driver never makes, and a guest may.
final class FsRobustnessChecks {
    private static final String FUSE = "FUSE 7.38";
    private static final String BUFFERS = "VIRTIO 1.4, 2.7.8";
    private static final int[] UNKNOWN = {7, 19, 200, 0x7fff_ffff};
    private static final int ROOM = 4096;
    private static final String NO_ANSWER = "no answer";

    /// Operations that say something without arguments, or have no answer.
    private static final Set<FuseOpcode> WITHOUT_ARGUMENTS = EnumSet.of(
            FuseOpcode.READLINK,
            FuseOpcode.STATFS,
            FuseOpcode.SYNCFS,
            FuseOpcode.DESTROY,
            FuseOpcode.FORGET,
            FuseOpcode.BATCH_FORGET,
            FuseOpcode.INTERRUPT,
            FuseOpcode.INIT);

    private FsRobustnessChecks() {}

    static List<Check> checks() {
        return List.of(
                must("F10a", FUSE, "an unknown operation is ENOSYS", FsRobustnessChecks::unknown),
                must("F10b", FUSE, "a request without arguments is an error", rig -> each(rig, 0)),
                must("F10c", FUSE, "a request with 3 bytes of arguments is an error", rig -> each(rig, 3)),
                must("F10d", FUSE, "an empty name is an error", FsRobustnessChecks::emptyNames),
                must("F10e", FUSE, "a node that is not there is an error", FsRobustnessChecks::noNode),
                should("F11a", BUFFERS, "a request shorter than its header comes back", FsRobustnessChecks::brief),
                should("F11b", FUSE, "a request of another length than it says is an error", rig -> {
                    lying(rig, 0);
                    lying(rig, FuseRequest.HEADER - 1);
                    lying(rig, 1 << 20);
                }),
                should("F11c", BUFFERS, "a request without room for an answer comes back", FsRobustnessChecks::noRoom));
    }

    private static void unknown(Rig rig) throws IOException {
        FuseDriver driver = FsChecks.session(rig).driver();
        for (int opcode : UNKNOWN) {
            FuseReply reply = driver.call(
                    new FuseRequest(opcode, FuseRequest.ROOT, Bytes.zeroes(64), ByteOrder.LITTLE_ENDIAN), ROOM);
            CheckEnded.require(
                    reply.error() == FuseReply.ENOSYS,
                    "ENOSYS (" + FuseReply.ENOSYS + ") for operation " + opcode,
                    "error " + reply.error());
        }
    }

    /// Sends every operation with too few arguments. A device that ends is started again if possible, to find all
    /// operations that end it.
    private static void each(Rig rig, int bytes) throws IOException {
        Map<FuseOpcode, byte[]> bodies = new EnumMap<>(FuseOpcode.class);
        for (FuseOpcode opcode : FuseOpcode.values()) {
            if (!WITHOUT_ARGUMENTS.contains(opcode)) {
                bodies.put(opcode, new byte[bytes]);
            }
        }
        requireErrors(rig, bodies);
    }

    private static void emptyNames(Rig rig) throws IOException {
        byte[] folder = FuseRequest.arguments(8).putLong(FuseRequest.ROOT).array();
        byte[] folderAndFlags =
                FuseRequest.arguments(16).putLong(FuseRequest.ROOT).array();
        Map<FuseOpcode, byte[]> bodies = new EnumMap<>(FuseOpcode.class);
        bodies.put(FuseOpcode.LOOKUP, new byte[1]);
        bodies.put(FuseOpcode.UNLINK, new byte[1]);
        bodies.put(FuseOpcode.RMDIR, new byte[1]);
        bodies.put(FuseOpcode.SYMLINK, new byte[2]);
        bodies.put(FuseOpcode.MKDIR, new byte[8 + 1]);
        bodies.put(FuseOpcode.LINK, Arrays.copyOf(folder, folder.length + 1));
        bodies.put(FuseOpcode.RENAME, Arrays.copyOf(folder, folder.length + 2));
        bodies.put(FuseOpcode.RENAME2, Arrays.copyOf(folderAndFlags, folderAndFlags.length + 2));
        requireErrors(rig, bodies);
    }

    private static void requireErrors(Rig rig, Map<FuseOpcode, byte[]> bodies) throws IOException {
        Map<String, List<String>> faults = new LinkedHashMap<>();
        FuseSession session = FsChecks.session(rig);
        for (Map.Entry<FuseOpcode, byte[]> each : bodies.entrySet()) {
            FuseRequest request = FuseRequest.of(each.getKey(), FuseRequest.ROOT, each.getValue());
            String fault = fault(session.driver(), request);
            if (!fault.isEmpty()) {
                boolean _ = faults.computeIfAbsent(fault, _ -> new ArrayList<>())
                        .add(each.getKey().name());
            }
            if (fault.startsWith(NO_ANSWER)) {
                if (!rig.target().restartable()) {
                    break;
                }
                session = afresh(rig);
            }
        }
        String seen = faults.entrySet().stream()
                .map(entry -> entry.getKey() + " to " + String.join(", ", entry.getValue()))
                .collect(Collectors.joining("; "));
        CheckEnded.require(faults.isEmpty(), "an error for each operation", seen);
    }

    private static FuseSession afresh(Rig rig) throws IOException {
        rig.close();
        rig.target().killAndRestart();
        return FsChecks.session(rig);
    }

    private static String fault(FuseDriver driver, FuseRequest request) throws IOException {
        try {
            return driver.call(request, ROOM).error() == 0 ? "success" : "";
        } catch (BackendDisconnected e) {
            return NO_ANSWER + " but the end of the connection";
        } catch (FrontendException e) {
            return NO_ANSWER + " (" + e.getMessage() + ")";
        }
    }

    private static void noNode(Rig rig) throws IOException {
        FuseDriver driver = FsChecks.session(rig).driver();
        FuseReply reply = driver.call(FuseRequest.of(FuseOpcode.GETATTR, 0x1234_5678_9abcL, new byte[16]), ROOM);
        CheckEnded.require(reply.error() != 0, "an error", "success");
        rig.saw("error " + reply.error());
    }

    private static void brief(Rig rig) throws IOException {
        FuseSession session = FsChecks.session(rig);
        requireBack(session, Bytes.zeroes(FuseRequest.HEADER - 1), ROOM);
    }

    private static void noRoom(Rig rig) throws IOException {
        FuseSession session = FsChecks.session(rig);
        byte[] request = FuseRequest.of(FuseOpcode.STATFS, FuseRequest.ROOT).bytes(2, FuseRequest.HEADER);
        requireBack(session, Bytes.of(request), FuseRequest.REPLY_HEADER - 1);
    }

    private static void requireBack(FuseSession session, Bytes bytes, int room) throws IOException {
        long used = session.driver().raw(bytes, room);
        CheckEnded.require(used >= 0, "the buffers come back", "they do not");
        FuseSession.Entry _ = session.getAttributes(FuseRequest.ROOT);
    }

    private static void lying(Rig rig, int length) throws IOException {
        FuseDriver driver = FsChecks.session(rig).driver();
        FuseRequest request = FuseRequest.of(FuseOpcode.GETATTR, FuseRequest.ROOT, new byte[16]);
        FuseReply reply = driver.call(request, length, ROOM);
        CheckEnded.require(reply.error() != 0, "an error for a request that says " + length + " bytes", "success");
    }
}
