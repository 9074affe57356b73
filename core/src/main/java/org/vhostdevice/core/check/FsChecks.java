package org.vhostdevice.core.check;

import static org.vhostdevice.core.check.Check.must;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.FrontendOptions;
import org.vhostdevice.core.frontend.fuse.FuseDriver;
import org.vhostdevice.core.frontend.fuse.FuseInit;
import org.vhostdevice.core.frontend.fuse.FuseOpcode;
import org.vhostdevice.core.frontend.fuse.FuseReply;
import org.vhostdevice.core.frontend.fuse.FuseRequest;
import org.vhostdevice.core.frontend.fuse.FuseSession;
import org.vhostdevice.core.frontend.fuse.FuseSession.Open;
import org.vhostdevice.core.protocol.ProtocolFeature;

/// What file system devices do; [FsRobustnessChecks] has the requests that cannot be.
final class FsChecks {
    private static final String CONFIG = "VIRTIO 1.4, 5.11.4";
    private static final String CONFIG_DEVICE = "VIRTIO 1.4, 5.11.4.2";
    private static final String HIGH_PRIORITY = "VIRTIO 1.4, 5.11.6.2.1";
    private static final String SESSIONS = "VIRTIO 1.4, 5.11.6.1";
    private static final String FUSE = "FUSE 7.38";
    private static final Need SHOWS_CONFIG = Need.protocol(ProtocolFeature.CONFIG);
    private static final String NAME = "vhost-device-check.tmp";
    private static final String NOTHING = "vhost-device-check.none";
    private static final int NOTIFY_BYTES = 40;
    private static final int LEAST_NOTIFY = 16;
    private static final int ROUNDS = 10;
    private static final int LEAST_ROUNDS = 3;
    private static final int WRITES = 60;
    private static final int WRITE_BYTES = 512 << 10;
    private static final int SOME = 10_000;

    static final CheckSuite SUITE = CheckSuite.of(
            DeviceKind.FS,
            Stream.of(checks(), FsWindowChecks.checks(), FsRobustnessChecks.checks())
                    .flatMap(List::stream)
                    .toList());

    private FsChecks() {}

    private static List<Check> checks() {
        return List.of(
                must("F1", CONFIG_DEVICE, "num_request_queues is 1 or more", FsChecks::queues)
                        .needing(SHOWS_CONFIG),
                must("F2", CONFIG_DEVICE, "notify_buf_size has room for a notification", FsChecks::notifySize)
                        .needing(SHOWS_CONFIG, Need.feature(FuseDriver.NOTIFICATION, "NOTIFICATION")),
                must("F8", CONFIG, "the tag is UTF-8, not empty, and padded with NUL", FsChecks::tag)
                        .needing(SHOWS_CONFIG),
                must("F3", HIGH_PRIORITY, "FORGET does not wait for the request queue", FsChecks::notPaused)
                        .needing(Need.DESTRUCTIVE),
                must("F5a", SESSIONS, "a session begins", FsChecks::begins),
                must("F5b", SESSIONS, "a big-endian session begins", FsChecks::bigEndian),
                must("F5c", SESSIONS, "INIT begins the session anew", FsChecks::again),
                must("F6a", HIGH_PRIORITY, "FORGET is used without an answer", FsChecks::forget),
                must("F6b", HIGH_PRIORITY, "BATCH_FORGET is used without an answer", FsChecks::batch),
                must("F6c", HIGH_PRIORITY, "INTERRUPT is used", FsChecks::interrupt),
                must("F9a", FUSE, "a name that is not there is ENOENT", FsChecks::missing),
                must("F9b", FUSE, "what was written is read", FsChecks::written).needing(Need.DESTRUCTIVE));
    }

    static FuseDriver driver(Rig rig, FuseDriver.Buffers buffers) throws IOException {
        return new FuseDriver(rig.frontend(FuseDriver.prepare(FrontendOptions.defaults())), buffers);
    }

    static FuseSession session(Rig rig) throws IOException {
        return FuseSession.begin(driver(rig, FuseDriver.Buffers.DEFAULT));
    }

    private static void queues(Rig rig) throws IOException {
        Frontend frontend = rig.frontend(FuseDriver.prepare(FrontendOptions.defaults()));
        long queues = FuseDriver.requestQueues(frontend);
        CheckEnded.require(queues >= 1, "1 or more", String.valueOf(queues));
        rig.saw(queues + " request queues, tag '" + FuseDriver.tag(frontend) + "'");
    }

