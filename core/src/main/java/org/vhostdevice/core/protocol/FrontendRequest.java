package org.vhostdevice.core.protocol;

import static org.vhostdevice.core.protocol.DescriptorRule.FLAG_DECIDES;
import static org.vhostdevice.core.protocol.DescriptorRule.NONE;
import static org.vhostdevice.core.protocol.DescriptorRule.ONE;
import static org.vhostdevice.core.protocol.DescriptorRule.ONE_OR_NONE;
import static org.vhostdevice.core.protocol.DescriptorRule.ONE_PER_REGION;
import static org.vhostdevice.core.protocol.PayloadKind.CONFIG;
import static org.vhostdevice.core.protocol.PayloadKind.DEVICE_STATE;
import static org.vhostdevice.core.protocol.PayloadKind.EMPTY;
import static org.vhostdevice.core.protocol.PayloadKind.INFLIGHT;
import static org.vhostdevice.core.protocol.PayloadKind.IOTLB;
import static org.vhostdevice.core.protocol.PayloadKind.LOG;
import static org.vhostdevice.core.protocol.PayloadKind.MEMORY_REGION;
import static org.vhostdevice.core.protocol.PayloadKind.MEMORY_TABLE;
import static org.vhostdevice.core.protocol.PayloadKind.OPAQUE;
import static org.vhostdevice.core.protocol.PayloadKind.SHARED_OBJECT;
import static org.vhostdevice.core.protocol.PayloadKind.SHMEM_CONFIG;
import static org.vhostdevice.core.protocol.PayloadKind.U64;
import static org.vhostdevice.core.protocol.PayloadKind.VRING_ADDRESS;
import static org.vhostdevice.core.protocol.PayloadKind.VRING_FILE;
import static org.vhostdevice.core.protocol.PayloadKind.VRING_STATE;

import org.jspecify.annotations.Nullable;

/// The messages that a front end sends, with the shape of each: payload, descriptors, reply.
///
/// The constants follow the order of the ids in the vhost-user text, section "Front-end message types".
public enum FrontendRequest {
    /// Any id that is not in the table. Its payload is dropped; it is refused when an acknowledgement is asked for.
    UNKNOWN(0, PayloadKind.UNKNOWN, NONE),
    /// Asks for the virtio features that the device offers.
    GET_FEATURES(1, EMPTY, NONE, U64),
    /// Sets the virtio features; without bit 30 all rings are enabled at once.
    SET_FEATURES(2, U64, NONE),
    /// Makes the sender the owner of the session.
    SET_OWNER(3, EMPTY, NONE),
    /// Deprecated; may be ignored.
    RESET_OWNER(4, EMPTY, NONE),
    /// Replaces all guest memory by up to 8 regions, one descriptor each.
    SET_MEM_TABLE(5, MEMORY_TABLE, ONE_PER_REGION),
    /// Passes the dirty log; always answered when LOG_SHMFD is negotiated. Back ends answer by nothing, by a number or
    /// by the log's description, and no front end reads it.
    SET_LOG_BASE(6, LOG, ONE, OPAQUE),
    /// Passes a descriptor that is signalled when the log was written.
    SET_LOG_FD(7, EMPTY, ONE),
    /// Sets the number of descriptors of a ring.
    SET_VRING_NUM(8, VRING_STATE, NONE),
    /// Sets the addresses of a ring's parts.
    SET_VRING_ADDR(9, VRING_ADDRESS, NONE),
    /// Sets the next available index of a ring.
    SET_VRING_BASE(10, VRING_STATE, NONE),
    /// Stops a ring and asks for its next available index.
    GET_VRING_BASE(11, VRING_STATE, NONE, VRING_STATE),
    /// Passes the descriptor that signals new buffers, and starts the ring.
    SET_VRING_KICK(12, VRING_FILE, FLAG_DECIDES),
    /// Passes the descriptor through which used buffers are signalled.
    SET_VRING_CALL(13, VRING_FILE, FLAG_DECIDES),
    /// Passes the descriptor through which a broken ring is signalled.
    SET_VRING_ERR(14, VRING_FILE, FLAG_DECIDES),
    /// Asks for the protocol features that the back end offers.
    GET_PROTOCOL_FEATURES(15, EMPTY, NONE, U64),
    /// Sets the protocol features.
    SET_PROTOCOL_FEATURES(16, U64, NONE),
    /// Asks for the greatest number of queues.
    GET_QUEUE_NUM(17, EMPTY, NONE, U64),
    /// Enables or disables a ring.
    SET_VRING_ENABLE(18, VRING_STATE, NONE),
    /// Announces a guest's MAC address after migration.
    SEND_RARP(19, U64, NONE),
    /// Sets the MTU of a network device.
    NET_SET_MTU(20, U64, NONE),
    /// Passes the socket for requests of the back end.
    SET_BACKEND_REQ_FD(21, EMPTY, ONE),
    /// Updates or invalidates an address translation.
    IOTLB_MSG(22, IOTLB, NONE, U64),
    /// Sets the byte order of a ring.
    SET_VRING_ENDIAN(23, VRING_STATE, NONE),
    /// Reads the configuration space; a reply without payload reports an error.
    GET_CONFIG(24, CONFIG, NONE, CONFIG),
    /// Writes the configuration space.
    SET_CONFIG(25, CONFIG, NONE),
    /// Creates a crypto session.
    CREATE_CRYPTO_SESSION(26, OPAQUE, NONE, OPAQUE),
    /// Closes a crypto session.
    CLOSE_CRYPTO_SESSION(27, U64, NONE),
    /// Asks for a userfault descriptor.
    POSTCOPY_ADVISE(28, EMPTY, NONE, EMPTY, 1),
    /// Registers guest memory with the userfault descriptor.
    POSTCOPY_LISTEN(29, EMPTY, NONE),
    /// Ends post-copy migration.
    POSTCOPY_END(30, EMPTY, NONE, U64),
    /// Asks for shared memory that records requests in flight.
    GET_INFLIGHT_FD(31, INFLIGHT, NONE, INFLIGHT, 1),
    /// Passes the shared memory that records requests in flight.
    SET_INFLIGHT_FD(32, INFLIGHT, ONE),
    /// Passes the socket of the vhost-user-gpu protocol.
    GPU_SET_SOCKET(33, EMPTY, ONE),
    /// Resets the device and disables its rings.
    RESET_DEVICE(34, EMPTY, NONE),
    /// Signals new buffers in a ring by a message.
    VRING_KICK(35, VRING_STATE, NONE),
    /// Asks for the greatest number of memory regions.
    GET_MAX_MEM_SLOTS(36, EMPTY, NONE, U64),
    /// Adds a memory region.
    ADD_MEM_REG(37, MEMORY_REGION, ONE),
    /// Removes a memory region; a descriptor may come along and is only closed.
    REM_MEM_REG(38, MEMORY_REGION, ONE_OR_NONE),
    /// Sets the virtio device status.
    SET_STATUS(39, U64, NONE),
    /// Asks for the virtio device status.
    GET_STATUS(40, EMPTY, NONE, U64),
    /// Asks for the dma-buf of an object.
    GET_SHARED_OBJECT(41, SHARED_OBJECT, NONE, EMPTY, 1),
    /// Passes a descriptor to save the device's state to, or to load it from.
    SET_DEVICE_STATE_FD(42, DEVICE_STATE, ONE, U64, 1),
    /// Asks whether the transfer of the state went well.
    CHECK_DEVICE_STATE(43, EMPTY, NONE, U64),
    /// Asks for the sizes of the device's shared memory regions.
    GET_SHMEM_CONFIG(44, EMPTY, NONE, SHMEM_CONFIG),
    /// Stops a ring as GET_VRING_BASE does, without waiting for requests in flight.
    GET_VRING_BASE_SKIP_DRAIN(45, VRING_STATE, NONE, VRING_STATE);

