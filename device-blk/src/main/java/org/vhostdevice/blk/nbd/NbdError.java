package org.vhostdevice.blk.nbd;

/// The errors that a server answers with (NBD, "Error values").
enum NbdError {
    EPERM(1, "operation not permitted"),
    EIO(5, "input/output error"),
    ENOMEM(12, "cannot allocate memory"),
    EINVAL(22, "invalid argument"),
    ENOSPC(28, "no space left on device"),
    EOVERFLOW(75, "value too large"),
    ENOTSUP(95, "operation not supported"),
    ESHUTDOWN(108, "the server is shutting down");

    private final int number;
    private final String description;

    NbdError(int number, String description) {
        this.number = number;
        this.description = description;
    }

    /// The error with a number; those that the protocol does not define mean [#EINVAL].
    static NbdError of(int number) {
        for (NbdError error : values()) {
            if (error.number == number) {
                return error;
            }
        }
        return EINVAL;
    }

    @Override
    public String toString() {
        return name() + " (" + description + ")";
    }
}
