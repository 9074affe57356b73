package org.vhostdevice.vsock.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.vsock.connection.Connection.Address;
import org.vhostdevice.vsock.host.GuestSide;
import org.vhostdevice.vsock.host.HostEnd;
import org.vhostdevice.vsock.host.HostPorts;

/// A host in memory that grants every connection to a port below 100, and takes and gives as many bytes as a test
/// says.
final class FakeHost implements HostPorts {
    final List<End> ends = new ArrayList<>();
    private final IntUnaryOperator takes;
    private GuestSide guest;

    /// @param takes how many of so many bytes the host takes at a time
    FakeHost(IntUnaryOperator takes) {
        this.takes = takes;
    }

    @Override
    public HostEnd connect(Address wanted, SocketType type) throws IOException {
        int port = wanted.hostPort();
        if (wanted.hostCid() != GuestSide.HOST_CID || port < 0 || port >= 100) {
            return null;
        }
        End end = new End(port % 2 == 0);
        ends.add(end);
        return end;
    }

    /// Somebody on the host asks for a connection.
    void call(int guestPort, SocketType type) {
        End end = new End(true);
        ends.add(end);
        guest.connect(end, guestPort, type);
    }

    @Override
    public void attach(WorkerContext context, GuestSide newGuest) {
        guest = newGuest;
    }

    @Override
    public void detach() {}

    @Override
    public void roomChanged(boolean room) {}

    @Override
    public void close() {}

    /// One end.
    final class End implements HostEnd {
        final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private boolean connected;
        private boolean closed;
        private boolean broken;
        private int offered;
        private boolean ended;
        private Watcher watcher = _ -> {};
        private int interest;

        End(boolean connected) {
            this.connected = connected;
        }

        boolean isClosed() {
            return closed;
        }

        /// Has bytes for the guest.
        void offer(int bytes) {
            offered += bytes;
        }

        /// Has no more bytes for the guest.
        void end() {
            ended = true;
        }

        /// Takes no more bytes.
        void breakDown() {
            broken = true;
        }

        /// Tells what is ready, as a poller would.
        void tell() {
            connected = true;
            int ready = interest & (Watcher.WRITE | (offered > 0 || ended ? Watcher.READ : 0));
            if (ready != 0 && !closed) {
                watcher.ready(ready);
            }
        }

        @Override
        public void attach(WorkerContext context, Watcher newWatcher) {
            watcher = newWatcher;
        }

        @Override
        public void detach() {
            interest = 0;
        }

        @Override
        public void interest(int newInterest) {
            interest = newInterest;
        }

        @Override
        public boolean isConnected() {
            return connected;
        }

        @Override
        public void requireConnected() throws IOException {
            if (broken) {
                throw new ErrnoException("connect", Errno.ECONNREFUSED.number());
            }
        }

        @Override
        public long receive(IoVecs into) {
            if (offered == 0) {
                return ended ? END : NOTHING;
            }
            int bytes = (int) Math.min(offered, into.total());
            offered -= bytes;
            return bytes;
        }

        @Override
        public long send(IoVecs from, boolean endsRecord) throws IOException {
            if (broken) {
                throw new ErrnoException("sendmsg", Errno.EPIPE.number());
            }
            int left = takes.applyAsInt((int) from.total());
            int sent = left;
            if (left == 0 && from.total() > 0) {
                return NOTHING;
            }
            for (int i = 0; i < from.count() && left > 0; i++) {
                MemorySegment entry = from.segment().asSlice(16L * i, 16);
                int part = (int) Math.min(left, entry.get(ValueLayout.JAVA_LONG, 8));
                taken.writeBytes(bytes(entry.get(ValueLayout.JAVA_LONG, 0), part));
                left -= part;
            }
            return sent;
        }

        @SuppressWarnings("restricted") // an address in the test's own memory
        private static byte[] bytes(long address, int count) {
            return MemorySegment.ofAddress(address).reinterpret(count).toArray(ValueLayout.JAVA_BYTE);
        }

        @Override
        public void shutdown(boolean sends, boolean receives) {}

        @Override
        public void close() {
            closed = true;
        }
    }
}
