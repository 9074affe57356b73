package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The bytes of the structures that system calls take, for every host.
class LayoutTest {
    private static String hex(MemorySegment segment, long from, long bytes) {
        return HexFormat.of().formatHex(segment.asSlice(from, bytes).toArray(JAVA_BYTE));
    }

    @ParameterizedTest
    @CsvSource({
        "LINUX_X86_64, 110, 01002f746d702f7300",
        "LINUX_AARCH64, 110, 01002f746d702f7300",
        "MACOS_AARCH64, 106, 6a012f746d702f7300",
        "FREEBSD, 106, 6a012f746d702f7300"
    })
    void addressOfASocketStartsWithFamilyOrLength(HostAbi abi, int size, String start) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = Sockaddr.unix(abi, "/tmp/s".getBytes(StandardCharsets.UTF_8), arena);
            assertEquals(size, address.byteSize());
            assertEquals(start, hex(address, 0, 9));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "LINUX_X86_64, 127.0.0.1, 0200 1f90 7f000001 0000000000000000",
        "MACOS_AARCH64, 127.0.0.1, 1002 1f90 7f000001 0000000000000000",
        "LINUX_AARCH64, ::1, 0a00 1f90 00000000 00000000000000000000000000000001 00000000",
        "MACOS_X86_64, ::1, 1c1e 1f90 00000000 00000000000000000000000000000001 00000000",
        "FREEBSD, ::1, 1c1c 1f90 00000000 00000000000000000000000000000001 00000000"
    })
    void addressOfAPortOfTcpIsInNetworkOrder(HostAbi abi, String host, String bytes) throws Exception {
        var inet = new SocketAddress.Inet(new InetSocketAddress(InetAddress.getByName(host), 8080));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = Sockaddr.of(abi, "connect", inet, arena);
            assertEquals(bytes.replace(" ", ""), hex(address, 0, address.byteSize()));
        }
    }

    @ParameterizedTest
    @CsvSource({"LINUX_X86_64, 2800 0000 d2040000 03000000 00000000", "MACOS_AARCH64, 0c28 0000 d2040000 03000000"})
    void addressOfAVirtualMachineHasPortAndContext(HostAbi abi, String bytes) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = Sockaddr.of(abi, "connect", new SocketAddress.Vsock(3, 1234), arena);
            assertEquals(bytes.replace(" ", ""), hex(address, 0, address.byteSize()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void longestPathLeavesRoomForItsNul(HostAbi abi) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] path = new byte[Sockaddr.maxPathBytes(abi)];
            MemorySegment address = Sockaddr.unix(abi, path, arena);
            assertEquals(address.byteSize(), AbiNumber.SUN_PATH.on(abi) + path.length + 1L);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "LINUX_X86_64, 1, 0100000000000000 6500000000000000 0100000000000000 0000000000000000",
        "MACOS_AARCH64, 3, 6500000000000000 0100000000000000 0000000003000000",
        "FREEBSD, 1, 6500000000000000 0100000000000000 0000000001000000 0000000000000000"
    })
    void lockCoversItsBytes(HostAbi abi, int type, String bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = arena.allocate(AbiNumber.FLOCK_SIZE.on(abi), 8);
            FileLocks.describe(abi, lock.fill((byte) 0xff), type, 101, 1);
            assertEquals(bytes.replace(" ", ""), hex(lock, 0, lock.byteSize()));
        }
    }

    private static final String MACOS_ADD_READ =
            "0700000000000000 ffff 0100 00000000 0000000000000000 0000000000000000";

    private static final String MACOS_DELETE_READ =
            "0700000000000000 ffff 0200 00000000 0000000000000000 0000000000000000";

    @ParameterizedTest
    @CsvSource({
        "MACOS_AARCH64, 0, 1, 1, " + MACOS_ADD_READ,
        "FREEBSD, 0, 1, 1, " + MACOS_ADD_READ + "0000000000000000000000000000000000000000000000000000000000000000",
        // Interest in a hang-up only is a low-water mark out of reach, and said once (EV_CLEAR).
        "MACOS_AARCH64, 0, 4, 1, 0700000000000000 ffff 2100 01000000 ffffff7f00000000 0000000000000000",
        "MACOS_AARCH64, 4, 5, 2, " + MACOS_DELETE_READ + MACOS_ADD_READ,
        "MACOS_AARCH64, 1, 5, 0, ''",
        "MACOS_AARCH64, 1, 6, 3, " + MACOS_DELETE_READ
                + "0700000000000000 ffff 2100 01000000 ffffff7f00000000 0000000000000000"
                + "0700000000000000 feff 0100 00000000 0000000000000000 0000000000000000",
        "MACOS_AARCH64, 1, 2, 2, 0700000000000000 ffff 0200 00000000 0000000000000000 0000000000000000"
                + "0700000000000000 feff 0100 00000000 0000000000000000 0000000000000000",
        "MACOS_AARCH64, 3, 1, 1, 0700000000000000 feff 0200 00000000 0000000000000000 0000000000000000",
        "MACOS_AARCH64, 3, 3, 0, ''"
    })
    void changeOfInterestIsFilters(HostAbi abi, int from, int to, int count, String bytes) {
        KeventList list = new KeventList(abi, Arena.ofAuto(), KeventList.MOST_CHANGES);
        assertEquals(count, list.change(7, from, to));
        assertEquals(bytes.replace(" ", ""), hex(list.segment(), 0, (long) count * AbiNumber.KEVENT_SIZE.on(abi)));
    }

    @ParameterizedTest
    @CsvSource({
        "MACOS_AARCH64, ffff 0100, 1, 1",
        "MACOS_AARCH64, ffff 0180, 5, 5",
        "MACOS_AARCH64, ffff 0180, 4, 4",
        "MACOS_AARCH64, feff 0100, 2, 2",
        "FREEBSD, feff 0180, 3, 6"
    })
    void eventIsReadiness(HostAbi abi, String filterAndFlags, int interest, int ready) {
        KeventList list = new KeventList(abi, Arena.ofAuto(), 2);
        long second = AbiNumber.KEVENT_SIZE.on(abi);
        byte[] event = HexFormat.of().parseHex(("2a00000000000000" + filterAndFlags).replace(" ", ""));
        MemorySegment.copy(event, 0, list.segment(), JAVA_BYTE, second, event.length);
        assertEquals(42, list.fd(1));
        assertEquals(ready, list.ready(1, interest));
    }

    @Test
    void typeOfAFileIsInItsMode() {
        assertEquals(FileStatus.Kind.REGULAR, FileStatus.kindOf(0100644));
        assertEquals(FileStatus.Kind.BLOCK, FileStatus.kindOf(0060660));
        assertEquals(FileStatus.Kind.CHARACTER, FileStatus.kindOf(0020666));
        assertEquals(FileStatus.Kind.DIRECTORY, FileStatus.kindOf(0040755));
        assertEquals(FileStatus.Kind.PIPE, FileStatus.kindOf(0010600));
        assertEquals(FileStatus.Kind.SOCKET, FileStatus.kindOf(0140777));
        assertEquals(FileStatus.Kind.ANONYMOUS, FileStatus.kindOf(0600));
        assertEquals(FileStatus.Kind.OTHER, FileStatus.kindOf(0120777));
        // st_mode is a signed short on the BSDs
        assertEquals(FileStatus.Kind.SOCKET, FileStatus.kindOf((short) 0140777));
    }

    @Test
    void millisecondsAreRoundedUp() {
        assertEquals(-1, PollBits.toMillis(-1));
        assertEquals(0, PollBits.toMillis(0));
        assertEquals(1, PollBits.toMillis(1));
        assertEquals(1, PollBits.toMillis(1_000_000));
        assertEquals(2, PollBits.toMillis(1_000_001));
        assertEquals(Integer.MAX_VALUE, PollBits.toMillis(Long.MAX_VALUE));
    }
}
