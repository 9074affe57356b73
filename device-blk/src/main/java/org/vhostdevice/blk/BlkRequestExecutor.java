package org.vhostdevice.blk;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.vhostdevice.blk.backend.BlockBackend;
import org.vhostdevice.core.device.QueueHandler;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.core.virtqueue.GuestBuffers;

/// Serves the requests of one queue (VIRTIO 1.4, 5.2.6.2): checks them against the medium, does them, reports the
/// status. Requests are done one after the other in the worker's thread.
///
/// The length reported for a chain counts the bytes written from the start of its writable part without a gap
/// (2.7.8.2).
/// The status lies behind the data, so it counts only if all bytes before it were written: a failed read reports 0.
final class BlkRequestExecutor implements QueueHandler {
    /// Bytes in a sector, the unit of the protocol.
    static final int SECTOR_BYTES = 512;

    /// Bytes in the answer to `VIRTIO_BLK_T_GET_ID`.
    static final int ID_BYTES = 20;

    private static final Logger LOG = System.getLogger("org.vhostdevice.blk");

    private final BlockBackend backend;
    private final long sectors;
    private final boolean readOnly;
    private final boolean writeThrough;
    private final MemorySegment id;
    private final BlkRequestParser parser = new BlkRequestParser();
    private long malformed;
    private long failed;

    /// @param backend the medium
    /// @param serial the answer to `VIRTIO_BLK_T_GET_ID`: ASCII, at most [#ID_BYTES]
    /// @param flushNegotiated whether the driver will ask for durability; if not, each write is made durable before
    ///     it completes (VIRTIO 1.4, 5.2.6.2)
    BlkRequestExecutor(BlockBackend backend, String serial, boolean flushNegotiated) {
        this.backend = backend;
        this.sectors = backend.size() / SECTOR_BYTES;
        this.readOnly = backend.readOnly();
        this.writeThrough = !flushNegotiated;
        this.id = MemorySegment.ofArray(new byte[ID_BYTES]);
        byte[] name = serial.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(MemorySegment.ofArray(name), 0, id, 0, name.length);
    }

    @Override
    public void handle(DescriptorChain chain) {
        switch (parser.parse(chain)) {
            case BlkRequest.In in -> read(chain, in.sector(), in.bytes());
            case BlkRequest.Out out -> finish(chain, 0, write(chain.readable(), out.sector(), out.bytes()));
            case BlkRequest.Plain.FLUSH -> finish(chain, 0, flush());
            case BlkRequest.Plain.GET_ID -> tellId(chain);
            case BlkRequest.Plain.UNSUPPORTED -> finish(chain, 0, BlkStatus.UNSUPP);
            case BlkRequest.Plain.MALFORMED -> {
                malformed++;
                finish(chain, 0, BlkStatus.IOERR);
            }
        }
    }

    /// Reports what went wrong since the ring was started.
    @Override
    public void close() {
        if (malformed > 0) {
            LOG.log(Level.WARNING, "the driver sent {0} malformed requests", malformed);
        }
        if (failed > 0) {
            LOG.log(Level.ERROR, "{0} requests failed on this host", failed);
        }
    }

    private void read(DescriptorChain chain, long sector, long bytes) {
        if (!isInside(sector, bytes)) {
            finish(chain, 0, BlkStatus.IOERR);
            return;
        }
        try {
            backend.read(sector * SECTOR_BYTES, chain.writable(), bytes);
            finish(chain, bytes, BlkStatus.OK);
        } catch (IOException e) {
            finish(chain, 0, failure("read at sector " + sector, e));
        }
    }

    private BlkStatus write(GuestBuffers from, long sector, long bytes) {
        if (readOnly || !isInside(sector, bytes)) {
            return BlkStatus.IOERR;
        }
        try {
            backend.write(sector * SECTOR_BYTES, from, BlkRequestParser.HEADER_BYTES, bytes);
            if (writeThrough) {
                backend.flush();
            }
            return BlkStatus.OK;
        } catch (IOException e) {
            return failure("write at sector " + sector, e);
        }
    }

    private BlkStatus flush() {
        if (readOnly) {
            return BlkStatus.OK;
        }
        try {
            backend.flush();
            return BlkStatus.OK;
        } catch (IOException e) {
            return failure("flush", e);
        }
    }

    private void tellId(DescriptorChain chain) {
        long bytes = Math.min(ID_BYTES, chain.writable().length() - 1);
        chain.writable().write(0, id, bytes);
        finish(chain, bytes, BlkStatus.OK);
    }

    private boolean isInside(long sector, long bytes) {
        return bytes % SECTOR_BYTES == 0
                && sector >= 0
                && sector <= sectors
                && bytes / SECTOR_BYTES <= sectors - sector;
    }

    private BlkStatus failure(String what, IOException e) {
        if (failed++ == 0) { // a broken disk fails often: the rest is counted
            LOG.log(Level.ERROR, what + " failed: " + e.getMessage());
        }
        return BlkStatus.IOERR;
    }

    /// Completes a request.
    ///
    /// @param data bytes written from the start of the writable part
    private static void finish(DescriptorChain chain, long data, BlkStatus status) {
        GuestBuffers writable = chain.writable();
        long statusAt = writable.length() - 1;
        if (statusAt >= 0) {
            writable.writeByte(statusAt, status.code());
        }
        chain.complete(data == statusAt ? data + 1 : data);
    }
}
