package org.vhostdevice.core.virtqueue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.testkit.PackedRing;
import org.vhostdevice.core.testkit.RingDriver;
import org.vhostdevice.core.testkit.RingDriver.Used;
import org.vhostdevice.core.testkit.SteppedStores;
import org.vhostdevice.core.testkit.TestGuest;
import org.vhostdevice.core.testkit.TestRing;
import org.vhostdevice.core.testkit.TestRing.Layout;
import org.vhostdevice.core.testkit.TestRing.Piece;

/// A device and a driver of one small ring, tried in every order of their steps, with the device killed after every
/// single store. Loaded by [SteppedStores]; public for that.
public final class InflightCrashModel {
    /// How a ring is used.
    ///
    /// @param lengths descriptors of each chain; all together fill the ring
    /// @param start where the ring begins
    /// @param deep whether the next process is killed everywhere too
    record Plan(int size, FeatureSet features, List<Integer> lengths, int start, boolean deep) {
        boolean packed() {
            return features.has(VirtioFeature.RING_PACKED);
        }
    }

    private final Plan plan;
    private final TestGuest guest;
    private final RingDriver driver;
    private final InflightArea area;
    private final int base;
    private final List<Integer> ids = new ArrayList<>();

    // The device.
    private final Virtqueue queue;
    private final List<DescriptorChain> held = new ArrayList<>();
    private int unpublished;

    // What the driver has offered and not taken back, in order, and how many of it the device has not taken.
    private final List<Integer> outstanding = new ArrayList<>();
    private int waiting;

    private static long crashes;

    private InflightCrashModel(Plan plan, TestGuest guest) throws Exception {
        this.plan = plan;
        this.guest = guest;
        guest.resetTo(TestGuest.START);
        driver = plan.packed()
                ? new PackedRing(
                        guest, plan.size(), plan.features(), plan.start() % plan.size(), plan.start() < plan.size())
                : new TestRing(guest, plan.size(), plan.features(), plan.start());
        long bytes = InflightArea.bytes(plan.size(), driver.setup().features());
        MemorySegment memory = guest.at(guest.allocate(bytes, 64), bytes).fill((byte) 0);
        area = new InflightArea(memory, plan.size(), true);
        base = plan.packed() ? ((PackedRing) driver).base() : plan.start();
        queue = Virtqueue.open(driver.setup(), guest.memory(), base, area);
        int id = 0;
        for (int i = 0; i < plan.lengths().size(); i++) {
            ids.add(plan.packed() ? i : id);
            id += plan.lengths().get(i);
        }
        for (int each : ids) {
            offer(driver, each);
            outstanding.add(each);
            waiting++;
        }
    }

    /// Tries all orders of so many steps.
    ///
    /// @param packed the format
    /// @param options 1 in order, 2 event index, 4 kill the next process everywhere too
    /// @param steps of the device and the driver
    /// @return how often the device was killed
    public static long explore(boolean packed, int size, int options, int steps) throws Exception {
        crashes = 0;
        FeatureSet features = TestRing.features((options & 2) != 0);
        features = (options & 1) != 0 ? features.with(VirtioFeature.IN_ORDER) : features;
        features = packed ? features.with(VirtioFeature.RING_PACKED) : features;
        try (var guest = new TestGuest()) {
            for (List<Integer> lengths : fillings(size)) {
                int[] starts = packed ? new int[] {size - 1, 2 * size - 1} : new int[] {65_535};
                for (int start : starts) {
                    explore(new Plan(size, features, lengths, start, (options & 4) != 0), guest, List.of(), steps);
                }
            }
        } finally {
            SteppedStores.watch(null);
        }
        return crashes;
    }

    private static void explore(Plan plan, TestGuest guest, List<Integer> before, int steps) throws Exception {
        var model = new InflightCrashModel(plan, guest);
        for (int i = 0; i < before.size(); i++) {
            if (i + 1 == before.size()) { // kills in the earlier steps were tried when those were the last
                SteppedStores.watch(model::crash);
            }
            model.step(before.get(i));
        }
        SteppedStores.watch(null);
        List<Integer> next = steps == 0 ? List.of() : model.possible();
        for (int step : next) {
            List<Integer> longer = new ArrayList<>(before);
            longer.add(step);
            explore(plan, guest, longer, steps - 1);
        }
    }

    /// 0 take a chain, 1 publish, 2 the driver takes back and offers again, 3 and up complete one of the chains held.
    private List<Integer> possible() {
        List<Integer> steps = new ArrayList<>();
        if (waiting > 0) {
            steps.add(0);
        }
        if (unpublished > 0) {
            steps.add(1);
        }
        if (driver.copy().takeUsed() != null) {
            steps.add(2);
        }
        for (int i = 0; i < held.size(); i++) {
            steps.add(3 + i);
        }
        return steps;
    }

