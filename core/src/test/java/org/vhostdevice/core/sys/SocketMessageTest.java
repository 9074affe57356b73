package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class SocketMessageTest {
    private final Arena arena = Arena.ofAuto();

    private SocketMessage message(HostAbi abi) {
        return new SocketMessage(abi, arena, SocketMessage.CONTROL_BYTES);
    }

    private static void received(SocketMessage message, HostAbi abi, int controlLength) {
        message.header().set(JAVA_INT, AbiNumber.MSG_CONTROLLEN.on(abi), controlLength);
    }

    /// The numbers that come out, none of which is closed: they are not open.
    private static List<Integer> taken(SocketMessage message) {
        FdBox box = new FdBox();
        message.takeRights(box);
        return box.takeAll().stream().map(OwnedFd::release).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "LINUX_X86_64, 24, 1800000000000000 01000000 01000000 1e000000 1f000000",
        "LINUX_AARCH64, 24, 1800000000000000 01000000 01000000 1e000000 1f000000",
        "MACOS_AARCH64, 20, 14000000 ffff0000 01000000 1e000000 1f000000",
        "FREEBSD, 24, 18000000 ffff0000 01000000 00000000 1e000000 1f000000"
    })
    void descriptorsAreOneControlMessageWithoutPadding(HostAbi abi, int length, String bytes) {
        SocketMessage message = message(abi);
        message.setRights(new int[] {30, 31});
        assertEquals(length, message.header().get(JAVA_INT, AbiNumber.MSG_CONTROLLEN.on(abi)));
        byte[] control = message.control().asSlice(0, length).toArray(JAVA_BYTE);
        assertEquals(bytes.replace(" ", ""), HexFormat.of().formatHex(control));
    }

    @ParameterizedTest
    @EnumSource
    void noDescriptorsAreNoControlData(HostAbi abi) {
        SocketMessage message = message(abi);
        message.setRights(new int[] {30});
        message.setRights(new int[0]);
        assertEquals(0, message.header().get(JAVA_INT, AbiNumber.MSG_CONTROLLEN.on(abi)));
        assertEquals(0, message.header().get(JAVA_INT, AbiNumber.MSG_CONTROL.on(abi)));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSentIsReceived(HostAbi abi) {
        SocketMessage message = message(abi);
        message.setRights(new int[] {5, 6, 7});
        assertEquals(List.of(5, 6, 7), taken(message));
    }

    @ParameterizedTest
    @CsvSource({
        // credentials, then two descriptors, then one more control message with one
        "LINUX_X86_64, 1c00000000000000 01000000 02000000 010203040506070809101112 00000000"
                + "1800000000000000 01000000 01000000 05000000 06000000"
                + "1400000000000000 01000000 01000000 07000000",
        "MACOS_AARCH64, 10000000 00000000 03000000 01020304"
                + "14000000 ffff0000 01000000 05000000 06000000 10000000 ffff0000 01000000 07000000",
        "FREEBSD, 14000000 ffff0000 03000000 00000000 01020304 00000000"
                + "18000000 ffff0000 01000000 00000000 05000000 06000000"
                + "14000000 ffff0000 01000000 00000000 07000000"
    })
    void otherControlMessagesAreSkipped(HostAbi abi, String bytes) {
        SocketMessage message = message(abi);
        byte[] control = HexFormat.of().parseHex(bytes.replace(" ", ""));
        MemorySegment.copy(control, 0, message.control(), JAVA_BYTE, 0, control.length);
        received(message, abi, control.length);
        assertEquals(List.of(5, 6, 7), taken(message));
    }

    @ParameterizedTest
    @EnumSource
    void controlDataCutOffGivesTheDescriptorsThatAreWhole(HostAbi abi) {
        SocketMessage message = message(abi);
        message.setRights(new int[] {5, 6, 7});
        int data = AbiNumber.CMSG_DATA.on(abi);
        for (int length = 0; length < data + 3 * Integer.BYTES; length++) {
            received(message, abi, length);
            assertEquals(List.of(5, 6, 7).subList(0, Math.max(0, (length - data) / Integer.BYTES)), taken(message));
        }
    }

    @ParameterizedTest
    @EnumSource
    void lengthThatIsTooShortEndsTheWalk(HostAbi abi) {
        SocketMessage message = message(abi);
        message.setRights(new int[] {5});
        message.control().set(JAVA_INT, AbiNumber.CMSG_LEN.on(abi), 0);
        received(message, abi, SocketMessage.CONTROL_BYTES);
        assertEquals(List.of(), taken(message));
    }

    @RepeatedTest(200)
    void anyControlDataIsReadWithinItsBounds(RandomGenerator random) {
        HostAbi[] hosts = HostAbi.values();
        HostAbi abi = hosts[random.nextInt(hosts.length)];
        SocketMessage message = message(abi);
        for (long at = 0; at < SocketMessage.CONTROL_BYTES; at += Integer.BYTES) {
            int[] likely = {0, 1, 12, 16, 20, 24, 0xffff, random.nextInt(1, Integer.MAX_VALUE)};
            message.control().set(JAVA_INT, at, likely[random.nextInt(likely.length)]);
        }
        received(message, abi, random.nextInt(2 * SocketMessage.CONTROL_BYTES));
        assertTrue(taken(message).size() <= SocketMessage.CONTROL_BYTES / Integer.BYTES);
    }

    @Test
    void truncationIsSeenInTheFlags() {
        for (HostAbi abi : HostAbi.values()) {
            SocketMessage message = message(abi);
            assertFalse(message.isControlTruncated());
            message.header().set(JAVA_INT, AbiNumber.MSG_FLAGS.on(abi), AbiNumber.MSG_CTRUNC.on(abi));
            assertTrue(message.isControlTruncated());
        }
    }
}
