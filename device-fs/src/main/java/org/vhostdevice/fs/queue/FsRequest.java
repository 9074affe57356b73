package org.vhostdevice.fs.queue;

import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.HandedOver;
import org.vhostdevice.core.virtqueue.DescriptorChain;
import org.vhostdevice.fs.fuse.FuseCall;
import org.vhostdevice.fs.fuse.FuseServer;

/// A chain and the request in it.
///
/// Objects are used again. One belongs to the queue's worker but while [#run] is called, which any thread may do.
final class FsRequest extends HandedOver<FsRequest> {
    private final FuseServer server;
    private final FuseCall call = new FuseCall();
    private @Nullable DescriptorChain chain;
    private volatile boolean interrupted;
    private long nanos;

    /// @param giveBack told by [#run] that it is done; any thread
    FsRequest(FuseServer server, Consumer<FsRequest> giveBack) {
        super(giveBack);
        this.server = server;
    }

    FuseCall call() {
        return call;
    }

    /// Takes a chain up.
    ///
    /// @return whether the request usually waits for the host's medium
    boolean begin(DescriptorChain of) {
        chain = of;
        begin();
        interrupted = false;
        return server.accept(call, of.readable(), of.writable());
    }

    /// Does it, if it need not wait.
    ///
    /// @return whether it is done
    boolean tryNow() {
        return server.serve(call, false);
    }

    @Override
    protected FsRequest self() {
        return this;
    }

    @Override
    protected void perform() {
        long began = System.nanoTime();
        boolean _ = server.serve(call, true);
        nanos = System.nanoTime() - began;
    }

    /// {@return how long it took to perform it}
    long nanos() {
        return nanos;
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
}
