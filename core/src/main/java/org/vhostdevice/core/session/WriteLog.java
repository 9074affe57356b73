package org.vhostdevice.core.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.memory.DirtyLog;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.MappedRegion;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.transport.ReceivedMessage;

/// The messages about the log of written pages. A log replaced by another, as front ends do when guest memory grows, is
/// unmapped once every ring has taken the new one up, and only then is the message answered. Control thread only.
final class WriteLog implements AutoCloseable {
    private final Rings rings;
    private final List<Runnable> retired = new ArrayList<>();
    private LogUse use = LogUse.NONE;

    WriteLog(Rings rings) {
        this.rings = rings;
    }

    /// SET_LOG_BASE.
    ///
    /// @param received with descriptors: exactly one
    /// @return the reply; front ends do not read what is in it
    Message setBase(Message.Log message, ReceivedMessage received) throws ProtocolException {
        DirtyLog log;
        try (OwnedFd fd = received.takeDescriptor()) {
            log = new DirtyLog(MappedRegion.map(fd, message.offset(), message.size(), true));
        } catch (IOException e) {
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        }
        DirtyLog old = use.log();
        replace(use.withLog(log), old == null ? null : old::close);
        return Message.ACK;
    }

    /// SET_LOG_FD.
    ///
    /// @param received with descriptors: exactly one
    void setNotifier(ReceivedMessage received) throws ProtocolException {
        EventNotifier notifier = Notifications.adopt(received, EventNotifier::adopt);
        EventNotifier old = use.notifier();
        replace(use.withNotifier(notifier), old == null ? null : old::close);
    }

    /// Feature LOG_ALL: begins or ends to log the buffers of requests. Without a log there is nothing to see of it.
    void logBuffers(boolean on) throws ProtocolException {
        if (on != use.buffers()) {
            replace(use.withBuffers(on), null);
        }
    }

    /// Lets the log go. All rings have stopped.
    @Override
    public void close() {
        DirtyLog log = use.log();
        EventNotifier notifier = use.notifier();
        use = LogUse.NONE;
        closeRetired();
        Notifications.close(notifier);
        if (log != null) {
            log.close();
        }
    }

    /// If a ring has failed, its worker may still use what is replaced, which is kept then until the connection has
    /// ended.
    private void replace(LogUse next, @Nullable Runnable closeReplaced) throws ProtocolException {
        if (closeReplaced != null) {
            retired.add(closeReplaced);
        }
        use = next;
        rings.useLog(next);
        closeRetired();
    }

    private void closeRetired() {
        retired.forEach(Runnable::run);
        retired.clear();
    }
}
