package org.vhostdevice.core.protocol;

import static org.vhostdevice.core.protocol.DescriptorRule.NONE;
import static org.vhostdevice.core.protocol.DescriptorRule.ONE;
import static org.vhostdevice.core.protocol.DescriptorRule.ONE_OR_NONE;
import static org.vhostdevice.core.protocol.PayloadKind.EMPTY;
import static org.vhostdevice.core.protocol.PayloadKind.IOTLB;
import static org.vhostdevice.core.protocol.PayloadKind.SHARED_OBJECT;
import static org.vhostdevice.core.protocol.PayloadKind.SHMEM_MAPPING;
import static org.vhostdevice.core.protocol.PayloadKind.VRING_AREA;
import static org.vhostdevice.core.protocol.PayloadKind.VRING_STATE;

/// The messages that a back end sends on the socket passed by SET_BACKEND_REQ_FD.
///
/// The constants follow the order of the ids in the vhost-user text, section "Back-end message types". Every answer
/// is a 64-bit number, 0 for success.
public enum BackendRequest {
    /// Any id that is not in the table.
    UNKNOWN(0, PayloadKind.UNKNOWN, NONE),
    /// Reports a missing or refused address translation.
    IOTLB_MSG(1, IOTLB, NONE),
    /// Tells that the configuration space changed.
    CONFIG_CHANGE_MSG(2, EMPTY, NONE),
    /// Passes, or takes back, a doorbell page of a ring.
    VRING_HOST_NOTIFIER_MSG(3, VRING_AREA, ONE_OR_NONE),
    /// Signals used buffers of a ring by a message.
    VRING_CALL(4, VRING_STATE, NONE),
    /// Signals a broken ring by a message.
    VRING_ERR(5, VRING_STATE, NONE),
    /// Offers an object to other back ends.
    SHARED_OBJECT_ADD(6, SHARED_OBJECT, NONE),
    /// Takes an object back.
    SHARED_OBJECT_REMOVE(7, SHARED_OBJECT, NONE),
    /// Asks for an object; always answered, with a descriptor when the number is 0.
    SHARED_OBJECT_LOOKUP(8, SHARED_OBJECT, NONE),
    /// Asks to map a part of the descriptor into a shared memory region.
    SHMEM_MAP(9, SHMEM_MAPPING, ONE),
    /// Asks to unmap a whole mapping.
    SHMEM_UNMAP(10, SHMEM_MAPPING, NONE);

    private static final BackendRequest[] BY_ID = values();

    private final int id;
    private final PayloadKind payload;
    private final DescriptorRule descriptors;

    BackendRequest(int id, PayloadKind payload, DescriptorRule descriptors) {
        this.id = id;
        this.payload = payload;
        this.descriptors = descriptors;
    }

    /// Finds the request with an id.
    ///
    /// @param id as in a header
    /// @return the request, or [#UNKNOWN]
    public static BackendRequest of(int id) {
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

    /// {@return whether it is always answered; otherwise only when REPLY_ACK is negotiated and need_reply is set}
    public boolean hasOwnReply() {
        return this == SHARED_OBJECT_LOOKUP;
    }
}
