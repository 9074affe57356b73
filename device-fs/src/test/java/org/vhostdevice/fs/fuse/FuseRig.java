package org.vhostdevice.fs.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.fs.vfs.FileSystem;

/// A guest that sends requests byte by byte, and a server.
final class FuseRig implements AutoCloseable {
    static final int UID = 1000;
    static final int GID = 1001;
    static final long UNIQUE = 0x1234_5678_9abc_def0L;

    /// What writable bytes hold before the server writes them.
    private static final byte UNTOUCHED = (byte) 0xee;

    private static final int ROOM = 4096;

    private final FileSystem files;
    private final FuseServer server;
    private final ByteOrder order;
    private final FuseCall call = new FuseCall();

    /// What the guest finds.
    ///
    /// @param bytes written in all
    /// @param error 0, or a positive number of Linux
    /// @param body behind the header
    record Answer(long bytes, int error, ByteBuffer body) {}

    FuseRig(FileSystem files, FuseOptions options, ByteOrder order) {
        this(files, new FuseServer(files, options), order);
    }

    FuseRig(FileSystem files, FuseServer server, ByteOrder order) {
        this.files = files;
        this.order = order;
        this.server = server;
    }

    FuseRig(FileSystem files, FuseOptions options) {
        this(files, options, ByteOrder.LITTLE_ENDIAN);
    }

    Wire wire() {
        return Wire.in(order);
    }

    /// Begins a session of 7.45 with all flags.
    FuseRig begin() {
        Answer _ = init(45, -1L);
        return this;
    }

    Answer init(int minor, long flags) {
        byte[] body = wire().u32(7)
                .u32(minor)
                .u32(65_536)
                .u32(flags)
                .u32(flags >>> 32)
                .bytes();
        return send(26, 0, Arrays.copyOf(body, 64));
    }

    Answer send(int opcode, long node, byte... body) {
        return send(opcode, node, ROOM, body);
    }

    Answer send(int opcode, long node, int room, byte... body) {
        return raw(request(opcode, node, body, 40 + body.length), room);
    }

    byte[] request(int opcode, long node, byte[] body, int length) {
        byte[] header = wire().u32(length)
                .u32(opcode)
                .u64(UNIQUE)
                .u64(node)
                .u32(UID)
                .u32(GID)
                .u32(4242)
                .u32(0)
                .bytes();
        byte[] all = Arrays.copyOf(header, header.length + body.length);
        System.arraycopy(body, 0, all, header.length, body.length);
        return all;
    }

    Answer raw(byte[] request, int room) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment readable = arena.allocate(Math.max(1, request.length)).asSlice(0, request.length);
            MemorySegment.copy(request, 0, readable, JAVA_BYTE, 0, request.length);
            MemorySegment all = arena.allocate(room + 8L).fill(UNTOUCHED);
            boolean _ = server.accept(call, new SegmentBuffers(readable), new SegmentBuffers(all.asSlice(0, room)));
            if (!server.serve(call, false) && !server.serve(call, true)) {
                throw new AssertionError("the request waits");
            }
            long bytes = call.answer();
            call.end();
            return answer(all.toArray(JAVA_BYTE), bytes);
        }
    }

    private Answer answer(byte[] all, long bytes) {
        for (int i = (int) bytes; i < all.length; i++) {
            if (all[i] != UNTOUCHED) {
                throw new AssertionError("byte " + i + " was written, behind the answer of " + bytes);
            }
        }
        ByteBuffer header = ByteBuffer.wrap(all).order(order);
        if (bytes == 0) {
            return new Answer(0, 0, ByteBuffer.allocate(0));
        }
        if (header.getInt(0) != bytes || header.getLong(8) != UNIQUE) {
            throw new AssertionError("an answer of " + header.getInt(0) + " bytes to " + header.getLong(8));
        }
        return new Answer(
                bytes,
                -header.getInt(4),
                ByteBuffer.wrap(Arrays.copyOfRange(all, 16, (int) bytes)).order(order));
    }

    @Override
    public void close() {
        files.close();
    }
}
