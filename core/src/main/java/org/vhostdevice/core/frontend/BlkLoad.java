package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

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
    /// @throws IOException      if the back end fails, or is gone; requests may be left in the rings
    /// @throws IllegalArgumentException if the rings cannot hold so many requests, or the disk has no such block
    /// @throws IllegalStateException    if the front end's memory cannot hold so many requests
    /// @throws InterruptedException if the calling thread is interrupted; the load has ended then, too
    public static LoadReport run(Frontend frontend, BlkLoadOptions options) throws IOException, InterruptedException {
        long blocks = Math.min(capacity(frontend), options.span())
                / options.workload().blockSize();
        if (blocks == 0) {
            throw new IllegalArgumentException("the part of the disk to be used is smaller than a block");
        }
        var stop = new AtomicBoolean();
        List<BlkLoadWorker> workers = workers(frontend, options, blocks, stop);
        var threads = Thread.ofPlatform().daemon().name("vhost-load-q", 0).factory();
        try (ExecutorService executor = Executors.newThreadPerTaskExecutor(threads)) {
            List<Future<LoadReport>> reports = runAll(executor, workers, stop);
            LoadReport sum = LoadReport.none();
            for (Future<LoadReport> report : reports) {
                sum = sum.plus(report.get());
            }
            return sum;
        } catch (ExecutionException e) {
            throw unwrap(e);
        }
    }

    private static List<Future<LoadReport>> runAll(
            ExecutorService executor, List<BlkLoadWorker> workers, AtomicBoolean stop) throws InterruptedException {
        try {
            return executor.invokeAll(workers);
        } catch (InterruptedException e) {
            stop.set(true);
            throw e;
        }
    }

    private static List<BlkLoadWorker> workers(
            Frontend frontend, BlkLoadOptions options, long blocks, AtomicBoolean stop) {
        List<BlkLoadWorker> workers = new ArrayList<>();
        try {
            int queues = frontend.queues().size();
            for (FrontendQueue queue : frontend.queues()) {
                long first = blocks / queues * queue.index();
                workers.add(new BlkLoadWorker(frontend, queue, options, new BlkLoadWorker.Share(first, blocks, stop)));
            }
            return workers;
        } catch (IllegalArgumentException | IllegalStateException e) {
            workers.forEach(BlkLoadWorker::cancel);
            throw e;
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
