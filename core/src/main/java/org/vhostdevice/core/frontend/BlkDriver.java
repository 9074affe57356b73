package org.vhostdevice.core.frontend;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/// A driver of a virtio block device (VIRTIO 1.4, 5.2) that does one request at a time on one queue. One thread.
///
/// Offsets and lengths are multiples of 512 bytes where the device wants them to be; the driver passes on what it is
/// given, rounded down to sectors.
public final class BlkDriver implements AutoCloseable {
    /// Bytes of a sector, in which requests count.
    public static final int SECTOR = 512;

    /// Request type: read.
    public static final int IN = 0;

    /// Request type: write.
    public static final int OUT = 1;

    /// Request type: make earlier writes durable.
    public static final int FLUSH = 4;

    /// Request type: tell the device's name.
    public static final int GET_ID = 8;

    /// Status: done.
    public static final int STATUS_OK = 0;

    /// Status: failed.
    public static final int STATUS_IOERR = 1;

    /// Status: not known to the device.
    public static final int STATUS_UNSUPP = 2;

    /// The features of a block device that this driver, and a load, can live with: limits (1, 2), read-only (5), block
    /// size (6), flush (9), topology (10), cache mode (11), queues (12).
    public static final long FEATURES = 0x1e66;

    private static final int STATUS_UNWRITTEN = 0xee;
    private static final int ID_BYTES = 20;
    private static final int PAGE = 4096;

    private final FrontendQueue queue;
    private final long timeoutNanos;
    private final PieceArea readable;
    private final PieceArea writable;
    private final Chain chain = new Chain();
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment header = arena.allocate(BlkFraming.HEADER, Long.BYTES);
    private final MemorySegment status = arena.allocate(1);
    private BlkStyle style = BlkStyle.PLAIN;
    private long usedLength;

    /// Makes a driver; its buffers are allocated in the front end's memory for good.
    ///
    /// @param frontend started
    /// @param queue    index of the queue to use
    /// @param maxData  most bytes of a request's data; gaps between pieces may take as much again
    /// @throws IllegalStateException if the front end's memory has no room
    public BlkDriver(Frontend frontend, int queue, int maxData) {
        this.queue = frontend.queues().get(queue);
        timeoutNanos = frontend.options().link().timeout().toNanos();
        readable = area(frontend.memory(), maxData);
        writable = area(frontend.memory(), maxData);
    }

    private static PieceArea area(FrontendMemory memory, int maxData) {
        int size = 2 * (maxData + PAGE);
        long address = memory.allocate(size, PAGE);
        return new PieceArea(address, memory.slice(address, size), SplitRing.MAX_SIZE);
    }

    /// Lays out the requests that follow in another way.
    ///
    /// @param style the way
    /// @return this
    public BlkDriver style(BlkStyle style) {
        this.style = style;
        return this;
    }

    /// Reads.
    ///
    /// @param offset byte of the disk
    /// @param into   takes as many bytes as it has
    /// @throws BackendRefusal if the status is not OK
    /// @throws IOException as [#execute]
    public void read(long offset, MemorySegment into) throws IOException {
        require(execute(IN, offset / SECTOR, MemorySegment.NULL, into), "read at " + offset);
    }

    /// Writes.
    ///
    /// @param offset byte of the disk
    /// @param from   the bytes
    /// @throws BackendRefusal if the status is not OK
    /// @throws IOException as [#execute]
    public void write(long offset, MemorySegment from) throws IOException {
        require(execute(OUT, offset / SECTOR, from, MemorySegment.NULL), "write at " + offset);
    }

    /// Makes all completed writes durable.
    ///
    /// @throws BackendRefusal if the status is not OK
    /// @throws IOException as [#execute]
    public void flush() throws IOException {
        require(execute(FLUSH, 0, MemorySegment.NULL, MemorySegment.NULL), "flush");
    }

    /// Asks for the device's name.
    ///
    /// @return at most 20 bytes of ASCII, up to the first zero
    /// @throws BackendRefusal if the status is not OK
    /// @throws IOException as [#execute]
    public String getId() throws IOException {
        MemorySegment id = MemorySegment.ofArray(new byte[ID_BYTES]);
        require(execute(GET_ID, 0, MemorySegment.NULL, id), "GET_ID");
        byte[] bytes = id.toArray(JAVA_BYTE);
        int length = 0;
        while (length < ID_BYTES && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private static void require(int status, String what) throws BackendRefusal {
        if (status != STATUS_OK) {
            throw new BackendRefusal(what + " failed with status " + status);
        }
    }

    /// Does any request, and waits for it.
    ///
    /// @param type   of the request, all 32 bits
    /// @param sector first sector
    /// @param out    data that the device reads; may be empty
    /// @param in     takes the data that the device writes, whatever the status; may be empty
    /// @return the status byte, `0..255`
    /// @throws BackendViolation    if the device left the status as it was, or changed guard bytes
    /// @throws BackendTimeout      if the request is not used in time; nothing more can be done with this driver
    /// @throws BackendDisconnected if the back end is gone
    /// @throws IOException         if the host fails
    /// @throws IllegalArgumentException if the request is too large for the buffers or the ring
    public int execute(int type, long sector, MemorySegment out, MemorySegment in) throws IOException {
        layOut(Math.toIntExact(out.byteSize()), Math.toIntExact(in.byteSize()));
        header.set(SplitRing.LE32, 0, type);
        header.set(SplitRing.LE32, 4, 0);
        header.set(SplitRing.LE64, 8, sector);
        readable.write(0, header);
        readable.write(BlkFraming.HEADER, out);
        writable.fill((byte) STATUS_UNWRITTEN);
        complete(queue.ring().add(chain, style.layout()));
        writable.read(0, in);
        writable.read(Math.toIntExact(in.byteSize()), status);
        if (!readable.guardsIntact(style.gap()) || !writable.guardsIntact(style.gap())) {
            throw new BackendViolation("the device wrote outside of the buffers of a request of type " + type);
        }
        int result = Byte.toUnsignedInt(status.get(JAVA_BYTE, 0));
        if (result == STATUS_UNWRITTEN) {
            throw new BackendViolation("the device did not write the status of a request of type " + type);
        }
        return result;
    }

    /// {@return the bytes that the device says it wrote for the request before}
    public long usedLength() {
        return usedLength;
    }

    private void layOut(int out, int in) {
        chain.clear();
        int total = BlkFraming.HEADER + out;
        readable.clear(PAGE - BlkFraming.HEADER);
        for (int at = 0; at < total; ) {
            int n = style.framing().next(BlkFraming.Stream.READABLE, at, total);
            chain.readable(readable.add(n, style.gap()), n);
            at += n;
        }
        total = in + 1;
        writable.clear(0);
        for (int at = 0; at < total; ) {
            int n = style.framing().next(BlkFraming.Stream.WRITABLE, at, total);
            chain.writable(writable.add(n, style.gap()), n);
            at += n;
        }
    }

    private void complete(int head) throws IOException {
        if (head == DriverQueue.NONE) {
            throw new IllegalArgumentException(chain.count() + " pieces are too many for the ring");
        }
        queue.submit();
        while (!queue.ring().nextUsed()) {
            if (!queue.awaitUsed(timeoutNanos)) {
                throw new BackendTimeout("request not used within " + timeoutNanos / 1_000_000 + " ms");
            }
        }
        usedLength = queue.ring().usedLength();
    }

    /// Frees what is not in the front end's memory.
    @Override
    public void close() {
        arena.close();
    }
}
