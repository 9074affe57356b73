package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.vhostdevice.core.device.Watcher;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;

/// The end of a guest that calls another one. It is connected once the other end ([CalledEnd]) has sent a byte; until
/// then being ready for writing means that this byte is there, or will never be.
final class CallingEnd implements HostEnd {
    private static final MemorySegment ANSWER = Arena.global().allocate(1);

    private final SocketEnd end;
    private boolean connected;

    CallingEnd(OwnedFd fd, SocketIo io, SocketType type) {
        end = new SocketEnd(fd, io, type, true);
    }

    @Override
    public void attach(WorkerContext context, Watcher watcher) throws IOException {
        end.attach(context, what -> watcher.ready(connected ? what : Watcher.WRITE));
    }

    @Override
    public void detach() {
        end.detach();
    }

    @Override
    public void interest(int interest) throws IOException {
        boolean waits = !connected && (interest & Watcher.WRITE) != 0;
        end.interest(waits ? Watcher.READ : connected ? interest : 0);
    }

    @Override
    public boolean isConnected() {
        return connected;
    }

    @Override
    public void requireConnected() throws IOException {
        IoVecs answer = new IoVecs(1);
        boolean _ = answer.add(ANSWER.address(), ANSWER.byteSize());
        connected = end.receive(answer) == ANSWER.byteSize();
        if (!connected) {
            throw new ErrnoException("connect to a guest", Errno.ECONNREFUSED.number());
        }
    }

    @Override
    public long receive(IoVecs into) throws IOException {
        return end.receive(into);
    }

    @Override
    public boolean endedRecord() {
        return end.endedRecord();
    }

    @Override
    public long send(IoVecs from, boolean endsRecord) throws IOException {
        return end.send(from, endsRecord);
    }

    @Override
    public void shutdown(boolean sends, boolean receives) {
        end.shutdown(sends, receives);
    }

    @Override
    public void close() {
        end.close();
    }
}
