package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.LatencyHistogram;
import org.vhostdevice.core.frontend.LoadReport;
import org.vhostdevice.core.frontend.vsock.VsockLoad.Direction;

/// The loads of [VsockLoad] on plain Unix sockets between two threads of this process: what a device in between has to
/// be measured by. One thread, and one for the other side.
public final class PlainSocketLoad implements AutoCloseable {
    private static final long SILENCE_MILLIS = 10_000;

    private final VsockLoad.Plan plan;
    private final HostPeers peers;
    private final Selector selector = Selector.open();
    private final List<SocketChannel> channels = new ArrayList<>();
    private final ByteBuffer block;
    private final LatencyHistogram latency = new LatencyHistogram();
    private long blocks;
    private long bytes;

    /// One connection's part.
    private static final class Part {
        private long done;
        private long back;
        private long started;
    }

    /// Makes all connections.
    ///
    /// @param plan as for a device; how many packets are in flight means nothing here
    /// @param path where a socket is made for the time of connecting
    /// @throws IOException if the host refuses
    public PlainSocketLoad(VsockLoad.Plan plan, Path path) throws IOException {
        this.plan = plan;
        block = ByteBuffer.allocateDirect(plan.bytes());
        peers = new HostPeers(plan.direction().role());
        try (HostListener listener = HostListener.open(path)) {
            while (channels.size() < plan.connections()) {
                SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
                channels.add(channel);
                var _ = channel.configureBlocking(false);
                boolean reads = plan.direction() != Direction.TO_HOST;
                SelectionKey _ =
                        channel.register(selector, reads ? SelectionKey.OP_READ : SelectionKey.OP_WRITE, new Part());
                peers.add(listener.accept(Duration.ofMillis(SILENCE_MILLIS))
                        .orElseThrow(() -> new BackendTimeout("no connection to " + path)));
            }
            peers.start();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /// Runs the load.
    ///
    /// @param time how long
    /// @return what was measured, once; the latency is that of a call, or until a message has come back
    /// @throws IOException if the host fails
    public LoadReport run(Duration time) throws IOException {
        long begin = System.nanoTime();
        long end = begin + time.toNanos();
        if (plan.direction() == Direction.ROUND_TRIP) {
            for (SelectionKey key : selector.keys()) {
                send((SocketChannel) key.channel(), (Part) key.attachment());
            }
        }
        while (System.nanoTime() - end < 0) {
            List<IOException> failures = new ArrayList<>();
            int ready = selector.select(key -> serve(key, failures), SILENCE_MILLIS);
            if (ready == 0 || !failures.isEmpty()) {
                throw failures.isEmpty() ? new BackendTimeout("the other side is silent") : failures.getFirst();
            }
        }
        long writes = plan.direction() == Direction.TO_HOST ? blocks : 0;
        long[] parts = selector.keys().stream()
                .mapToLong(key -> ((Part) key.attachment()).done)
                .toArray();
        return new LoadReport(blocks, writes, 0, bytes, System.nanoTime() - begin, latency).by(parts);
    }

    private void serve(SelectionKey key, List<IOException> failures) {
        SocketChannel channel = (SocketChannel) key.channel();
        Part part = (Part) key.attachment();
        try {
            long begin = System.nanoTime();
            block.clear();
            int n = plan.direction() == Direction.TO_HOST ? channel.write(block) : channel.read(block);
            if (n < 0) {
                throw new IOException("the other side has closed its end");
            }
            if (plan.direction() == Direction.ROUND_TRIP) {
                takeBack(channel, part, n);
            } else {
                count(part, n, begin);
            }
        } catch (IOException e) {
            failures.add(e);
        }
    }

    private void takeBack(SocketChannel channel, Part part, int n) throws IOException {
        part.back += n;
        if (part.back >= plan.bytes()) {
            count(part, plan.bytes(), part.started);
            send(channel, part);
        }
    }

    private void count(Part part, int n, long begin) {
        latency.record(System.nanoTime() - begin);
        part.done += n;
        bytes += n;
        blocks = Math.ceilDiv(bytes, plan.bytes());
    }

    /// A message that has come back has left room for the next.
    private void send(SocketChannel channel, Part part) throws IOException {
        part.started = System.nanoTime();
        part.back = 0;
        block.clear();
        while (block.hasRemaining()) {
            int _ = channel.write(block);
        }
    }

    /// Ends all connections.
    @Override
    public void close() throws IOException {
        selector.close();
        for (SocketChannel channel : channels) {
            channel.close();
        }
        peers.close();
    }
}
