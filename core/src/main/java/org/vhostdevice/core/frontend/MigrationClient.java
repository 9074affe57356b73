package org.vhostdevice.core.frontend;

import java.io.IOException;
import java.util.List;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.sys.ByteStream;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.Notification;
import org.vhostdevice.core.sys.OwnedFd;

/// The requests of [VhostUserClient] that serve migration, with the same rules.
public final class MigrationClient {
    /// The answer of success that says that no descriptor comes along.
    private static final long DEVICE_STATE_NO_FD = 0x100;

    private static final int SAVE = 0;
    private static final int LOAD = 1;
    private static final int STOPPED = 0;

    private final VhostUserClient client;

    MigrationClient(VhostUserClient client) {
        this.client = client;
    }

    /// SET_LOG_BASE (protocol feature LOG_SHMFD). The back end has taken it up when this returns.
    ///
    /// @param log        size and place in the file
    /// @param descriptor its file
    /// @throws IOException if the back end fails
    public void setLogBase(Message.Log log, OwnedFd descriptor) throws IOException {
        Message _ = client.ask(FrontendRequest.SET_LOG_BASE, log, List.of(descriptor));
    }

    /// SET_LOG_FD.
    ///
    /// @param descriptor what to write to when pages were marked
    /// @throws IOException if the back end fails or refuses
    public void setLogFd(OwnedFd descriptor) throws IOException {
        client.tell(FrontendRequest.SET_LOG_FD, Message.EMPTY, List.of(descriptor));
    }

    /// SET_DEVICE_STATE_FD (protocol feature DEVICE_STATE), for a back end that uses the descriptor it is given.
    ///
    /// @param transfer   direction and phase
    /// @param descriptor where the state goes to or comes from
    /// @throws BackendRefusal if the back end cannot do it, or offers a descriptor of its own
    /// @throws IOException    if the back end fails
    public void setDeviceStateFd(Message.DeviceState transfer, OwnedFd descriptor) throws IOException {
        long answer =
                VhostUserClient.value(client.ask(FrontendRequest.SET_DEVICE_STATE_FD, transfer, List.of(descriptor)));
        if (answer != DEVICE_STATE_NO_FD) {
            throw new BackendRefusal("the back end answers SET_DEVICE_STATE_FD by 0x" + Long.toHexString(answer));
        }
    }

    /// CHECK_DEVICE_STATE (protocol feature DEVICE_STATE), after the end of the transfer.
    ///
    /// @throws BackendRefusal if the transfer failed
    /// @throws IOException    if the back end fails
    public void checkDeviceState() throws IOException {
        if (client.askU64(FrontendRequest.CHECK_DEVICE_STATE) != 0) {
            throw new BackendRefusal("the transfer of the device's state failed");
        }
    }

    /// Has the back end save its device's state. All rings are stopped.
    ///
    /// @return the state, which only a back end of the same kind understands
    /// @throws IOException if the back end fails or refuses
    public byte[] saveState() throws IOException {
        Notification pipe = Notification.create(Notification.Kind.PIPE);
        byte[] state;
        try (ByteStream stream = ByteStream.adopt(pipe.readEnd())) {
            try (OwnedFd far = pipe.writeEnd()) {
                setDeviceStateFd(new Message.DeviceState(SAVE, STOPPED), far);
            }
            state = stream.input().readAllBytes();
        }
        checkDeviceState();
        return state;
    }

    /// Has the back end load its device's state. All rings are stopped.
    ///
    /// @param state as [#saveState] gave it
    /// @throws IOException if the back end fails or refuses
    public void loadState(byte[] state) throws IOException {
        Notification pipe = Notification.create(Notification.Kind.PIPE);
        try (ByteStream stream = ByteStream.adopt(pipe.writeEnd())) {
            try (OwnedFd far = pipe.readEnd()) {
                setDeviceStateFd(new Message.DeviceState(LOAD, STOPPED), far);
            }
            stream.output().write(state);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPIPE) {
                throw e;
            }
            // The back end has refused it already, which it will tell.
        }
        checkDeviceState();
    }
}