    private static void notifySize(Rig rig) throws IOException {
        Frontend frontend = rig.frontend(FuseDriver.prepare(FrontendOptions.defaults()));
        int size = ByteBuffer.wrap(frontend.config(NOTIFY_BYTES, Integer.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
        CheckEnded.require(
                Integer.compareUnsigned(size, LEAST_NOTIFY) > 0,
                "more than the " + LEAST_NOTIFY + " bytes of a header",
                Integer.toUnsignedString(size));
    }

    private static void tag(Rig rig) throws IOException {
        byte[] tag =
                rig.frontend(FuseDriver.prepare(FrontendOptions.defaults())).config(0, FuseDriver.TAG_BYTES);
        int length = 0;
        while (length < tag.length && tag[length] != 0) {
            length++;
        }
        CheckEnded.require(length > 0, "a tag", "no tag");
        for (int i = length; i < tag.length; i++) {
            CheckEnded.require(tag[i] == 0, "NUL behind the tag", "byte " + tag[i] + " at " + i);
        }
        try {
            rig.saw("tag '" + StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(tag, 0, length)) + "'");
        } catch (CharacterCodingException e) {
            throw CheckEnded.fail("UTF-8", "bytes " + HexFormat.of().formatHex(tag));
        }
    }

    private static void begins(Rig rig) throws IOException {
        FuseInit init = session(rig).init();
        rig.saw("FUSE " + init.major() + "." + init.minor() + ", max_write " + init.maxWrite());
    }

    private static void bigEndian(Rig rig) throws IOException {
        FuseDriver driver = driver(rig, FuseDriver.Buffers.DEFAULT);
        FuseReply reply = driver.call(FuseInit.request(ByteOrder.BIG_ENDIAN, 0), 64);
        FuseInit init = FuseInit.read(reply, ByteOrder.BIG_ENDIAN);
        CheckEnded.requireEqual("major version", FuseInit.MAJOR, init.major());
    }

    private static void again(Rig rig) throws IOException {
        FuseSession first = session(rig);
        FuseSession second = FuseSession.begin(first.driver());
        CheckEnded.requireEqual("the second INIT says", first.init(), second.init());
        FuseSession.Entry root = second.getAttributes(FuseRequest.ROOT);
        CheckEnded.require((root.mode() & 0170000) == 0040000, "a folder at the root", "mode " + root.mode());
    }

    private static void forget(Rig rig) throws IOException {
        requireSilent(session(rig).driver(), FuseRequest.of(FuseOpcode.FORGET, FuseRequest.ROOT, new byte[8]));
    }

    private static void interrupt(Rig rig) throws IOException {
        FuseDriver driver = session(rig).driver();
        long used = driver.urgent(FuseRequest.of(FuseOpcode.INTERRUPT, 0, new byte[8]), driver.timeoutNanos());
        CheckEnded.require(used >= 0, "the request comes back", "it does not");
    }

    private static void batch(Rig rig) throws IOException {
        byte[] none = FuseRequest.arguments(8).array();
        requireSilent(session(rig).driver(), FuseRequest.of(FuseOpcode.BATCH_FORGET, 0, none));
    }

    private static void requireSilent(FuseDriver driver, FuseRequest request) throws IOException {
        long used = driver.urgent(request, driver.timeoutNanos());
        CheckEnded.require(used >= 0, "the request comes back", "it does not");
        CheckEnded.requireEqual("used length", 0L, used);
    }

    private static void missing(Rig rig) throws IOException {
        FuseDriver driver = session(rig).driver();
        byte[] name = FuseRequest.named(new byte[0], NOTHING);
        FuseReply reply = driver.call(FuseRequest.of(FuseOpcode.LOOKUP, FuseRequest.ROOT, name), 128);
        boolean negative = reply.error() == 0 && reply.require("LOOKUP", 8).getLong(0) == 0;
        CheckEnded.require(
                negative || reply.error() == FuseReply.ENOENT,
                "ENOENT (" + FuseReply.ENOENT + "), or an entry without a node",
                "error " + reply.error());
    }

    private static void written(Rig rig) throws IOException {
        FuseSession session = session(rig);
        Open file = session.create(FuseRequest.ROOT, NAME);
        try {
            byte[] sent = VsockRig.pattern(SOME);
            CheckEnded.requireEqual("bytes written", SOME, session.write(file, 1, sent));
            byte[] came = session.read(file, 0, 2 * SOME);
            byte[] expected = new byte[SOME + 1];
            System.arraycopy(sent, 0, expected, 1, SOME);
            CheckEnded.require(
                    Arrays.equals(expected, came),
                    "the " + (SOME + 1) + " bytes of the file",
                    came.length + " bytes, the first different one at " + Arrays.mismatch(expected, came));
            CheckEnded.requireEqual(
                    "size", SOME + 1L, session.getAttributes(file.nodeId()).size());
        } finally {
            session.release(file);
            session.unlink(FuseRequest.ROOT, NAME);
        }
    }

    /// Keeps the request queue busy with large writes, and sees whether a FORGET comes back before the last of them.
    private static void notPaused(Rig rig) throws IOException {
        FuseSession session = FuseSession.begin(driver(rig, new FuseDriver.Buffers(WRITES, WRITE_BYTES + 1000, 1000)));
        Open file = session.create(FuseRequest.ROOT, NAME);
        try {
            int telling = 0;
            for (int round = 0; round < ROUNDS; round++) {
                int left = writesLeftAfterForget(session, file);
                if (left > 0) {
                    rig.saw("FORGET came back before " + left + " writes in front of it");
                    return;
                }
                telling += left == 0 ? 1 : 0;
            }
            if (telling < LEAST_ROUNDS) {
                throw CheckEnded.skip("the device is too fast to tell");
            }
            throw CheckEnded.fail(
                    "FORGET comes back before some of " + WRITES + " writes of " + WRITE_BYTES + " bytes",
                    "behind all of them, " + telling + " times of " + ROUNDS);
        } finally {
            session.release(file);
            session.unlink(FuseRequest.ROOT, NAME);
        }
    }

    /// How many writes are not done when FORGET comes back; -1 if all were done when it was made available.
    private static int writesLeftAfterForget(FuseSession session, Open file) throws IOException {
        FuseDriver driver = session.driver();
        byte[] body = FuseRequest.arguments(40 + WRITE_BYTES)
                .putLong(0, file.handle())
                .putInt(16, WRITE_BYTES)
                .array();
        FuseRequest write = FuseRequest.of(FuseOpcode.WRITE, file.nodeId(), body);
        for (int i = 0; i < WRITES; i++) {
            int _ = driver.add(write, FuseRequest.HEADER + body.length, 8);
        }
        driver.submit();
        boolean busy = driver.pending() < WRITES;
        long used = session.forget(FuseRequest.ROOT, 0, driver.timeoutNanos());
        int left = WRITES - driver.pending();
        driver.awaitAll();
        CheckEnded.require(used >= 0, "FORGET comes back", "it does not");
        return busy ? left : -1;
    }
}
