package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Keeps a block device busy through all queues of a front end, each by a thread of its own, and measures.
public final class BlkLoad {
    private static final int CAPACITY_BYTES = 8;

    private BlkLoad() {}

    /// Runs a load to its end.
    ///
    /// @param frontend started; its queues are used by nobody else meanwhile
    /// @param options  what to do, and for how long
    /// @return what was measured, over all queues
    /// @throws BackendViolation if data that was verified is wrong, or a ring is misused
    /// @throws IOException      if the back end fails, or is gone
    /// @throws IllegalArgumentException if the rings cannot hold so many requests, or the disk has no such block
    /// @throws InterruptedException if the calling thread is interrupted; the rings must be reset then
    public static BlkLoadReport run(Frontend frontend, BlkLoadOptions options)
            throws IOException, InterruptedException {
        long blocks = Math.min(capacity(frontend), options.span())
                / options.workload().blockSize();
        if (blocks == 0) {
            throw new IllegalArgumentException("the part of the disk to be used is smaller than a block");
        }
        List<Callable<BlkLoadReport>> workers = new ArrayList<>();
        int queues = frontend.queues().size();
        for (FrontendQueue queue : frontend.queues()) {
            long first = blocks / queues * queue.index();
            workers.add(new BlkLoadWorker(frontend, queue, options, new BlkLoadWorker.Range(first, blocks)));
        }
        var threads = Thread.ofPlatform().daemon().name("vhost-load-q", 0).factory();
        try (ExecutorService executor = Executors.newThreadPerTaskExecutor(threads)) {
            BlkLoadReport sum = BlkLoadReport.none(options.workload());
            for (Future<BlkLoadReport> report : executor.invokeAll(workers)) {
                sum = sum.plus(report.get());
            }
            return sum;
        } catch (ExecutionException e) {
            throw unwrap(e);
        }
    }

    /// The size of the disk (VIRTIO 1.4, 5.2.4).
    ///
    /// @param frontend connected, with protocol feature CONFIG
    /// @return bytes
    /// @throws IOException if the back end fails or refuses
    public static long capacity(Frontend frontend) throws IOException {
        byte[] capacity = frontend.config(0, CAPACITY_BYTES);
        long sectors = ByteBuffer.wrap(capacity).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (sectors < 0 || sectors > Long.MAX_VALUE / BlkDriver.SECTOR) {
            throw new BackendViolation("the disk has " + Long.toUnsignedString(sectors) + " sectors");
        }
        return sectors * BlkDriver.SECTOR;
    }

    private static IOException unwrap(ExecutionException e) {
        return switch (e.getCause()) {
            case IOException failure -> failure;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case null, default -> throw new IllegalStateException(e);
        };
    }
}
