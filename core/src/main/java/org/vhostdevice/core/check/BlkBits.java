package org.vhostdevice.core.check;

/// Feature bits, request types and status values of block devices (VIRTIO 1.4, 5.2).
final class BlkBits {
    static final long RO = 1L << 5;
    static final long FLUSH = 1L << 9;
    static final long CONFIG_WCE = 1L << 11;
    static final long DISCARD = 1L << 13;
    static final long WRITE_ZEROES = 1L << 14;
    static final long LIFETIME = 1L << 15;
    static final long SECURE_ERASE = 1L << 16;
    static final long ZONED = 1L << 17;

    static final int IN = 0;
    static final int OUT = 1;
    static final int FLUSH_REQUEST = 4;
    static final int GET_ID = 8;
    static final int GET_LIFETIME = 10;
    static final int DISCARD_REQUEST = 11;
    static final int WRITE_ZEROES_REQUEST = 13;
    static final int SECURE_ERASE_REQUEST = 14;

    static final int OK = 0;
    static final int IOERR = 1;
    static final int UNSUPP = 2;

    static final int SECTOR = 512;

    private BlkBits() {}
}
