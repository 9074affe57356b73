package org.vhostdevice.core.frontend.console;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import org.vhostdevice.core.frontend.BackendViolation;
import org.vhostdevice.core.frontend.Frontend;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.SlotLoad;
import org.vhostdevice.core.frontend.SlotQueue;

/// Keeps port 0 of a console device busy: bytes of the guest, or of the host. One thread, and one on the host's side.
public final class ConsoleLoad implements AutoCloseable {
    private static final int CHUNK = 64 << 10;
    private static final byte CHARACTER = 'x';

    private final Plan plan;
    private final boolean polling;
    private final Duration timeout;
    private final SlotQueue queue;
    private final Optional<ByteChannel> host;

    /// A load.
    ///
    /// @param toHost whether the guest sends; otherwise it receives
    /// @param bytes  of a buffer
    /// @param depth  buffers in flight
    public record Plan(boolean toHost, int bytes, int depth) {
        SlotQueue.Plan slots() {
            return new SlotQueue.Plan(depth, toHost ? bytes : 0, toHost ? 0 : bytes);
        }

        /// {@return the bytes of guest memory that a load takes}
        public long memoryBytes() {
            return slots().bytes();
        }
    }

    /// Begins to play the host.
    ///
    /// @param frontend started, as [ConsoleDriver#onePort] wants it
    /// @param peer     the device's socket or terminal on the host, without which nobody reads there
    /// @param plan     what is done
    /// @param polling  whether the ring is looked at all the time, instead of waiting for calls
    /// @throws IOException if the host refuses
    public ConsoleLoad(Frontend frontend, Optional<Path> peer, Plan plan, boolean polling) throws IOException {
        this.plan = plan;
        this.polling = polling;
        timeout = frontend.options().link().timeout();
        queue = new SlotQueue(frontend, plan.toHost() ? 1 : 0, plan.slots());
        host = peer.isPresent() ? Optional.of(open(peer.get())) : Optional.empty();
        host.ifPresent(
                channel -> Thread.ofPlatform().daemon().name("vhost-load-host").start(() -> play(channel)));
    }

    private static ByteChannel open(Path peer) throws IOException {
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            boolean _ = socket.connect(UnixDomainSocketAddress.of(peer));
            return socket;
        } catch (IOException e) {
            socket.close();
            return FileChannel.open(peer, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
    }

    private void play(ByteChannel channel) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
        try {
            int n = 0;
            while (n >= 0) {
                buffer.clear();
                n = plan.toHost() ? channel.read(buffer) : channel.write(buffer);
            }
        } catch (IOException e) {
            // The load is over, or the device has closed its end, which the guest's side finds out.
        }
    }

    /// Runs the load.
    ///
    /// @param time how long
    /// @return what was measured; the latency is the time for which the device had a buffer
    /// @throws BackendViolation if the device gives a buffer back without a byte in it
    /// @throws IOException      if the back end fails
    public LoadReport run(Duration time) throws IOException {
        return new SlotLoad(queue, new Buffers(), polling, timeout).run(time);
    }

    private final class Buffers implements SlotLoad.Work {
        @Override
        public boolean start(int slot) {
            if (plan.toHost()) {
                queue.readable(slot).fill(CHARACTER);
                queue.offer(slot, plan.bytes(), 0);
            } else {
                queue.offer(slot, 0, plan.bytes());
            }
            return true;
        }

        @Override
        public void finish(int slot, SlotLoad.Tally tally) throws BackendViolation {
            long bytes = plan.toHost() ? plan.bytes() : queue.usedLength();
            if (bytes == 0) {
                throw new BackendViolation("the device used a receive buffer without a byte in it");
            }
            tally.done(plan.toHost(), bytes);
        }
    }

    /// Leaves the device's socket or terminal.
    @Override
    public void close() throws IOException {
        if (host.isPresent()) {
            host.get().close();
        }
    }
}
