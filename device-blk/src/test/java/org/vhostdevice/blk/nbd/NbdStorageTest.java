package org.vhostdevice.blk.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.blk.nbd.NbdOptions.Unflushed;
import org.vhostdevice.blk.storage.Storage.Extent;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.testkit.Seeded;

@ExtendWith(Seeded.class)
class NbdStorageTest {
    private static final int BYTES = 1 << 16;
    private static final NbdOptions OPTIONS = NbdOptions.DEFAULT;

    static void write(NbdStorage storage, long offset, byte[] data) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(Math.max(1, data.length));
            MemorySegment.copy(data, 0, segment, ValueLayout.JAVA_BYTE, 0, data.length);
            storage.write(offset, new SegmentBuffers(segment), 0, data.length);
        }
    }

    static byte[] read(NbdStorage storage, long offset, int bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(Math.max(1, bytes));
            storage.read(offset, new SegmentBuffers(segment), 0, bytes);
            return segment.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    static byte[] bytes(RandomGenerator random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({
        "true, true, 1, 33554432",
        "false, false, 1, 33554432",
        "true, false, 512, 4096",
        "false, false, 4096, 4096",
        "true, true, 4096, 5000",
        "true, true, 1, 700",
    })
    void everyRequestDoesWhatAModelDoes(
            boolean structured, boolean allocation, int minBlock, int maxPayload, RandomGenerator random)
            throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.offer.structured = structured;
            server.offer.allocation = allocation;
            server.offer.minBlock = minBlock;
            server.offer.maxPayload = maxPayload;
            server.offer.flags &= random.nextBoolean() ? -1 : ~Nbd.FLAG_SEND_WRITE_ZEROES;
            byte[] model = server.disk.clone();
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                assertEquals(BYTES, storage.size());
                for (int i = 0; i < 300; i++) {
                    step(storage, model, random);
                }
                storage.flush();
            }
            assertArrayEquals(model, server.disk);
            for (TestServer.Req request : server.requests) {
                assertEquals(0, request.offset() % minBlock, request.toString());
                assertEquals(0, request.length() % minBlock, request.toString());
                boolean payload = request.type() <= Command.WRITE.number();
                assertTrue(!payload || request.length() <= maxPayload, request.toString());
            }
        }
    }

    private static void step(NbdStorage storage, byte[] model, RandomGenerator random) throws IOException {
        int bytes = random.nextInt(1, 10_000);
        int offset = random.nextInt(BYTES - bytes);
        switch (random.nextInt(5)) {
            case 0 ->
                assertArrayEquals(Arrays.copyOfRange(model, offset, offset + bytes), read(storage, offset, bytes));
            case 1 -> {
                byte[] data = bytes(random, bytes);
                write(storage, offset, data);
                System.arraycopy(data, 0, model, offset, bytes);
            }
            case 2 -> {
                storage.writeZeroes(offset, bytes, random.nextBoolean());
                Arrays.fill(model, offset, offset + bytes, (byte) 0);
            }
            case 3 -> {
                storage.discard(offset, bytes);
                storage.writeZeroes(offset, bytes, true); // what it reads as is not defined
                Arrays.fill(model, offset, offset + bytes, (byte) 0);
            }
            default -> {
                Extent extent = storage.extent(offset, bytes);
                assertTrue(extent.bytes() >= 1 && extent.bytes() <= bytes);
                for (int i = 0; extent.kind() == Extent.Kind.ZERO && i < extent.bytes(); i++) {
                    assertEquals(0, model[offset + i]);
                }
            }
        }
    }

    @Test
    void extentsAreThoseOfTheServer() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            Arrays.fill(server.disk, 4096, 8192, (byte) 1);
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                assertEquals(new Extent(Extent.Kind.ZERO, 4000), storage.extent(96, BYTES - 96));
                assertEquals(new Extent(Extent.Kind.DATA, 4096), storage.extent(4096, BYTES - 4096));
                assertEquals(new Extent(Extent.Kind.ZERO, 100), storage.extent(8192, 100));
            }
        }
    }

    @Test
    void whetherZeroesMayUnmapIsToldToTheServer() throws Exception {
        try (TestServer server = new TestServer(BYTES);
                NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
            storage.writeZeroes(0, 10, true);
            storage.writeZeroes(0, 10, false);
            assertEquals(0, server.requests.get(0).flags());
            assertEquals(Nbd.CMD_FLAG_NO_HOLE, server.requests.get(1).flags());
        }
    }

    @Test
    void withoutTrimDiscardDoesNothing() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.offer.flags = TestServer.FLUSHES;
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                storage.discard(0, BYTES);
                assertTrue(server.requests.isEmpty());
            }
        }
    }

    @Test
    void withoutFlushAFlushSucceeds() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.offer.flags = Nbd.FLAG_HAS_FLAGS;
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                write(storage, 0, new byte[1]);
                storage.flush();
                assertEquals(1, server.requests.size());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true"})
    void readOnlyExportsAreNotWritten(boolean flag, boolean option) throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.offer.flags |= flag ? Nbd.FLAG_READ_ONLY : 0;
            NbdOptions options = new NbdOptions(option, 1, Duration.ZERO, Unflushed.FAIL);
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), options)) {
                assertTrue(storage.readOnly());
                assertThrows(IOException.class, () -> write(storage, 0, new byte[1]));
                assertThrows(IOException.class, () -> storage.writeZeroes(0, 1, true));
                assertThrows(IOException.class, () -> storage.discard(0, 1));
                assertThrows(IOException.class, () -> storage.resize(1));
                storage.flush();
                assertEquals(0, read(storage, 5, 1)[0]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void errorsOfTheServerAreNamed(boolean structured) throws Exception {
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                boolean first = requests.size() == 1;
                out.write(
                        !first
                                ? done(request)
                                : structured ? error(request.cookie(), 28, "no\nroom") : simple(request.cookie(), 28));
            }
        }) {
            server.offer.structured = structured;
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                IOException e = assertThrows(IOException.class, () -> read(storage, 8, 512));
                assertTrue(e.getMessage().contains("ENOSPC (no space left on device) to READ of 512 bytes at byte 8"));
                assertEquals(structured, e.getMessage().endsWith("no?room"));
                assertEquals(512, read(storage, 8, 512).length);
            }
        }
    }

    @Test
    void aFlushThatFailsIsTheLastOne() throws Exception {
        try (TestServer server = new TestServer(BYTES) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                out.write(requests.size() == 1 ? simple(request.cookie(), 5) : done(request));
            }
        }) {
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                assertThrows(IOException.class, storage::flush);
                assertThrows(IOException.class, storage::flush);
                assertEquals(1, server.requests.size());
            }
        }
    }

    @Test
    void effectsThatAreTooLargeForTheServerAreCut() throws Exception {
        try (TestServer server = new TestServer(4 << 20) {
            @Override
            void handle(Req request, DataOutputStream out, int connection) throws IOException {
                out.write(request.length() > 1 << 20 ? simple(request.cookie(), 75) : done(request));
            }
        }) {
            Arrays.fill(server.disk, (byte) 1);
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                storage.writeZeroes(0, 4 << 20, true);
                assertArrayEquals(new byte[4 << 20], server.disk);
                storage.discard(0, 4 << 20);
                assertEquals(0x55, server.disk[0]);
            }
        }
    }

    @Test
    void faultsOfTheCallersBuffersAreTheCallers() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            server.disk[0] = 1;
            try (NbdStorage storage = NbdStorage.open(server.start().uri(), OPTIONS)) {
                VanishedBuffers vanished = new VanishedBuffers();
                assertThrows(InternalError.class, () -> storage.read(0, vanished, 0, 512));
                assertThrows(InternalError.class, () -> storage.write(0, vanished, 0, 512));
                assertEquals(1, read(storage, 0, 512)[0]);
                assertEquals(1, server.accepted.get());
            }
        }
    }

    @Test
    void threadsEndWithTheStorage() throws Exception {
        try (TestServer server = new TestServer(BYTES)) {
            NbdOptions options = new NbdOptions(false, 3, Duration.ZERO, Unflushed.FAIL);
            NbdStorage storage = NbdStorage.open(server.start().uri(), options);
            assertTrue(lanes() >= 3);
            storage.close();
            assertEquals(0, lanes());
            assertFalse(storage.readOnly());
            assertThrows(IOException.class, () -> read(storage, 0, 1));
        }
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() {
        Duration day = Duration.ofDays(1);
        assertThrows(IllegalArgumentException.class, () -> new NbdOptions(false, 0, day, Unflushed.FAIL));
        assertThrows(IllegalArgumentException.class, () -> new NbdOptions(false, 65, day, Unflushed.FAIL));
        Duration negative = Duration.ofMillis(-1);
        assertThrows(IllegalArgumentException.class, () -> new NbdOptions(false, 1, negative, Unflushed.FAIL));
        assertTrue(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE)).never());
    }

    static long lanes() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("vhost-nbd-"))
                .count();
    }
}
