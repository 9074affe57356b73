package org.vhostdevice.fs.queue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vhostdevice.core.virtqueue.BrokenQueueException;
import org.vhostdevice.fs.fuse.Wire;
import org.vhostdevice.fs.queue.FsRig.Sent;

/// A guest that sends requests as bytes say: of any operation, with nodes and handles that it has been given or not,
/// names that lead astray, and arguments cut short. Sizes stay below 16 MiB, to spare the host.
final class HostileGuest {
    private static final int MOST = 80;
    private static final long SIZE_MASK = 0xff_ffff;
    private static final int FS_IOC_GETFLAGS = 0x8008_6601;
    private static final int FS_IOC_FSGETXATTR = 0x801c_581f;
    private static final List<String> NAMES = List.of(
            "a", "b", "c", "dir", "link", "out", "..", ".", "a/b", "../out", "/etc/passwd", "", "x".repeat(255));

    private final FsRig rig;
    private final FsRig urgent;
    private final ByteBuffer bytes;
    private final List<Long> nodes = new ArrayList<>(List.of(1L, 0L, 2L, -1L));
    private final List<Long> handles = new ArrayList<>(List.of(0L, 1L, -1L));
    private long unique = 2;

    HostileGuest(FsRig rig, FsRig urgent, byte[] input) {
        this.rig = rig;
        this.urgent = urgent;
        this.bytes = ByteBuffer.wrap(input);
    }

    /// Sends all requests.
    void run() throws BrokenQueueException {
        Sent _ = rig.send(Wire.init(), 128);
        for (int i = 0; i < MOST && bytes.hasRemaining(); i++) {
            int opcode = next();
            byte[] body = arguments(opcode);
            int cut = next();
            if (cut > 0xf0) {
                body = Arrays.copyOf(body, Math.max(0, body.length - (cut & 0xf)));
            }
            boolean isUrgent = opcode == 2 || opcode == 36 || opcode == 42;
            byte[] request = Wire.request(opcode, unique, node(), body);
            unique += 2;
            Sent sent = (isUrgent ? urgent : rig).send(request, isUrgent ? 0 : room(cut));
            learn(opcode, sent);
        }
    }

    private static int room(int cut) {
        return cut > 0xe0 && cut <= 0xf0 ? cut : 4096;
    }

    private int next() {
        return bytes.hasRemaining() ? Byte.toUnsignedInt(bytes.get()) : 0;
    }

    private long node() {
        return nodes.get(next() % nodes.size());
    }

    private long handle() {
        return handles.get(next() % handles.size());
    }

    private String name() {
        return NAMES.get(next() % NAMES.size());
    }

    private long size() {
        return ((next() << 16) | (next() << 8) | next()) & SIZE_MASK;
    }

    private int word() {
        return (next() << 24) | (next() << 16) | (next() << 8) | next();
    }

    private byte[] arguments(int opcode) {
        Wire wire = Wire.le();
        return switch (opcode) {
            case 1, 10, 11, 24 -> wire.text(name()).bytes();
            case 2 -> wire.u64(next()).bytes();
            case 3 -> wire.u32(next()).u32(0).u64(handle()).bytes();
            case 4 -> setattr(wire);
            case 6 -> wire.text(name()).text(name()).bytes();
            case 8 ->
                wire.u32(word()).u32(word()).u32(next()).u32(0).text(name()).bytes();
            case 9 -> wire.u32(word()).u32(next()).text(name()).bytes();
            case 12 -> wire.u64(node()).text(name()).text(name()).bytes();
            case 13 -> wire.u64(node()).text(name()).bytes();
            case 45 ->
                wire.u64(node()).u32(next()).u32(0).text(name()).text(name()).bytes();
            case 35, 51 ->
                wire.u32(word())
                        .u32(word())
                        .u32(next())
                        .u32(next())
                        .text(name())
                        .bytes();
            default -> more(opcode, wire);
        };
    }

    private byte[] setattr(Wire wire) {
        return wire.u32(word())
                .u32(0)
                .u64(handle())
                .u64(size())
                .u64(0)
                .u64(word())
                .u64(word())
                .u64(0)
                .u32(word())
                .u32(word())
                .u32(0)
                .u32(word())
                .u32(0)
                .u32(word())
                .u32(word())
                .u32(0)
                .bytes();
    }

    private byte[] more(int opcode, Wire wire) {
        return switch (opcode) {
            case 14, 27 -> wire.u32(word()).u32(next()).bytes();
            case 15, 28, 44 ->
                wire.u64(handle())
                        .u64(size())
                        .u32(next() << 5)
                        .u32(next())
                        .u64(0)
                        .u64(0)
                        .bytes();
            case 16 -> write(wire);
            case 18, 25, 29 ->
                wire.u64(handle()).u32(next()).u32(next()).u64(next()).bytes();
            case 20, 30 -> wire.u64(handle()).u32(next()).u32(0).bytes();
            case 21 ->
                wire.u32(next()).u32(next()).text("user." + name()).raw("value").bytes();
            case 22 -> wire.u32(next()).u32(0).text("user." + name()).bytes();
            case 23, 34 -> wire.u32(next()).u32(0).bytes();
            case 31, 32, 33 -> lock(wire);
            case 39 -> ioctl(wire);
            case 42 ->
                wire.u32(next())
                        .u32(0)
                        .u64(node())
                        .u64(next())
                        .u64(node())
                        .u64(next())
                        .bytes();
            case 43 ->
                wire.u64(handle()).u64(size()).u64(size()).u32(next()).u32(0).bytes();
            case 46 -> wire.u64(handle()).u64(size()).u32(next() % 8).u32(0).bytes();
            case 47, 53 ->
                wire.u64(handle())
                        .u64(size())
                        .u64(node())
                        .u64(handle())
                        .u64(size())
                        .u64(size())
                        .u64(0)
                        .bytes();
            case 52 ->
                wire.u32(next()).u32(0).u64(handle()).u32(next()).u32(next()).bytes();
            default -> wire.u64(word()).bytes();
        };
    }

    private byte[] lock(Wire wire) {
        return wire.u64(handle())
                .u64(next())
                .u64(size())
                .u64(size())
                .u32(next() % 4)
                .u32(next())
                .u32(next() % 2)
                .u32(0)
                .bytes();
    }

    private byte[] ioctl(Wire wire) {
        return wire.u64(handle())
                .u32(0)
                .u32(next() % 2 == 0 ? FS_IOC_GETFLAGS : FS_IOC_FSGETXATTR)
                .u64(0)
                .u32(0)
                .u32(next())
                .bytes();
    }

    private byte[] write(Wire wire) {
        int count = next();
        int said = next() > 0xf0 ? count + 1 : count;
        return wire.u64(handle())
                .u64(size())
                .u32(said)
                .u32(next())
                .u64(0)
                .u64(0)
                .raw("w".repeat(count))
                .bytes();
    }

    private void learn(int opcode, Sent sent) {
        ByteBuffer body = sent.body().order(ByteOrder.LITTLE_ENDIAN);
        switch (opcode) {
            case 1, 6, 8, 9, 13 -> add(nodes, body, 0);
            case 14, 27 -> add(handles, body, 0);
            case 35, 51 -> {
                add(nodes, body, 0);
                add(handles, body, 128);
            }
            default -> {}
        }
    }

    private static void add(List<Long> numbers, ByteBuffer body, int at) {
        if (body.capacity() >= at + Long.BYTES) {
            numbers.add(body.getLong(at));
        }
    }
}
