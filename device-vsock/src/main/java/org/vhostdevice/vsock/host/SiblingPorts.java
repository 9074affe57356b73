package org.vhostdevice.vsock.host;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.WorkerContext;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketIo;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;
import org.vhostdevice.vsock.connection.Connection.Address;

/// The other guests of the process, as one of them sees them.
///
/// A connection between guests is two connections, each by the rules of its own device, whose host's ends are a pair of
/// connected sockets: so the host's buffers bound what is under way, and a guest that takes nothing holds up only
/// whoever sends to it. The called guest's end says by one byte, the first one, that the guest has granted the
/// connection.
public final class SiblingPorts implements HostPorts {
    /// Calls of other guests that wait for the thread that serves this one.
    private static final int MAX_CALLS = 128;

    private final Siblings all;
    private final long cid;
    private final Set<String> groups;
    private final SocketIo io = new SocketIo();
    private final Queue<Call> calls = new ArrayDeque<>(); // guarded by itself, as is the next field
    private @Nullable WorkerContext context;
    private @Nullable GuestSide guest;

    /// A connection that another guest asks for.
    private record Call(OwnedFd fd, Address wanted, SocketType type) {}

    SiblingPorts(Siblings all, long cid, Set<String> groups) {
        this.all = all;
        this.cid = cid;
        this.groups = Set.copyOf(groups);
    }

    @Override
    public @Nullable HostEnd connect(Address wanted, SocketType type) throws IOException {
        SiblingPorts other = all.find(wanted.hostCid());
        if (other == null) {
            return null;
        }
        if (other == this || Collections.disjoint(groups, other.groups)) {
            throw new ErrnoException("connect to guest " + wanted.hostCid(), Errno.ECONNREFUSED.number());
        }
        List<OwnedFd> pair = Sockets.pair(type);
        try {
            other.call(new Call(pair.getLast(), wanted, type));
            return new CallingEnd(pair.getFirst(), io, type);
        } catch (IOException e) {
            pair.forEach(OwnedFd::close);
            throw e;
        }
    }

    /// Takes a call of another guest, on the thread that serves that one.
    private void call(Call call) throws ErrnoException {
        synchronized (calls) {
            if (context == null || calls.size() == MAX_CALLS) {
                Errno why = context == null ? Errno.ECONNREFUSED : Errno.EAGAIN;
                throw new ErrnoException("connect to guest " + cid, why.number());
            }
            boolean _ = calls.add(call);
            context.execute(this::takeCalls);
        }
    }

    private void takeCalls() {
        GuestSide to = guest;
        if (to == null) {
            return; // none is left
        }
        for (Call call = next(); call != null; call = next()) {
            Address from = call.wanted;
            to.connect(
                    new CalledEnd(call.fd, io, call.type),
                    from.guestCid(),
                    from.guestPort(),
                    from.hostPort(),
                    call.type);
        }
    }

    private @Nullable Call next() {
        synchronized (calls) {
            return calls.poll();
        }
    }

    @Override
    public void attach(WorkerContext newContext, GuestSide newGuest) {
        guest = newGuest;
        synchronized (calls) {
            context = newContext;
        }
    }

    @Override
    public void detach() {
        guest = null;
        synchronized (calls) {
            context = null;
            for (Iterator<Call> left = calls.iterator(); left.hasNext(); left.remove()) {
                left.next().fd.close();
            }
        }
    }

    @Override
    public void roomChanged(boolean room) {
        // A guest without room refuses.
    }

    @Override
    public void close() {
        detach();
        all.remove(cid);
    }
}
