package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.testkit.RngTestDevice;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("VIRTIO 1.4, 2.1 and 2.4: device status and reset")
class DeviceStatusTest extends ServedDeviceTest {
    private static final int DRIVER = 0x03;
    private static final int DRIVER_OK = 0x04;
    private static final int FEATURES_OK = 0x08;

    DeviceStatusTest() {
        super(1, Completion.AT_ONCE);
    }

    @BeforeEach
    void negotiate() throws Exception {
        frontend.negotiate();
    }

    @Test
    @DisplayName("G1: uses no buffers and does not notify between DRIVER and DRIVER_OK")
    void restsUntilTheDriverIsReady() throws Exception {
        frontend.client.setStatus(DRIVER);
        StepQueue queue = frontend.queue(0);
        queue.offer(1);
        frontend.startAll();
        queue.kick();
        assertFalse(queue.awaitCall(SHORT_MILLIS));
        assertEquals(0, queue.ring.pending());

        frontend.client.setStatus(DRIVER | FEATURES_OK | DRIVER_OK);
        queue.awaitUsed(1);
        assertEquals(DRIVER | FEATURES_OK | DRIVER_OK, frontend.client.getStatus());
    }

    @Test
    @DisplayName("G1: the start of a ring is the sign when the front end does not pass the driver's status on")
    void servesFrontEndsThatKeepTheStatusToThemselves() throws Exception {
        frontend.client.setStatus(FEATURES_OK);
        frontend.startAll();
        frontend.queue(0).request(1);
        frontend.queue(0).awaitUsed(1);
    }

    @Test
    @DisplayName("G3: FEATURES_OK does not stay set after features were refused")
    void doesNotKeepFeaturesOkForRefusedFeatures() throws Exception {
        assertThrows(BackendRefusal.class, () -> frontend.client.setFeatures(1L << 50));
        frontend.client.setStatus(DRIVER | FEATURES_OK);
        assertEquals(DRIVER, frontend.client.getStatus());
        frontend.client.setFeatures(frontend.features());
        assertEquals(DRIVER | FEATURES_OK, frontend.client.getStatus());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("G5, G6: a reset or stop clears the status, stops the rings and can be followed by the same start")
    void resets(boolean byStatus) throws Exception {
        for (int round = 0; round < 3; round++) {
            frontend.client.setFeatures(frontend.features());
            frontend.startAll();
            frontend.client.setStatus(DRIVER | FEATURES_OK | DRIVER_OK);
            StepQueue queue = frontend.queue(0);
            queue.request(2);
            queue.awaitUsed(2);
            if (byStatus) {
                frontend.client.setStatus(0);
            } else {
                frontend.client.resetDevice();
            }
            queue.awaitCall(0);
            assertEquals(0, frontend.client.getStatus());
            assertEquals(byStatus ? 0 : round + 1, device.resets());
            assertEquals(device.starts(), device.closes());
            queue.ring.reset();
            queue.request(1);
            assertFalse(queue.awaitCall(SHORT_MILLIS));
            assertEquals(0, queue.ring.pending());
            queue.ring.reset();
        }
    }

    @Test
    @DisplayName("G5: without a message for it, a status of 0 resets the device")
    void resetsByStatusWithoutAMessageForIt() throws Exception {
        try (var other = new RngTestDevice(1, Completion.AT_ONCE);
                ServerFixture without =
                        ServerFixture.serve(other, ServerOptions.without(ProtocolFeature.RESET_DEVICE));
                StepFrontend next = without.started()) {
            other.learn(new byte[] {1});
            next.client.setStatus(0);
            assertEquals(0, next.client.getStatus());
            assertEquals(0, other.known().length);
            assertEquals(1, other.resets());
            assertEquals(1, other.closes());
        }
    }

    @Test
    void refusesAStatusOfMoreThanEightBits() throws Exception {
        assertThrows(BackendRefusal.class, () -> frontend.client.setStatus(0x100));
        assertThrows(BackendRefusal.class, () -> frontend.client.setStatus(-1));
        assertEquals(0, frontend.client.getStatus());
    }

    @Test
    void resetsTheDeviceBetweenFrontEnds() throws Exception {
        frontend.startAll();
        frontend.close();
        try (StepFrontend next = server.started()) {
            next.queue(0).request(1);
            next.queue(0).awaitUsed(1);
            assertTrue(device.resets() >= 1);
        }
    }
}
