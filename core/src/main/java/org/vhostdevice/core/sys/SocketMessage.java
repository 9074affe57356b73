package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// `struct msghdr` with one buffer and with control data, which carries descriptors (`SCM_RIGHTS`).
final class SocketMessage {
    /// Room for more descriptors than any host lets one message carry (253 on Linux, 512 on macOS).
    static final int CONTROL_BYTES = 4096;

    private static final int SCM_RIGHTS = 1;

    private final HostAbi abi;
    private final MemorySegment header;
    private final MemorySegment iovec;
    private final MemorySegment control;

    SocketMessage(HostAbi abi, Arena arena, int controlBytes) {
        this.abi = abi;
        header = arena.allocate(number(AbiNumber.MSGHDR_SIZE), 8);
        iovec = arena.allocate(16, 8);
        control = arena.allocate(controlBytes, 8);
        header.set(JAVA_LONG, number(AbiNumber.MSG_IOV), iovec.address());
        header.set(JAVA_INT, number(AbiNumber.MSG_IOVLEN), 1);
    }

    MemorySegment header() {
        return header;
    }

    MemorySegment control() {
        return control;
    }

    /// Names the buffer of the message.
    void setData(long address, long bytes) {
        iovec.set(JAVA_LONG, 0, address);
        iovec.set(JAVA_LONG, 8, bytes);
    }

    /// Offers all the room for control data to the kernel.
    void expectControl() {
        setControlLength((int) control.byteSize());
    }

    /// Puts descriptors into the control data, none if the array is empty.
    void setRights(int[] fds) {
        int data = number(AbiNumber.CMSG_DATA);
        // Without padding at the end, which macOS refuses.
        int length = fds.length == 0 ? 0 : data + fds.length * Integer.BYTES;
        control.set(JAVA_INT, number(AbiNumber.CMSG_LEN), length);
        control.set(JAVA_INT, number(AbiNumber.CMSG_LEVEL), number(AbiNumber.SOL_SOCKET));
        control.set(JAVA_INT, number(AbiNumber.CMSG_TYPE), SCM_RIGHTS);
        MemorySegment.copy(fds, 0, control, JAVA_INT, data, fds.length);
        setControlLength(length);
    }

    private void setControlLength(int length) {
        header.set(JAVA_LONG, number(AbiNumber.MSG_CONTROL), length == 0 ? 0 : control.address());
        header.set(JAVA_INT, number(AbiNumber.MSG_CONTROLLEN), length);
    }

    /// Whether the kernel had more control data than it could deliver.
    boolean isControlTruncated() {
        return (header.get(JAVA_INT, number(AbiNumber.MSG_FLAGS)) & number(AbiNumber.MSG_CTRUNC)) != 0;
    }

    /// Moves the descriptors that the kernel delivered into a box; other control data is skipped.
    void takeRights(FdBox box) {
        long end = Math.min(header.get(JAVA_INT, number(AbiNumber.MSG_CONTROLLEN)), control.byteSize());
        int data = number(AbiNumber.CMSG_DATA);
        int align = number(AbiNumber.CMSG_ALIGN);
        long at = 0;
        while (at + data <= end) {
            long length = control.get(JAVA_INT, at + number(AbiNumber.CMSG_LEN));
            if (length < data) {
                break;
            }
            if (isRights(at)) {
                for (long fd = at + data; fd + Integer.BYTES <= Math.min(at + length, end); fd += Integer.BYTES) {
                    box.add(new OwnedFd(control.get(JAVA_INT, fd)));
                }
            }
            at += (length + align - 1) & -align;
        }
    }

    private boolean isRights(long at) {
        return control.get(JAVA_INT, at + number(AbiNumber.CMSG_LEVEL)) == number(AbiNumber.SOL_SOCKET)
                && control.get(JAVA_INT, at + number(AbiNumber.CMSG_TYPE)) == SCM_RIGHTS;
    }

    private int number(AbiNumber row) {
        return row.on(abi);
    }
}
