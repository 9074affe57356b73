package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.protocol.ProtocolFeature;
import org.vhostdevice.core.session.FeatureNames;
import org.vhostdevice.core.session.ServerOptions;

class FeatureNamesTest {
    private static final FeatureNames BLOCK = FeatureNames.of(Devices.named("blk"));

    @Test
    void namesComeByRisingBitAndUnknownBitsByNumber() {
        assertEquals("", BLOCK.text(0));
        assertEquals("FLUSH MQ VERSION_1", BLOCK.text(1L << 9 | 1L << 12 | 1L << 32));
        assertEquals("bit 3 bit 63", BLOCK.text(1L << 3 | 1L << 63));
    }

    @Test
    void withheldFeaturesAreFoundByNameInAnyCase() throws Exception {
        assertEquals(ServerOptions.DEFAULT, BLOCK.without(List.of()));
        assertEquals(
                new ServerOptions(1L << 9 | 1L << 34, ProtocolFeature.bits(ProtocolFeature.STATUS)),
                BLOCK.without(List.of("flush", "RING_PACKED", " Status")));
    }

    @Test
    void theDevicesFeatureGoesBeforeTheProtocolsOfTheSameName() throws Exception {
        assertEquals(ServerOptions.without(1L << 12), BLOCK.without(List.of("MQ")));
        assertEquals(ServerOptions.without(ProtocolFeature.MQ), BLOCK.without(List.of("PROTOCOL_F_MQ")));
        FeatureNames other = FeatureNames.of(Devices.named("rng-test"));
        assertEquals(ServerOptions.without(ProtocolFeature.MQ), other.without(List.of("MQ")));
    }

    @Test
    void unknownNamesAreAnsweredByThoseThatAreKnown() {
        String message = assertThrows(UsageException.class, () -> BLOCK.without(List.of("STATUS", "FROB")))
                .getMessage();
        assertTrue(message.contains("'FROB'"), message);
        for (String known : List.of(" FLUSH ", " EVENT_IDX ", " REPLY_ACK ", " PROTOCOL_F_MQ ")) {
            assertTrue(message.contains(known), message);
        }
    }

    @Test
    void noDeviceGoesWithoutVersion1() {
        String message = assertThrows(UsageException.class, () -> BLOCK.without(List.of("VERSION_1")))
                .getMessage();
        assertTrue(message.contains("legacy"), message);
    }
}
