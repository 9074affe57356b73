package org.vhostdevice.fs.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.List;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;

/// Arbitrary bytes as requests: nothing throws, and answers say how long they are and stay in their room.
///
/// An input is a byte of options (which abilities the server has), then requests: a byte of kind (1: the bytes are what
/// follows a sound header, and their first one is the operation; 2: the server begins a session first; 4: big-endian),
/// 16 bits each for the length and for the room of the answer, and bytes.
class FuseRequestFuzzTest {
    private static final int MOST = 64;
    private static final int GUARD = 64;
    private static final byte UNTOUCHED = 0x5c;
    private static final ValueLayout.OfInt NATIVE = ValueLayout.JAVA_INT_UNALIGNED;

    private static final FakeFiles FILES = new FakeFiles();

    @FuzzTest
    void nothingThrowsAndAnswersFit(byte[] input) {
        ByteBuffer bytes = ByteBuffer.wrap(input);
        int options = bytes.hasRemaining() ? bytes.get() : 0;
        FuseServer server = new FuseServer(FILES, options(options));
        FILES.locked((options & 0x80) != 0);
        FuseCall call = new FuseCall();
        for (int i = 0; i < MOST && bytes.remaining() > 5; i++) {
            int kind = bytes.get();
            byte[] body = new byte[Math.min(Short.toUnsignedInt(bytes.getShort()), bytes.remaining() - 2)];
            int room = Short.toUnsignedInt(bytes.getShort());
            bytes.get(body);
            if ((kind & 2) != 0) {
                serve(server, call, Wire.init(), 80);
            }
            ByteOrder order = (kind & 4) != 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            serve(server, call, (kind & 1) != 0 ? withHeader(body, order) : body, room);
        }
        List<String> _ = FILES.calls();
    }

    private static FuseOptions options(int bits) {
        EnumSet<Ability> abilities = EnumSet.noneOf(Ability.class);
        for (Ability ability : Ability.values()) {
            if (ability != Ability.READONLY && (bits & 1) != 0) {
                abilities.add(ability);
            }
        }
        if ((bits & 2) != 0) {
            abilities.add(Ability.READONLY);
        }
        return new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, abilities);
    }

    private static byte[] withHeader(byte[] body, ByteOrder order) {
        int opcode = body.length == 0 ? 0 : body[0];
        int length = 40 + Math.max(0, body.length - 1);
        ByteBuffer request = ByteBuffer.allocate(length).order(order);
        request.putInt(length)
                .putInt(opcode)
                .putLong(77)
                .putLong(5)
                .putInt(1000)
                .putInt(1000);
        request.position(40);
        request.put(body, Math.min(1, body.length), length - 40);
        return request.array();
    }

    private static void serve(FuseServer server, FuseCall call, byte[] request, int room) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment readable = arena.allocate(request.length + 1L).asSlice(0, request.length);
            MemorySegment.copy(request, 0, readable, JAVA_BYTE, 0, request.length);
            MemorySegment all = arena.allocate(room + GUARD).fill(UNTOUCHED);
            boolean mayWait =
                    server.accept(call, new SegmentBuffers(readable), new SegmentBuffers(all.asSlice(0, room)));
            boolean done = server.serve(call, mayWait) || server.serve(call, true);
            if (!done) {
                assertEquals(Opcode.SETLKW, call.opcode());
            }
            long bytes = call.answer();
            call.end();
            assertTrue(bytes <= room && (bytes == 0 || bytes >= 16), bytes + " bytes in " + room);
            if (bytes > 0) {
                int said = all.get(NATIVE, 0);
                assertTrue(said == bytes || Integer.reverseBytes(said) == bytes, said + " bytes, but " + bytes);
            }
            for (long at = Math.max(bytes, room); at < room + GUARD; at++) {
                assertEquals(UNTOUCHED, all.get(JAVA_BYTE, at));
            }
        }
    }
}
