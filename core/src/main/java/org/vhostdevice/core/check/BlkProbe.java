package org.vhostdevice.core.check;

import java.util.Optional;

/// Reads the first sector.
final class BlkProbe implements DeviceProbe {
    /// SIZE_MAX, SEG_MAX, RO, BLK_SIZE, FLUSH, TOPOLOGY.
    private static final long FEATURES = 0x666;

    private static final int SECTOR = 512;

    @Override
    public int rings() {
        return 1;
    }

    @Override
    public int queue() {
        return 0;
    }

    @Override
    public long features() {
        return FEATURES;
    }

    @Override
    public byte[] request() {
        return new byte[16];
    }

    @Override
    public int answerBytes() {
        return SECTOR + 1;
    }

    @Override
    public int leastAnswer() {
        return SECTOR + 1;
    }

    @Override
    public Optional<String> fault(byte[] answer) {
        byte status = answer[SECTOR];
        return status == 0 ? Optional.empty() : Optional.of("a read of sector 0 ended with status " + (status & 0xff));
    }
}
