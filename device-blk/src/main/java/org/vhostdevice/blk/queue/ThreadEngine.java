package org.vhostdevice.blk.queue;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.Faults;
import org.vhostdevice.core.device.Handover;
import org.vhostdevice.core.device.QueueContext;

/// Does transfers on threads that may wait, which every host has.
///
/// A transfer that comes alone is done by the worker itself, which has nothing else to do then: that saves the way to
/// another thread and back.
final class ThreadEngine implements TransferEngine {
    private final Executor threads;
    private final Client client;
    private final boolean loneHere;
    private final Handover<Transfer> handover;
    private @Nullable Transfer lone;

    /// @param loneHere whether the worker itself may wait for a transfer that comes alone
    ThreadEngine(QueueContext context, Executor threads, Client client, boolean loneHere) {
        this.threads = threads;
        this.client = client;
        this.loneHere = loneHere;
        this.handover = new Handover<>(context, client::completed);
    }

    @Override
    public void start(Transfer transfer) {
        if (loneHere && away() == 0 && lone == null && transfer.isPlain()) {
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
        handover.sent();
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
        handover.giveBack(transfer);
    }

    /// Transfers that threads have.
    int away() {
        return handover.away();
    }

    @Override
    public void close() {
        Faults faults = new Faults();
        faults.collect(this::submit);
        faults.collect(handover::close);
        faults.rethrow();
    }
}