    private void step(int which) throws Exception {
        switch (which) {
            case 0 -> {
                DescriptorChain chain = queue.poll();
                assertNotNull(chain);
                waiting--;
                held.add(chain);
            }
            case 1 -> {
                boolean _ = queue.publish();
                unpublished = 0;
            }
            case 2 -> {
                List<Integer> back = takeBack(driver);
                outstanding.removeAll(back);
                back.forEach(id -> offer(driver, id));
                outstanding.addAll(back);
                waiting += back.size();
            }
            default -> {
                unpublished++;
                held.remove(which - 3).complete(1);
            }
        }
    }

    private void offer(RingDriver by, int id) {
        int length = plan.lengths().get(ids.indexOf(id));
        by.add(id, Collections.nCopies(length, new Piece(TestGuest.BORDER + id, id + 1L, true)), Layout.DIRECT);
    }

    private static List<Integer> takeBack(RingDriver by) {
        List<Integer> back = new ArrayList<>();
        for (Used used = by.takeUsed(); used != null; used = by.takeUsed()) {
            back.add(used.id());
        }
        return back;
    }

    /// The device is killed here, and another process goes on. The driver has seen nothing of it, or has gone on.
    private void crash() {
        crashes++;
        Runnable watcher = SteppedStores.watch(null);
        long bytes = guest.mark() - TestGuest.START;
        byte[] before = guest.at(TestGuest.START, bytes).toArray(ValueLayout.JAVA_BYTE);
        try {
            for (boolean driverGoesOn : new boolean[] {false, true}) {
                RingDriver after = driver.copy();
                List<Integer> expected = new ArrayList<>(outstanding);
                List<Integer> back = takeBack(after);
                assertTrue(expected.containsAll(back), () -> back + " used of " + outstanding);
                expected.removeAll(back);
                if (driverGoesOn) {
                    back.forEach(id -> offer(after, id));
                    expected.addAll(back);
                }
                recover(after, expected, plan.deep() ? 2 : 1);
                MemorySegment.copy(
                        before, 0, guest.at(TestGuest.START, bytes), ValueLayout.JAVA_BYTE, 0, before.length);
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        } finally {
            SteppedStores.watch(watcher);
        }
    }

    /// @param kills how many times this process and its successors may be killed
    private void recover(RingDriver by, List<Integer> expected, int kills) throws Exception {
        @Nullable Runnable again = kills == 0 ? null : () -> crashAgain(by, expected, kills - 1);
        SteppedStores.watch(again);
        int told = by instanceof TestRing split ? split.usedIndex() : base;
        Virtqueue next = Virtqueue.open(by.setup(), guest.memory(), told, area);
        List<DescriptorChain> chains = new ArrayList<>();
        List<Integer> taken = new ArrayList<>();
        for (DescriptorChain chain = next.poll(); chain != null; chain = next.poll()) {
            chains.add(chain);
            taken.add(chain.id());
            int length = plan.lengths().get(ids.indexOf(chain.id()));
            assertEquals((chain.id() + 1L) * length, chain.writable().length());
            assertEquals(length, chain.writable().pieces());
        }
        assertEquals(expected, taken);
        boolean inOrder = plan.features().has(VirtioFeature.IN_ORDER);
        SteppedStores.watch(null);
        for (DescriptorChain chain : inOrder ? chains : chains.reversed()) {
            int id = chain.id();
            chain.complete(1);
            boolean _ = next.publish();
            assertEquals(List.of(id), takeBack(by));
        }
        assertTrue(next.idle());
        next.abandon();
        Virtqueue last = Virtqueue.open(by.setup(), guest.memory(), told, area);
        assertTrue(last.idle());
        assertEquals(null, last.poll());
    }

    /// The next process is killed too.
    private void crashAgain(RingDriver by, List<Integer> expected, int kills) {
        crashes++;
        Runnable watcher = SteppedStores.watch(null);
        long bytes = guest.mark() - TestGuest.START;
        byte[] before = guest.at(TestGuest.START, bytes).toArray(ValueLayout.JAVA_BYTE);
        try {
            recover(by.copy(), expected, kills);
        } catch (Exception e) {
            throw new AssertionError(e);
        } finally {
            MemorySegment.copy(before, 0, guest.at(TestGuest.START, bytes), ValueLayout.JAVA_BYTE, 0, before.length);
            SteppedStores.watch(watcher);
        }
    }

    /// Every way to write a number as a sum of numbers from 1 on.
    private static List<List<Integer>> fillings(int size) {
        List<List<Integer>> all = new ArrayList<>();
        for (int first = 1; first < size; first++) {
            for (List<Integer> rest : fillings(size - first)) {
                List<Integer> longer = new ArrayList<>(rest);
                longer.addFirst(first);
                all.add(longer);
            }
        }
        all.add(List.of(size));
        return all;
    }
}
