package org.vhostdevice.core.frontend.vsock;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.frontend.BackendTimeout;
import org.vhostdevice.core.frontend.LatencyHistogram;
import org.vhostdevice.core.frontend.LoadReport;

/// Messages that come back, on connections with one of them each. The guest's port tells a connection's number.
final class RoundTrips {
    private final VsockDriver driver;
    private final List<VsockConnection> connections;
    private final int firstPort;
    private final MemorySegment message;
    private final LatencyHistogram latency = new LatencyHistogram();
    private final long[] started;
    private final long[] back;
    private final long[] done;
    private final boolean[] waiting;
    private long end;
    private int onTheWay;
    private int waitingForRoom;

    /// @param firstPort of the guest, which the first connection has
    /// @param bytes     of a message
    RoundTrips(VsockDriver driver, List<VsockConnection> connections, int firstPort, int bytes) {
        this.driver = driver;
        this.connections = connections;
        this.firstPort = firstPort;
        message = MemorySegment.ofArray(new byte[bytes]);
        started = new long[connections.size()];
        back = new long[connections.size()];
        done = new long[connections.size()];
        waiting = new boolean[connections.size()];
    }

    LoadReport run(Duration time) throws IOException {
        long begin = System.nanoTime();
        end = begin + time.toNanos();
        for (int i = 0; i < started.length; i++) {
            int number = i;
            connections.get(i).sink((_, data) -> back[number] += data.byteSize());
            send(i);
        }
        while (onTheWay > 0 || (waitingForRoom > 0 && System.nanoTime() - end < 0)) {
            if (!driver.receive(driver.timeoutNanos(), this::take)) {
                throw new BackendTimeout(
                        onTheWay + " messages do not come back, and there is no room for " + waitingForRoom + " more");
            }
        }
        long elapsed = System.nanoTime() - begin;
        long trips = latency.count();
        return new LoadReport(trips, 0, 0, trips * message.byteSize(), elapsed, latency).by(done);
    }

    private void send(int number) throws IOException {
        boolean room = connections.get(number).room() >= message.byteSize();
        waitingForRoom += (room ? 0 : 1) - (waiting[number] ? 1 : 0);
        waiting[number] = !room;
        if (room) {
            started[number] = System.nanoTime();
            onTheWay++;
            connections.get(number).send(Vsock.RW, 0, message);
        }
    }

    private void take(VsockHeader header, MemorySegment data) throws IOException {
        int number = header.destination().port() - firstPort;
        if (number < 0 || number >= started.length) {
            return;
        }
        connections.get(number).take(header, data);
        if (connections.get(number).isReset()) {
            throw new BackendRefusal("the host has reset a connection");
        }
        long now = System.nanoTime();
        if (back[number] >= message.byteSize()) {
            finish(number, now);
        } else if (waiting[number]) {
            send(number);
        }
    }

    private void finish(int number, long now) throws IOException {
        latency.record(now - started[number]);
        connections.get(number).forward(Math.toIntExact(back[number]));
        back[number] = 0;
        done[number]++;
        onTheWay--;
        if (now - end < 0) {
            send(number);
        }
    }
}