    private static final FrontendRequest[] BY_ID = values();

    private final int id;
    private final PayloadKind payload;
    private final DescriptorRule descriptors;
    private final @Nullable PayloadKind reply;
    private final int maxReplyDescriptors;

    FrontendRequest(int id, PayloadKind payload, DescriptorRule descriptors) {
        this(id, payload, descriptors, null, 0);
    }

    FrontendRequest(int id, PayloadKind payload, DescriptorRule descriptors, PayloadKind reply) {
        this(id, payload, descriptors, reply, 0);
    }

    FrontendRequest(
            int id,
            PayloadKind payload,
            DescriptorRule descriptors,
            @Nullable PayloadKind reply,
            int maxReplyDescriptors) {
        this.id = id;
        this.payload = payload;
        this.descriptors = descriptors;
        this.reply = reply;
        this.maxReplyDescriptors = maxReplyDescriptors;
    }

    /// Finds the request with an id.
    ///
    /// @param id as in a header
    /// @return the request, or [#UNKNOWN]
    public static FrontendRequest of(int id) {
        return id > 0 && id < BY_ID.length ? BY_ID[id] : UNKNOWN;
    }

    /// {@return the id on the wire; 0 for [#UNKNOWN]}
    public int id() {
        return id;
    }

    /// {@return the shape of the payload}
    public PayloadKind payload() {
        return payload;
    }

    /// {@return how many descriptors come with it}
    public DescriptorRule descriptors() {
        return descriptors;
    }

    /// {@return whether it is always answered by a message of its own; otherwise it is acknowledged, and only when
    /// REPLY_ACK is negotiated and need_reply is set}
    public boolean hasOwnReply() {
        return reply != null;
    }

    /// {@return the shape of the answer: that of its own reply, or the number of an acknowledgement (0 is success)}
    public PayloadKind reply() {
        return reply == null ? U64 : reply;
    }

    /// {@return the most descriptors that the answer may carry}
    public int maxReplyDescriptors() {
        return maxReplyDescriptors;
    }
}
