package org.vhostdevice.blk.queue;

/// Does each transfer at once: for storage that never makes it wait.
final class InlineEngine implements TransferEngine {
    private final Client client;

    InlineEngine(Client client) {
        this.client = client;
    }

    @Override
    public void start(Transfer transfer) {
        transfer.perform();
        client.completed(transfer);
    }

    @Override
    public void submit() {
        // all is done
    }

    @Override
    public void close() {
        // all is done
    }
}
