package org.vhostdevice.core.session;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.sys.ByteStream;

/// One transfer of the device's state, on a thread of its own so that messages are answered meanwhile. Its other
/// methods are the control thread's.
final class StateTransfer {
    private static final Logger LOGGER = System.getLogger(StateTransfer.class.getName());

    private final VirtioDevice device;
    private final ByteStream stream;
    private final boolean load;
    private final CompletableFuture<Boolean> result = new CompletableFuture<>();
    private final Thread thread;

    private StateTransfer(VirtioDevice device, ByteStream stream, boolean load) {
        this.device = device;
        this.stream = stream;
        this.load = load;
        this.thread = Thread.ofPlatform().daemon().name("vhost-state").unstarted(this::run);
    }

    /// Begins.
    ///
    /// @param stream closed at the end of the transfer
    /// @param load whether the state comes in
    static StateTransfer start(VirtioDevice device, ByteStream stream, boolean load) {
        var transfer = new StateTransfer(device, stream, load);
        transfer.thread.start();
        return transfer;
    }

    /// Waits for the end, but not for the front end: what it has not done by now makes the transfer fail. After a load
    /// that failed the device is in its initial state.
    ///
    /// @return whether it went well
    boolean finish() {
        synchronized (stream) {
            if (!result.isDone()) {
                stream.hurry();
            }
        }
        boolean done = result.join();
        if (load && !done) {
            device.reset();
        }
        return done;
    }

    private void run() {
        boolean done = false;
        try {
            if (load) {
                StateFormat.load(device, stream.input());
            } else {
                StateFormat.save(device, stream.output());
            }
            done = true;
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the device's state is not " + (load ? "loaded: " : "saved: ") + e.getMessage());
        } catch (RuntimeException | Error e) {
            LOGGER.log(Level.ERROR, "the device failed at its state", e);
        } finally {
            // The front end asks for the result once it sees the end of the stream.
            synchronized (stream) {
                result.complete(done);
                stream.close();
            }
        }
    }
}
