package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// A ring filled in every way, given back in every order and in batches of every cut, from every place it can start
/// at; each batch's descriptors are made available again before the next.
@DisplayName("Everything that can happen on a small packed ring")
class PackedSmallScopeTest {
    private final TestGuest guest;
    private final Piece piece;
    private int runs;

    PackedSmallScopeTest() throws Exception {
        guest = new TestGuest();
        piece = new Piece(TestGuest.BORDER, 8, true);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void everyFillingEveryOrderEveryBatch(int size) throws Exception {
        try (guest) {
            for (List<Integer> lengths : fillings(size)) {
                for (List<Integer> order : orders(lengths.size())) {
                    playFromEverywhere(size, lengths, order);
                }
            }
        }
        assertEquals(List.of(0, 2, 20, 198, 2_216, 28_490).get(size), runs);
    }

    private void playFromEverywhere(int size, List<Integer> lengths, List<Integer> order) throws Exception {
        FeatureSet features = TestRing.features(false);
        for (int cuts = 0; cuts < 1 << (lengths.size() - 1); cuts++) {
            for (int start = 0; start < 2 * size; start++) {
                guest.resetTo(TestGuest.START);
                play(new PackedRing(guest, size, features, start % size, start < size), lengths, order, cuts);
            }
        }
    }

    private void play(PackedRing ring, List<Integer> lengths, List<Integer> order, int cuts) throws Exception {
        runs++;
        PackedVirtqueue queue = ring.open();
        List<DescriptorChain> chains = new ArrayList<>();
        for (int id = 0; id < lengths.size(); id++) {
            chains.add(addAndTake(ring, queue, id, lengths.get(id)));
        }
        assertNull(queue.poll());
        List<Integer> batch = new ArrayList<>();
        List<DescriptorChain> again = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            int id = order.get(i);
            chains.get(id).complete(id);
            batch.add(id);
            assertNull(ring.takeUsed());
            if (i + 1 == order.size() || (cuts & 1 << i) != 0) {
                queue.publish();
                for (int seen : batch) {
                    assertEquals(new Used(seen, seen), ring.takeUsed());
                }
                for (int seen : batch) {
                    again.add(addAndTake(ring, queue, seen, lengths.get(seen)));
                }
                batch.clear();
            }
        }
        for (DescriptorChain chain : again) {
            chain.complete(7);
        }
        queue.publish();
        for (int id : order) {
            assertEquals(new Used(id, 7), ring.takeUsed());
        }
        assertNull(ring.takeUsed());
        assertNull(queue.poll());
        assertEquals(ring.base(), queue.base());
    }

    private DescriptorChain addAndTake(PackedRing ring, PackedVirtqueue queue, int id, int length) throws Exception {
        ring.add(id, Collections.nCopies(length, piece), Layout.DIRECT);
        DescriptorChain chain = queue.poll();
        assertNotNull(chain);
        assertEquals(length, chain.writable().pieces());
        return chain;
    }

    /// Every way to write a number as a sum of numbers from 1 on.
    private static List<List<Integer>> fillings(int size) {
        List<List<Integer>> all = new ArrayList<>();
        for (int first = 1; first < size; first++) {
            for (List<Integer> rest : fillings(size - first)) {
                all.add(prepend(first, rest));
            }
        }
        all.add(List.of(size));
        return all;
    }

    /// Every order of 0 to count - 1.
    private static List<List<Integer>> orders(int count) {
        if (count == 0) {
            return List.of(List.of());
        }
        List<List<Integer>> all = new ArrayList<>();
        for (List<Integer> shorter : orders(count - 1)) {
            for (int at = 0; at < count; at++) {
                List<Integer> longer = new ArrayList<>(shorter);
                longer.add(at, count - 1);
                all.add(longer);
            }
        }
        return all;
    }

    private static List<Integer> prepend(int first, List<Integer> rest) {
        List<Integer> all = new ArrayList<>(rest);
        all.addFirst(first);
        return all;
    }
}
