package org.vhostdevice.fs.queue;

import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.fs.fuse.FuseCall;
import org.vhostdevice.fs.fuse.FuseServer;

/// A chain and the request in it.
///
/// Objects are used again. One belongs to the queue's worker but while [#run] is called, which any thread may do.
final class FsRequest implements Runnable {
    private final FuseServer server;
    private final Consumer<FsRequest> giveBack;
    private final FuseCall call = new FuseCall();
    private @Nullable DescriptorChain chain;
    private @Nullable Throwable fault;
    private volatile boolean interrupted;

    /// @param giveBack told by [#run] that it is done; any thread
    FsRequest(FuseServer server, Consumer<FsRequest> giveBack) {
        this.server = server;
        this.giveBack = giveBack;
    }

    FuseCall call() {
        return call;
    }

    /// Takes a chain up.
    ///
    /// @return whether the request usually waits for the host's medium
    boolean begin(DescriptorChain of) {
        chain = of;
        fault = null;
        interrupted = false;
        return server.accept(call, of.readable(), of.writable());
    }

    /// Does it, if it need not wait.
    ///
    /// @return whether it is done
    boolean tryNow() {
        return server.serve(call, false);
    }

    /// Does it, waits for that, and gives it back. Any thread.
    @Override
    public void run() {
        try {
            perform();
        } catch (RuntimeException | Error e) {
            fault = e;
        }
        giveBack.accept(this);
    }

    /// Does it, and waits for that.
    void perform() {
        boolean _ = server.serve(call, true);
    }

    /// Answers, and gives the chain back to the driver.
    void finish() {
        DescriptorChain done = Objects.requireNonNull(chain);
        long written = call.answer();
        chain = null;
        call.end();
        done.complete(written);
    }

    /// It is to wait no longer. Any thread.
    void interrupt() {
        interrupted = true;
    }

    boolean interrupted() {
        return interrupted;
    }

    /// Throws what else came out of [#run], if anything did: guest memory was taken away, or a mistake of ours.
    void rethrow() {
        switch (fault) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(fault);
        }
    }
}
