package org.vhostdevice.core.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BuildTest {
    @Test
    void runsOnJava25OrNewer() {
        assertTrue(Runtime.version().feature() >= 25);
    }
}
