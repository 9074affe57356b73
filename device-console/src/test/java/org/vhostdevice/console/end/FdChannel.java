package org.vhostdevice.console.end;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import org.vhostdevice.core.memory.IoVecs;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Poller;
import org.vhostdevice.core.sys.StreamIo;
import org.vhostdevice.core.sys.UnixSocket;

/// A test's descriptor, which waits.
record FdChannel(OwnedFd fd) implements ByteChannel {
    @Override
    public int read(ByteBuffer into) throws IOException {
        MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, into.remaining()));
        int _ = UnixSocket.poll(fd.number(), Poller.READ, -1);
        long n = StreamIo.read(fd.number(), memory);
        if (n > 0) {
            into.put(memory.asSlice(0, n).asByteBuffer());
        }
        return n == 0 ? -1 : (int) Math.max(0, n);
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        MemorySegment memory = Arena.ofAuto().allocate(from.remaining());
        memory.copyFrom(MemorySegment.ofBuffer(from));
        int _ = UnixSocket.poll(fd.number(), Poller.WRITE, -1);
        IoVecs vectors = new IoVecs(1);
        boolean _ = vectors.add(memory.address(), memory.byteSize());
        int n = (int) Math.max(0, StreamIo.writev(fd.number(), vectors.segment(), 1));
        from.position(from.position() + n);
        return n;
    }

    @Override
    public boolean isOpen() {
        return !fd.isClosed();
    }

    @Override
    public void close() {
        fd.close();
    }
}
