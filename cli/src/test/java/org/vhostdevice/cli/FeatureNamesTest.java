package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FeatureNamesTest {
    @Test
    void namesFollowTheBits() {
        assertEquals("", FeatureNames.of(0));
        assertEquals("FLUSH MQ VERSION_1", FeatureNames.of(1L << 9 | 1L << 12 | 1L << 32));
        assertEquals("bit 3 bit 63", FeatureNames.of(1L << 3 | 1L << 63));
    }
}
