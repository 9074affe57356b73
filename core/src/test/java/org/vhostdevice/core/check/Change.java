package org.vhostdevice.core.check;

import java.util.function.LongUnaryOperator;
import org.vhostdevice.core.check.Relay.Message;
import org.vhostdevice.core.check.Relay.State;
import org.vhostdevice.core.protocol.FrontendRequest;

/// What happens to a message on its way.
@FunctionalInterface
interface Change {
    /// Changes the message, drops it, or ends the connection.
    void make(State state, Message message);

    /// Leaves the message as it is.
    static void none(State state, Message message) {}

    /// Changes messages of one kind, and the answers to them.
    static Change at(FrontendRequest kind, Change change) {
        return (state, message) -> {
            if (message.of() == kind) {
                change.make(state, message);
            }
        };
    }

    /// Changes the number that messages of one kind carry.
    static Change number(FrontendRequest kind, LongUnaryOperator change) {
        return at(kind, (_, message) -> message.number(change.applyAsLong(message.number())));
    }

    /// This change, and another one behind it.
    default Change and(Change other) {
        return (state, message) -> {
            make(state, message);
            other.make(state, message);
        };
    }
}
