package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// Random chains against a model that knows what each chain holds and in which order they were completed.
@DisplayName("S1, S2, S3, S9, P1, P2, P3, P6, G16: any framing, any order, nothing else is touched")
@ExtendWith(Seeded.class)
class RandomChainsTest {
    private static final int SIZE = 64;

    /// One request as the driver remembers it.
    private record Request(int id, List<Piece> pieces, byte[] readable, int writable) {}

    @RepeatedTest(30)
    void splitRing(RandomGenerator random) throws Exception {
        try (TestGuest guest = new TestGuest()) {
            run(random, guest, new TestRing(guest, SIZE, features(random), random.nextInt(65_536)));
        }
    }

    @RepeatedTest(30)
    void packedRing(RandomGenerator random) throws Exception {
        try (TestGuest guest = new TestGuest()) {
            int size = random.nextInt(SIZE, 2 * SIZE);
            int start = random.nextInt(size);
            run(random, guest, new PackedRing(guest, size, features(random), start, random.nextBoolean()));
        }
    }

    private static FeatureSet features(RandomGenerator random) {
        FeatureSet features = TestRing.features(random.nextBoolean());
        return random.nextInt(4) == 0 ? features.with(VirtioFeature.IN_ORDER) : features;
    }

    /// The device sees what the driver wrote, and the driver what the device wrote.
    private static void run(RandomGenerator random, TestGuest guest, RingDriver ring) throws Exception {
        Virtqueue queue = ring.open();
        long mark = guest.mark();
        for (int round = 0; round < 40; round++) {
            guest.resetTo(mark);
            serve(random, guest, ring, queue, addRandomRequests(random, guest, ring));
        }
    }

    private static List<Request> addRandomRequests(RandomGenerator random, TestGuest guest, RingDriver ring) {
        List<Request> requests = new ArrayList<>();
        int id = 0;
        int crossingAt = random.nextInt(100); // one buffer a round lies across the border of the regions
        while (id + 8 <= SIZE) {
            List<Piece> pieces = new ArrayList<>();
            int readable = random.nextInt(4);
            int writable = random.nextInt(readable == 0 ? 1 : 0, 4);
            for (int i = 0; i < readable + writable; i++) {
                int length = random.nextInt(5) == 0 ? 0 : random.nextInt(1, 300);
                long address = crossingAt-- == 0 ? crossing(random, length) : guest.allocate(length, 1);
                pieces.add(new Piece(address, length, i >= readable));
            }
            byte[] content = new byte[(int) length(pieces, false)];
            random.nextBytes(content);
            requests.add(new Request(id, pieces, content, (int) length(pieces, true)));
            Layout layout = Layout.values()[random.nextInt(3)];
            id += ring.add(id, pieces, layout);
        }
        return requests;
    }

    private static long crossing(RandomGenerator random, int length) {
        return TestGuest.BORDER - (length == 0 ? 0 : random.nextInt(length));
    }

    private static void serve(
            RandomGenerator random, TestGuest guest, RingDriver ring, Virtqueue queue, List<Request> requests)
            throws BrokenQueueException {
        List<DescriptorChain> chains = new ArrayList<>();
        for (Request request : requests) {
            scatter(guest, request.pieces(), false, request.readable());
            DescriptorChain chain = queue.poll();
            assertNotNull(chain);
            assertEquals(request.readable().length, chain.readable().length());
            assertEquals(request.writable(), chain.writable().length());
            assertArrayEquals(request.readable(), readInRandomParts(random, chain.readable()));
            chains.add(chain);
        }
        assertNull(queue.poll());
        Used[] expected = new Used[requests.size()];
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, chains.size()).boxed().toList());
        Collections.shuffle(order, Random.from(random));
        boolean inOrder = ring.setup().features().has(VirtioFeature.IN_ORDER);
        int completed = 0;
        for (int i : order) {
            Request request = requests.get(i);
            int written = answer(random, guest, request, chains.get(i));
            expected[inOrder ? i : completed] = new Used(request.id(), written);
            completed++;
        }
        assertEquals(0, queue.inFlight());
        assertNull(ring.takeUsed(), "not visible before it is published");
        queue.publish();
        for (Used next : expected) {
            assertEquals(next, ring.takeUsed());
        }
        assertNull(ring.takeUsed());
    }

    private static int answer(RandomGenerator random, TestGuest guest, Request request, DescriptorChain chain) {
        byte[] answer = new byte[request.writable() == 0 ? 0 : random.nextInt(request.writable() + 1)];
        random.nextBytes(answer);
        byte[] before = gather(guest, request.pieces(), true);
        writeInRandomParts(random, chain.writable(), answer);
        System.arraycopy(answer, 0, before, 0, answer.length);
        assertArrayEquals(before, gather(guest, request.pieces(), true));
        chain.complete(answer.length);
        return answer.length;
    }

    private static byte[] readInRandomParts(RandomGenerator random, GuestBuffers buffers) {
        byte[] all = new byte[(int) buffers.length()];
        for (int at = 0; at < all.length; ) {
            int part = random.nextInt(1, all.length - at + 1);
            byte[] copy = new byte[part];
            buffers.read(at, MemorySegment.ofArray(copy), part);
            System.arraycopy(copy, 0, all, at, part);
            at += part;
        }
        return all;
    }

    private static void writeInRandomParts(RandomGenerator random, GuestBuffers buffers, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int part = random.nextInt(1, bytes.length - at + 1);
            if (part == 1) {
                buffers.writeByte(at, bytes[at]);
            } else {
                buffers.write(at, MemorySegment.ofArray(Arrays.copyOfRange(bytes, at, at + part)), part);
            }
            at += part;
        }
    }

    private static long length(List<Piece> pieces, boolean writable) {
        return pieces.stream()
                .filter(p -> p.writable() == writable)
                .mapToLong(Piece::length)
                .sum();
    }

    private static void scatter(TestGuest guest, List<Piece> pieces, boolean writable, byte[] bytes) {
        int at = 0;
        for (Piece piece : pieces) {
            if (piece.writable() == writable) {
                int length = (int) piece.length();
                guest.write(piece.address(), Arrays.copyOfRange(bytes, at, at + length));
                at += length;
            }
        }
    }

    private static byte[] gather(TestGuest guest, List<Piece> pieces, boolean writable) {
        byte[] all = new byte[(int) length(pieces, writable)];
        int at = 0;
        for (Piece piece : pieces) {
            if (piece.writable() == writable) {
                byte[] part = guest.read(piece.address(), (int) piece.length());
                System.arraycopy(part, 0, all, at, part.length);
                at += part.length;
            }
        }
        return all;
    }
}
