package org.vhostdevice.core.session;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.EventConsumer;
import org.vhostdevice.core.sys.EventNotifier;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.transport.ReceivedMessage;

/// Makes notifications of the descriptors that a front end sends, and closes them.
final class Notifications {
    private Notifications() {}

    /// Makes a kind of notification of a received descriptor.
    @FunctionalInterface
    interface Adoption<T> {
        T adopt(OwnedFd fd) throws IOException;
    }

    /// Takes the descriptor of a message, if it has one.
    ///
    /// @throws ProtocolException not fatal, if the descriptor can be no notification
    static <T> @Nullable T adopt(ReceivedMessage received, Adoption<T> adoption) throws ProtocolException {
        if (received.descriptorCount() == 0) {
            return null;
        }
        OwnedFd fd = received.takeDescriptor();
        try {
            return adoption.adopt(fd);
        } catch (IOException e) {
            fd.close();
            throw ProtocolException.refused(String.valueOf(e.getMessage()));
        }
    }

    static void close(@Nullable EventConsumer consumer) {
        if (consumer != null) {
            consumer.close();
        }
    }

    static void close(@Nullable EventNotifier notifier) {
        if (notifier != null) {
            notifier.close();
        }
    }
}
