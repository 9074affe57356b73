package org.vhostdevice.core.testkit;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.vhostdevice.core.device.ConfigSpace;
import org.vhostdevice.core.device.DeviceType;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.virtqueue.DescriptorChain;

/// A file system device for tests, written down from VIRTIO 1.4, 5.11 and the FUSE protocol: one folder in memory. It
/// breaks one rule if a test wants that. Of large writes, it does every 60th after a FORGET only, so that it can be
/// seen not to keep FORGET waiting.
public final class FsTestDevice implements VirtioDevice {
    private static final int HEADER = 40;
    private static final int TAG_BYTES = 36;
    private static final int ENOENT = 2;
    private static final int EINVAL = 22;
    private static final int ENOSYS = 38;
    private static final int INIT = 26;
    private static final int FORGET_AFTER = 60;
    private static final int LARGE = 100_000;

    /// Rules to break.
    public enum Fault {
        /// None.
        NONE,
        /// Says that there are no request queues.
        NO_QUEUES,
        /// Never answers a request that is too short.
        SHORT_UNANSWERED,
        /// Gives a short request's buffers back without an answer.
        SHORT_EMPTY,
        /// Calls an operation that it does not know invalid.
        UNKNOWN_INVALID,
        /// Understands little-endian sessions only.
        LITTLE_ENDIAN_ONLY,
        /// Begins a session once only.
        ONE_SESSION,
        /// Answers FORGET.
        FORGET_ANSWERED,
        /// Leaves FORGET until 60 more files were written to.
        FORGET_WAITS,
        /// Keeps the buffers of FORGET and INTERRUPT.
        FORGET_KEPT,
        /// Reads data of other files than were written.
        WRONG_DATA,
        /// Believes the length in a request's header.
        BELIEVES_LENGTH,
        /// Has a queue of notifications without room for one.
        NOTHING_NOTIFIED,
        /// Has a tag without a character.
        EMPTY_TAG,
        /// Calls a name that is not there invalid.
        MISSING_INVALID,
        /// Answers with another number than that of the request.
        WRONG_NUMBER,
        /// Maps anything anywhere.
        MAPS_ANYTHING
    }

    private static final class Node {
        private final boolean folder;
        private byte[] content = new byte[0];

        Node(boolean folder) {
            this.folder = folder;
        }
    }

    private final Fault fault;
    private final String tag;
    private final Map<Long, Node> nodes = new HashMap<>();
    private final Map<String, Long> names = new HashMap<>();
    private final List<DescriptorChain> kept = new ArrayList<>();
    private long lastNode = 1;
    private final List<Runnable> delayed = new ArrayList<>();
    private int writes;
    private int urgent;
    private boolean begun;
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

    /// A device with an empty folder.
    ///
    /// @param tag   name of the file system
    /// @param fault which rule it breaks
    public FsTestDevice(String tag, Fault fault) {
        this.tag = tag;
        this.fault = fault;
        nodes.put(1L, new Node(true));
    }

    /// The names in the folder.
    public synchronized int files() {
        return names.size();
    }

    @Override
    public DeviceType type() {
        return new DeviceType("fs", 26);
    }

    @Override
    public int queueCount() {
        return 2;
    }

    @Override
    public int worker(int queue) {
        return 0;
    }

    @Override
    public boolean inOrder() {
        return false;
    }

    @Override
    public long features() {
        return fault == Fault.NOTHING_NOTIFIED ? 1 : 0;
    }

