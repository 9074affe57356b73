package org.vhostdevice.core.session;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.protocol.FrontendRequest;
import org.vhostdevice.core.protocol.Message;
import org.vhostdevice.core.protocol.ProtocolException;
import org.vhostdevice.core.transport.ReceivedMessage;

/// What a front end is told about a request that is not supported, or that is refused for what it says. Control thread
/// only.
///
/// | request | refused by |
/// |---|---|
/// | without reply of its own | a non-zero acknowledgement, if one is asked for |
/// | the same, not asked for | nothing; the end of the connection if both sides would disagree from then on |
/// | GET_CONFIG | a reply without payload, as the specification says |
/// | IOTLB_MSG, POSTCOPY_END, CHECK_DEVICE_STATE | a number other than 0 |
/// | SET_DEVICE_STATE_FD | the same, with the bit that says that no descriptor comes along |
/// | POSTCOPY_ADVISE, GET_SHARED_OBJECT | a reply without descriptor |
/// | GET_INFLIGHT_FD | a region of no bytes, without descriptor |
/// | GET_SHMEM_CONFIG | no regions |
/// | GET_FEATURES, GET_QUEUE_NUM and other numbers, GET_VRING_BASE, SET_LOG_BASE | the end of the connection, since any
/// reply says that it was obeyed |
/// | CREATE_CRYPTO_SESSION | the same: where the reply holds the error is not in the text |
final class Refusals {
    private static final Logger LOGGER = System.getLogger(Refusals.class.getName());

    /// Refusals of one kind of request that are worth a line in the log; a hostile front end gets no more.
    static final int MAX_WARNINGS = 4;

    /// Says in the reply to SET_DEVICE_STATE_FD that no descriptor comes with it.
    private static final long NO_DESCRIPTOR = 1 << 8;

    /// Requests that must not fail unnoticed.
    private static final Set<FrontendRequest> ESSENTIAL = EnumSet.of(
            FrontendRequest.SET_FEATURES,
            FrontendRequest.SET_PROTOCOL_FEATURES,
            FrontendRequest.SET_MEM_TABLE,
            FrontendRequest.ADD_MEM_REG,
            FrontendRequest.REM_MEM_REG,
            FrontendRequest.SET_VRING_NUM,
            FrontendRequest.SET_VRING_ADDR,
            FrontendRequest.SET_VRING_BASE);

    private final Map<FrontendRequest, Integer> warnings = new EnumMap<>(FrontendRequest.class);

    /// The answer to a request that was not obeyed.
    ///
    /// @param acknowledged whether the front end asks for an acknowledgement, and may
    /// @return null if it gets none
    /// @throws ProtocolException fatal, if the connection must end
    @Nullable
    Message answer(ReceivedMessage received, ProtocolException reason, boolean acknowledged) throws ProtocolException {
        FrontendRequest request = received.request();
        if (reason.fatal()) {
            throw reason;
        }
        String text = request + " (" + received.header().request() + ") is refused: " + reason.getMessage();
        log(request, text);
        if (request.hasOwnReply()) {
            return ownReply(request, text);
        }
        if (acknowledged) {
            return Message.NACK;
        }
        if (ESSENTIAL.contains(request)) {
            throw ProtocolException.fatal(text);
        }
        return null;
    }

    private static Message ownReply(FrontendRequest request, String text) throws ProtocolException {
        return switch (request) {
            case GET_CONFIG, POSTCOPY_ADVISE, GET_SHARED_OBJECT -> Message.EMPTY;
            case IOTLB_MSG, POSTCOPY_END, CHECK_DEVICE_STATE -> Message.NACK;
            case SET_DEVICE_STATE_FD -> new Message.U64(NO_DESCRIPTOR | 1);
            case GET_INFLIGHT_FD -> new Message.Inflight(0, 0, 0, 0);
            case GET_SHMEM_CONFIG -> new Message.ShmemConfig(0, List.of());
            default -> throw ProtocolException.fatal(text);
        };
    }

    private void log(FrontendRequest request, String text) {
        int count = warnings.merge(request, 1, Integer::sum);
        String more = count == MAX_WARNINGS ? "; more refusals of such requests are not told" : "";
        LOGGER.log(count <= MAX_WARNINGS ? Level.WARNING : Level.DEBUG, text + more);
    }
}
