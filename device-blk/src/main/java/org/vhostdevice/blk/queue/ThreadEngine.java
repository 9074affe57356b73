package org.vhostdevice.blk.queue;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.QueueContext;

/// Does transfers on threads that may wait, which every host has.
///
/// A transfer that comes alone is done by the worker itself, which has nothing else to do then: that saves the way to
/// another thread and back.
final class ThreadEngine implements TransferEngine {
    private final QueueContext context;
    private final Executor threads;
    private final Client client;
    private final boolean loneHere;
    private final LinkedBlockingQueue<Transfer> done = new LinkedBlockingQueue<>();
    private final AtomicBoolean told = new AtomicBoolean();
    private @Nullable Transfer lone;
    private int away;

    /// @param loneHere whether the worker itself may wait for a transfer that comes alone
    ThreadEngine(QueueContext context, Executor threads, Client client, boolean loneHere) {
        this.context = context;
        this.threads = threads;
        this.client = client;
        this.loneHere = loneHere;
    }

    @Override
    public void start(Transfer transfer) {
        if (loneHere && away == 0 && lone == null && transfer.isPlain()) {
            lone = transfer;
            return;
        }
        if (lone != null) {
            Transfer first = lone;
            lone = null;
            send(first);
        }
        send(transfer);
    }

    private void send(Transfer transfer) {
        away++;
        threads.execute(transfer);
    }

    @Override
    public void submit() {
        if (lone != null) {
            Transfer only = lone;
            lone = null;
            only.perform();
            client.completed(only);
        }
    }

    /// Takes a transfer back from its thread. Any thread.
    void giveBack(Transfer transfer) {
        done.add(transfer);
        if (told.compareAndSet(false, true)) {
            context.execute(this::takeBack);
        }
    }

    private void takeBack() {
        told.set(false);
        for (Transfer transfer = done.poll(); transfer != null; transfer = done.poll()) {
            takeBack(transfer);
        }
    }

    private void takeBack(Transfer transfer) {
        away--;
        client.completed(transfer);
    }

    /// Transfers that threads have.
    int away() {
        return away;
    }

    @Override
    public void close() {
        Faults faults = new Faults();
        faults.collect(this::submit);
        while (away > 0) {
            faults.collect(() -> takeBack(next()));
        }
        faults.rethrow();
    }

    private Transfer next() {
        boolean interrupted = false;
        while (true) {
            try {
                Transfer transfer = done.take();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return transfer;
            } catch (InterruptedException e) {
                interrupted = true; // nobody interrupts a worker
            }
        }
    }
}