    @Override
    public ConfigSpace config() {
        return () -> ByteBuffer.allocate(TAG_BYTES + 8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(tag.getBytes(StandardCharsets.UTF_8))
                .putInt(TAG_BYTES, fault == Fault.NO_QUEUES ? 0 : 1)
                .array();
    }

    @Override
    public synchronized void reset() {
        begun = false;
        writes = 0;
        urgent = 0;
    }

    @Override
    public QueueHandler start(QueueContext context) {
        return new QueueHandler() {
            @Override
            public void handle(DescriptorChain chain) {
                FsTestDevice.this.handle(context.index(), chain);
            }

            @Override
            public void quiesce() {
                delayed.forEach(Runnable::run);
                delayed.clear();
                kept.forEach(chain -> chain.complete(0));
                kept.clear();
            }
        };
    }

    private synchronized void handle(int queue, DescriptorChain chain) {
        ByteBuffer request = GuestBytes.readable(chain);
        if (queue == 0 && (fault == Fault.FORGET_WAITS || fault == Fault.FORGET_KEPT)) {
            kept.add(chain);
            return;
        }
        if (queue == 0) {
            urgent++;
            delayed.forEach(Runnable::run);
            delayed.clear();
            GuestBytes.complete(chain, fault == Fault.FORGET_ANSWERED ? new byte[16] : new byte[0]);
            return;
        }
        if (request.capacity() < HEADER || chain.writable().length() < 16) {
            if (fault == Fault.SHORT_UNANSWERED) {
                kept.add(chain);
            } else {
                answer(chain, 0, EINVAL);
            }
            return;
        }
        if (request.getInt(4) == Integer.reverseBytes(INIT) && fault != Fault.LITTLE_ENDIAN_ONLY) {
            order = ByteOrder.BIG_ENDIAN;
        } else if (request.getInt(4) == INIT) {
            order = ByteOrder.LITTLE_ENDIAN;
        }
        request.order(order);
        long unique = request.getLong(8) + (fault == Fault.WRONG_NUMBER ? 2 : 0);
        if (fault != Fault.BELIEVES_LENGTH && request.getInt(0) != request.capacity()) {
            answer(chain, unique, EINVAL);
            return;
        }
        try {
            serve(chain, request, unique);
        } catch (IndexOutOfBoundsException | IllegalArgumentException | BufferUnderflowException e) {
            if (fault == Fault.SHORT_EMPTY) {
                chain.complete(0);
            } else if (fault == Fault.SHORT_UNANSWERED) {
                kept.add(chain);
            } else {
                answer(chain, unique, EINVAL);
            }
        }
    }

    private void serve(DescriptorChain chain, ByteBuffer request, long unique) {
        request.position(HEADER);
        switch (request.getInt(4)) {
            case 1 -> found(chain, unique, names.get(name(request)));
            case 3 -> attributes(chain, request, unique);
            case 9 -> found(chain, unique, make(name(request.position(HEADER + 8)), true));
            case 10, 11 -> answer(chain, unique, names.remove(name(request)) == null ? ENOENT : 0);
            case 14 -> answer(chain, unique, 0, body(16).putLong(0, request.getInt(HEADER + 4) + 7L));
            case 15 -> read(chain, request, unique);
            case 16 -> write(chain, request, unique);
            case 18, 20, 25 -> answer(chain, unique, request.getLong(HEADER + 8) == 0 ? 0 : EINVAL);
            case INIT -> init(chain, request, unique);
            case 35 -> create(chain, request, unique);
            case 47 -> answer(chain, unique, 0, body(8).putInt(0, request.getInt(HEADER + 40)));
            case 48 -> answer(chain, unique, fault == Fault.MAPS_ANYTHING ? 0 : EINVAL);
            default -> answer(chain, unique, fault == Fault.UNKNOWN_INVALID ? EINVAL : ENOSYS);
        }
    }

    private void init(DescriptorChain chain, ByteBuffer request, long unique) {
        if (begun && fault == Fault.ONE_SESSION) {
            answer(chain, unique, EINVAL);
            return;
        }
        begun = true;
        int minor = Math.min(38, request.getInt(HEADER + 4));
        answer(
                chain,
                unique,
                0,
                body(64).putInt(0, 7).putInt(4, minor).putInt(20, 1 << 20).putShort(28, (short) 256));
    }

    private void attributes(DescriptorChain chain, ByteBuffer request, long unique) {
        long handle = request.getLong(HEADER + 8);
        answer(
                chain,
                unique,
                0,
                body(104).put(16, attributes(request.getLong(16))).putInt(8, (int) handle));
    }

    private void read(DescriptorChain chain, ByteBuffer request, long unique) {
        byte[] content = node(request).content;
        int offset = (int) Math.min(request.getLong(HEADER + 8), content.length);
        int n = Math.min(request.getInt(HEADER + 16), content.length - offset);
        byte[] bytes = Arrays.copyOfRange(content, offset, offset + n);
        if (fault == Fault.WRONG_DATA && n > 0) {
            bytes[n - 1] ^= 1;
        }
        answer(chain, unique, 0, ByteBuffer.wrap(bytes));
    }

    private void write(DescriptorChain chain, ByteBuffer request, long unique) {
        int offset = (int) request.getLong(HEADER + 8);
        int n = request.getInt(HEADER + 16);
        Node node = node(request);
        node.content = Arrays.copyOf(node.content, Math.max(node.content.length, offset + n));
        request.position(HEADER + 40).get(node.content, offset, n);
        writes += n >= LARGE ? 1 : 0;
        Runnable answer = () -> answer(chain, unique, 0, body(8).putInt(0, n));
        boolean last = n >= LARGE && writes % FORGET_AFTER == 0;
        if (last && fault == Fault.NONE && urgent < writes / FORGET_AFTER) {
            delayed.add(answer);
            return;
        }
        answer.run();
        if (last && fault == Fault.FORGET_WAITS) {
            kept.forEach(waiting -> waiting.complete(0));
            kept.clear();
        }
    }

    private Node node(ByteBuffer request) {
        Node node = nodes.get(request.getLong(16));
        if (node == null || node.folder) {
            throw new IllegalArgumentException("no file");
        }
        return node;
    }

    private void create(DescriptorChain chain, ByteBuffer request, long unique) {
        long id = make(name(request.position(HEADER + 16)), false);
        answer(chain, unique, 0, body(144).put(0, entry(id)).putLong(128, 7));
    }

    private long make(String name, boolean folder) {
        lastNode++;
        nodes.put(lastNode, new Node(folder));
        names.put(name, lastNode);
        return lastNode;
    }

    private static String name(ByteBuffer request) {
        byte[] rest = new byte[request.remaining()];
        request.get(rest);
        if (rest.length < 2 || rest[rest.length - 1] != 0) {
            throw new IllegalArgumentException("no name");
        }
        return new String(rest, 0, rest.length - 1, StandardCharsets.UTF_8);
    }

    private void found(DescriptorChain chain, long unique, Long node) {
        if (node == null) {
            answer(chain, unique, fault == Fault.MISSING_INVALID ? EINVAL : ENOENT);
        } else {
            answer(chain, unique, 0, ByteBuffer.wrap(entry(node)));
        }
    }

    private byte[] entry(long id) {
        return body(128).putLong(0, id).put(40, attributes(id)).array();
    }

    private byte[] attributes(long id) {
        Node node = nodes.get(id);
        if (node == null) {
            throw new IllegalArgumentException("no node");
        }
        return body(88).putLong(0, id)
                .putLong(8, node.content.length)
                .putInt(60, node.folder ? 0040755 : 0100644)
                .array();
    }

    private ByteBuffer body(int bytes) {
        return ByteBuffer.allocate(bytes).order(order);
    }

    private void answer(DescriptorChain chain, long unique, int error) {
        answer(chain, unique, error, ByteBuffer.allocate(0));
    }

    private void answer(DescriptorChain chain, long unique, int error, ByteBuffer body) {
        byte[] bytes = ByteBuffer.allocate(16 + body.capacity())
                .order(order)
                .putInt(16 + body.capacity())
                .putInt(-error)
                .putLong(unique)
                .put(body.rewind())
                .array();
        GuestBytes.complete(chain, bytes);
    }

    @Override
    public void close() {}
}
