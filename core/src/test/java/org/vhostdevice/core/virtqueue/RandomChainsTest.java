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
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// Random chains against a model that knows what each chain holds and in which order they were completed.
@DisplayName("S1, S2, S3, S9: any framing, any order, nothing else is touched")
@ExtendWith(Seeded.class)
class RandomChainsTest {
    private static final int SIZE = 64;

    /// One request as the driver remembers it.
    private record Request(int head, List<Piece> pieces, byte[] readable, int writable) {}

    @RepeatedTest(30)
    void deviceSeesWhatTheDriverWroteAndTheDriverWhatTheDeviceWrote(RandomGenerator random) throws Exception {
        try (TestGuest guest = new TestGuest()) {
            TestRing ring = new TestRing(guest, SIZE, TestRing.features(random.nextBoolean()), random.nextInt(65_536));
            SplitVirtqueue queue = ring.open();
            long mark = guest.mark();
            int used = ring.usedIndex();
            for (int round = 0; round < 40; round++) {
                guest.resetTo(mark);
                List<Request> requests = addRandomRequests(random, guest, ring);
                used = serve(random, guest, ring, queue, requests, used);
            }
        }
    }

    private static List<Request> addRandomRequests(RandomGenerator random, TestGuest guest, TestRing ring) {
        List<Request> requests = new ArrayList<>();
        int head = 0;
        int crossingAt = random.nextInt(100); // one buffer a round lies across the border of the regions
        while (head + 8 <= SIZE) {
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
            requests.add(new Request(head, pieces, content, (int) length(pieces, true)));
            Layout layout = Layout.values()[random.nextInt(3)];
            head += ring.add(head, pieces, layout);
        }
        return requests;
    }

    private static long crossing(RandomGenerator random, int length) {
        return TestGuest.BORDER - (length == 0 ? 0 : random.nextInt(length));
    }

    private static int serve(
            RandomGenerator random,
            TestGuest guest,
            TestRing ring,
            SplitVirtqueue queue,
            List<Request> requests,
            int used)
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
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, chains.size()).boxed().toList());
        Collections.shuffle(order, Random.from(random));
        int next = used;
        for (int i : order) {
            Request request = requests.get(i);
            byte[] answer = new byte[request.writable() == 0 ? 0 : random.nextInt(request.writable() + 1)];
            random.nextBytes(answer);
            byte[] before = gather(guest, request.pieces(), true);
            writeInRandomParts(random, chains.get(i).writable(), answer);
            System.arraycopy(answer, 0, before, 0, answer.length);
            assertArrayEquals(before, gather(guest, request.pieces(), true));
            chains.get(i).complete(answer.length);
            assertEquals(request.head(), ring.usedHead(next));
            assertEquals(answer.length, ring.usedLength(next));
            next = (next + 1) & 0xffff;
        }
        queue.publish();
        assertEquals(next, ring.usedIndex());
        return next;
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
