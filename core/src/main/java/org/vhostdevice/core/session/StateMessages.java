package org.vhostdevice.core.session;

import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.sys.ByteStream;
import org.vhostdevice.core.transport.ReceivedMessage;

/// The messages that move the device's state. A state moves while the device is suspended; whatever ends that, ends the
/// transfer. Control thread only.
final class StateMessages {
    private static final int SAVE = 0;
    private static final int LOAD = 1;
    private static final int STOPPED = 0;

    /// The answer of SET_DEVICE_STATE_FD that says that no descriptor comes along: the front end's own is used.
    private static final Message BEGUN = new Message.U64(0x100);

    private final VirtioDevice device;
    private final Rings rings;
    private @Nullable StateTransfer transfer;

    StateMessages(VirtioDevice device, Rings rings) {
        this.device = device;
        this.rings = rings;
    }

    /// SET_DEVICE_STATE_FD.
    ///
    /// @param received with descriptors: exactly one
    Message begin(Message.DeviceState message, ReceivedMessage received) throws ProtocolException {
        boolean _ = end();
        if (rings.anyStarted()) {
            throw ProtocolException.refused("a ring is started");
        }
        boolean load = message.direction() == LOAD;
        if (!(load || message.direction() == SAVE) || message.phase() != STOPPED) {
            throw ProtocolException.refused(message.toString());
        }
        ByteStream stream = Notifications.adopt(received, ByteStream::adopt);
        if (stream != null) {
            transfer = StateTransfer.start(device, stream, load);
        }
        return BEGUN;
    }

    /// CHECK_DEVICE_STATE. The front end has seen the end, or has closed its side: what is not there now never comes.
    Message check() {
        return end() ? Message.ACK : Message.NACK;
    }

    /// Ends a transfer, complete or not.
    ///
    /// @return whether there was one that went well
    boolean end() {
        StateTransfer last = transfer;
        transfer = null;
        return last != null && last.finish();
    }
}
