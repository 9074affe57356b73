package org.vhostdevice.blk.nbd;

/// What a request asks for (NBD, "Request types"), as far as it is answered.
enum Command {
    READ(0, false),
    WRITE(1, true),
    FLUSH(3, false),
    TRIM(4, true),
    WRITE_ZEROES(6, true),
    BLOCK_STATUS(7, false);

    private final int number;
    private final boolean changes;

    Command(int number, boolean changes) {
        this.number = number;
        this.changes = changes;
    }

    int number() {
        return number;
    }

    /// Whether its effect needs a flush to last.
    boolean changes() {
        return changes;
    }
}
