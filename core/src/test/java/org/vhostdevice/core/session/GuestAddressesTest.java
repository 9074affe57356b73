package org.vhostdevice.core.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.frontend.BackendRefusal;
import org.vhostdevice.core.protocol.Message.MemoryRegion;
import org.vhostdevice.core.protocol.Message.VringAddress;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.sys.SharedMemory;
import org.vhostdevice.core.testkit.RngTestDevice.Completion;

@DisplayName("vhost-user: GPA_ADDRESSES, where guest addresses are the only ones")
class GuestAddressesTest extends ServedDeviceTest {
    private static final long EXTRA = 0x10_0000_0000L;
    private static final long EXTRA_SIZE = 1 << 16;

    GuestAddressesTest() {
        super(1, Completion.AT_ONCE);
    }

    @Test
    void ringsLieAtGuestAddresses() throws Exception {
        frontend.negotiateWith(ProtocolFeature.GPA_ADDRESSES);
        frontend.startAll();
        frontend.queue(0).request(3);
        frontend.queue(0).awaitUsed(3);
    }

    @Test
    void withoutTheFeatureRingsLieAtFrontEndAddresses() throws Exception {
        frontend.negotiate();
        frontend.shareMemory();
        var at = frontend.queue(0).ring.addresses();
        frontend.setUp(frontend.queue(0));
        frontend.client.setVringAddr(new VringAddress(0, 0, at.descriptors(), at.used(), at.available(), 0));
        assertThrows(
                BackendRefusal.class,
                () -> frontend.client.setVringKick(0, frontend.queue(0).kickEnd()));
    }

    @Test
    void ringsOutsideGuestMemoryAreRefused() throws Exception {
        frontend.negotiateWith(ProtocolFeature.GPA_ADDRESSES);
        frontend.shareMemory();
        StepQueue queue = frontend.queue(0);
        frontend.setUp(queue);
        VringAddress good = frontend.address(queue);
        for (long bad : new long[] {0, -16, Long.MIN_VALUE, EXTRA}) {
            frontend.client.setVringAddr(new VringAddress(0, 0, bad, good.used(), good.available(), 0));
            assertThrows(BackendRefusal.class, () -> frontend.client.setVringKick(0, queue.kickEnd()));
        }
        assertEquals(0, device.starts());
        frontend.start(queue);
        queue.request(1);
        queue.awaitUsed(1);
    }

    @Test
    void regionsAreToldApartByTheirGuestAddressesAlone() throws Exception {
        frontend.negotiateWith(ProtocolFeature.GPA_ADDRESSES);
        try (SharedMemory extra = SharedMemory.create("extra", EXTRA_SIZE)) {
            frontend.client.addMemReg(new MemoryRegion(EXTRA, EXTRA_SIZE, 7, 0), extra.fd());
            frontend.client.addMemReg(new MemoryRegion(EXTRA + EXTRA_SIZE, EXTRA_SIZE, 7, 0), extra.fd());
            frontend.client.addMemReg(new MemoryRegion(EXTRA + 2 * EXTRA_SIZE, EXTRA_SIZE, 0, 0), extra.fd());
            assertThrows(
                    BackendRefusal.class,
                    () -> frontend.client.addMemReg(
                            new MemoryRegion(EXTRA + 1, EXTRA_SIZE, EXTRA + 10 * EXTRA_SIZE, 0), extra.fd()));
            frontend.client.remMemReg(new MemoryRegion(EXTRA + EXTRA_SIZE, EXTRA_SIZE, 99, 0));
            assertThrows(
                    BackendRefusal.class,
                    () -> frontend.client.remMemReg(new MemoryRegion(EXTRA + EXTRA_SIZE, EXTRA_SIZE, 7, 0)));
            assertThrows(
                    BackendRefusal.class,
                    () -> frontend.client.setMemTable(
                            List.of(new MemoryRegion(0, EXTRA_SIZE, 0, 0), new MemoryRegion(1, EXTRA_SIZE, 1, 0)),
                            List.of(extra.fd(), extra.fd())));
        }
    }
}
