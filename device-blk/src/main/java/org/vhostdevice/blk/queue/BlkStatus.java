package org.vhostdevice.blk.queue;

/// The last byte of a request, by which the driver learns the outcome (VIRTIO 1.4, 5.2.6).
enum BlkStatus {
    /// Done.
    OK(0),
    /// Failed; nothing or a part was done.
    IOERR(1),
    /// The device has no such request.
    UNSUPP(2);

    private final int code;

    BlkStatus(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
