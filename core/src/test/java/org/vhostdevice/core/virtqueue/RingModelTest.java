package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.memory.GuestMemory;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// Driver and device take steps in any order against a model that only knows lists of chains.
@DisplayName("Any interleaving of driver and device on rings of any size")
@ExtendWith(Seeded.class)
class RingModelTest extends RingTestBase {
    private static final int STEPS = 2000;

    /// A chain of the model; in the order list until it is given back.
    private static final class Request {
        final int id;
        final int slots;
        DescriptorChain chain;
        Used used;

        Request(int id, int slots) {
            this.id = id;
            this.slots = slots;
        }
    }

    private long mark;
    private RandomGenerator random;
    private RingDriver driver;
    private Virtqueue queue;
    private boolean packed;
    private boolean inOrder;
    private boolean eventIndex;

    private final Deque<Integer> freeIds = new ArrayDeque<>();
    private int freeSlots;
    private final Deque<Request> available = new ArrayDeque<>();
    private final List<Request> taken = new ArrayList<>();
    private final Deque<Request> completed = new ArrayDeque<>();
    private final Deque<Request> published = new ArrayDeque<>();

    // In used entries, or used descriptors of a packed ring, since the ring began.
    private long usedUntilPublished;
    private long usedUntilSeen;
    private long wantedEvent;

    @RepeatedTest(40)
    void splitRing(RandomGenerator seeded) throws Exception {
        FeatureSet features = features(seeded);
        int size = 1 << seeded.nextInt(4);
        play(new TestRing(guest, size, features, seeded.nextInt(65_536)), seeded);
    }

    @RepeatedTest(80)
    void packedRing(RandomGenerator seeded) throws Exception {
        FeatureSet features = features(seeded);
        int size = seeded.nextInt(1, 12);
        packed = true;
        play(new PackedRing(guest, size, features, seeded.nextInt(size), seeded.nextBoolean()), seeded);
    }

    private FeatureSet features(RandomGenerator seeded) {
        eventIndex = seeded.nextBoolean();
        inOrder = seeded.nextInt(3) == 0;
        FeatureSet features = TestRing.features(eventIndex);
        return inOrder ? features.with(VirtioFeature.IN_ORDER) : features;
    }

    private void play(RingDriver ring, RandomGenerator seeded) throws Exception {
        random = seeded;
        driver = ring;
        queue = driver.open();
        freeSlots = driver.setup().size();
        for (int id = 0; id < freeSlots; id++) {
            freeIds.add(id);
        }
        mark = guest.mark();
        driver.requestEvent(0);
        for (int step = 0; step < STEPS; step++) {
            step();
            assertEquals(taken.size(), queue.inFlight());
        }
    }

    private void step() throws Exception {
        switch (random.nextInt(7)) {
            case 0, 1 -> makeAvailable();
            case 2 -> take();
            case 3 -> complete();
            case 4 -> publish();
            case 5 -> seeUsed();
            default -> suppress();
        }
    }

    private void makeAvailable() throws BrokenQueueException {
        if (freeSlots == 0) {
            return;
        }
        int slots = packed ? random.nextInt(1, freeSlots + 1) : 1;
        int id = random.nextBoolean() ? freeIds.removeFirst() : freeIds.removeLast();
        guest.resetTo(mark);
        Piece piece = new Piece(TestGuest.BORDER + 100L * id, 100, true);
        Layout layout = slots == 1 ? Layout.values()[random.nextInt(2)] : Layout.DIRECT;
        assertEquals(slots, driver.add(id, Collections.nCopies(slots, piece), layout));
        freeSlots -= slots;
        Request request = new Request(id, slots);
        available.add(request);
        while (layout == Layout.INDIRECT && !available.isEmpty()) { // one table for all, to be written again
            take();
        }
    }

    private void take() throws BrokenQueueException {
        DescriptorChain chain = queue.poll();
        if (available.isEmpty()) {
            assertNull(chain);
            return;
        }
        Request request = available.remove();
        assertNotNull(chain);
        assertEquals(request.slots, chain.writable().pieces());
        request.chain = chain;
        taken.add(request);
    }

    private void complete() {
        List<Request> open = taken.stream().filter(r -> r.used == null).toList();
        if (open.isEmpty()) {
            return;
        }
        Request request = open.get(random.nextInt(open.size()));
        int written = random.nextInt(100 * request.slots + 1);
        request.used = new Used(request.id, written);
        request.chain.complete(written);
        if (!inOrder) {
            taken.remove(request);
            completed.add(request);
        }
        while (inOrder && !taken.isEmpty() && taken.getFirst().used != null) {
            completed.add(taken.removeFirst());
        }
    }

    private void publish() {
        long before = usedUntilPublished;
        boolean any = !completed.isEmpty();
        for (Request request : completed) {
            usedUntilPublished += packed ? request.slots : 1;
        }
        published.addAll(completed);
        completed.clear();
        boolean passed = before <= wantedEvent && wantedEvent < usedUntilPublished;
        assertEquals(any && (passed || !eventIndex), queue.publish());
    }

    private void seeUsed() {
        Used used = driver.takeUsed();
        if (published.isEmpty()) {
            assertNull(used);
            return;
        }
        Request request = published.remove();
        assertEquals(request.used, used);
        usedUntilSeen += packed ? request.slots : 1;
        freeSlots += request.slots;
        freeIds.add(request.id);
        int ahead = random.nextInt(driver.setup().size());
        driver.requestEvent(ahead);
        wantedEvent = usedUntilSeen + ahead;
    }

    private void suppress() throws Exception {
        if (random.nextBoolean()) {
            queue.disableNotifications();
            return;
        }
        if (random.nextInt(4) == 0) {
            GuestMemory same = GuestMemory.of(guest.memory().regions());
            queue.useMemory(same);
            same.release();
        }
        assertEquals(!available.isEmpty(), queue.enableNotifications(1));
        if (eventIndex && available.isEmpty()) {
            assertEquals(true, driver.wantsEventNow());
        }
    }
}
