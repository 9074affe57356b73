package org.vhostdevice.core.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.frontend.RingDevice.Request;

/// Every sequence of a few steps of a driver and a device on small rings of both formats, against a model.
class DriverQueueSmallScopeTest {
    private static final long BUFFER = 0x1_0000;
    private static final int STEPS = 7;
    private static final int PIECES = 3;

    private enum Step {
        ADD_ONE,
        ADD_TWO,
        ADD_TABLE,
        PUBLISH,
        TAKE,
        USE_OLDEST,
        USE_NEWEST,
        NEXT_USED,
        RESUME
    }

    /// A driver, a device, and what has to be true of them. Chains are known by the length of their first piece.
    private static final class Run {
        final DriverQueue ring;
        final FrontendMemory memory;
        RingDevice device;
        final boolean inOrder;
        final List<Long> offered = new ArrayList<>();
        final Deque<Long> published = new ArrayDeque<>();
        final List<Request> taken = new ArrayList<>();
        final Deque<Long> used = new ArrayDeque<>();
        final Map<Integer, Long> heads = new HashMap<>();
        long next = 1;
        int outstanding;

        Run(DriverQueueOptions options, FrontendMemory memory, int start) throws Exception {
            this.memory = memory;
            inOrder = options.inOrder();
            ring = DriverQueue.allocate(options, memory);
            device = RingDevice.of(ring, memory, options.eventIdx());
            for (int i = 0; i < start; i++) {
                add(1, ChainLayout.DIRECT);
                step(Step.PUBLISH);
                step(Step.TAKE);
                step(Step.USE_OLDEST);
                step(Step.NEXT_USED);
            }
        }

        /// @return false if the step changes nothing here
        boolean step(Step step) throws Exception {
            return switch (step) {
                case ADD_ONE -> add(1, ChainLayout.DIRECT);
                case ADD_TWO -> add(2, ChainLayout.DIRECT);
                case ADD_TABLE -> add(PIECES, ChainLayout.INDIRECT);
                case PUBLISH -> publish();
                case TAKE -> take();
                case USE_OLDEST -> use(0);
                case USE_NEWEST -> !inOrder && use(taken.size() - 1);
                case NEXT_USED -> nextUsed();
                case RESUME -> resume();
            };
        }

        private boolean add(int pieces, ChainLayout layout) {
            var chain = new Chain();
            for (int i = 0; i < pieces; i++) {
                chain.readable(BUFFER, i == 0 ? next : 1);
            }
            int needed = ring.descriptors(pieces, layout);
            int free = ring.free();
            int head = ring.add(chain, layout);
            assertEquals(needed <= free, head != DriverQueue.NONE);
            if (head == DriverQueue.NONE) {
                return false;
            }
            assertFalse(heads.containsKey(head), "a head that is in use");
            heads.put(head, next);
            offered.add(next);
            next++;
            outstanding++;
            return true;
        }

        private boolean publish() {
            assertEquals(!offered.isEmpty(), ring.publish(), "a device that wants all kicks");
            boolean any = published.addAll(offered);
            offered.clear();
            return any;
        }

        private boolean take() {
            Optional<Request> request = device.next();
            assertEquals(published.isEmpty(), request.isEmpty());
            request.ifPresent(chain -> {
                assertEquals(published.remove(), chain.pieces().getFirst().length());
                taken.add(chain);
            });
            return request.isPresent();
        }

        private boolean use(int which) {
            if (which >= taken.size() || which < 0) {
                return false;
            }
            Request chain = taken.remove(which);
            device.use(chain.head(), 0);
            used.add(chain.pieces().getFirst().length());
            return true;
        }

        private boolean nextUsed() throws BackendViolation {
            assertEquals(used.size(), ring.pending());
            boolean any = ring.nextUsed();
            assertEquals(!used.isEmpty(), any);
            if (any) {
                assertEquals(used.remove(), heads.remove(ring.usedHead()));
                outstanding--;
            }
            assertEquals(outstanding, ring.outstanding());
            return any;
        }

        /// The device is gone, and another one comes that knows nothing.
        private boolean resume() throws BackendViolation {
            List<Long> left = new ArrayList<>();
            taken.forEach(chain -> left.add(chain.pieces().getFirst().length()));
            left.addAll(published);
            left.addAll(offered);
            left.sort(null);
            int base = ring.resume();
            device = RingDevice.of(ring, memory, false);
            device.base(base);
            taken.clear();
            offered.clear();
            published.clear();
            published.addAll(left);
            return true;
        }

        /// Everything that was offered comes back in the end.
        void finish() throws Exception {
            boolean _ = publish();
            while (!published.isEmpty()) {
                assertTrue(take());
            }
            while (!taken.isEmpty()) {
                assertTrue(use(0));
            }
            while (nextUsed()) {
                // the next one
            }
            assertEquals(0, ring.outstanding());
            assertEquals(ring.size(), ring.free());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "split,1",
        "split,2",
        "split,4",
        "split-in-order,2",
        "split-in-order,4",
        "packed,1",
        "packed,2",
        "packed,3",
        "packed,5",
        "packed-in-order,2",
        "packed-in-order,3"
    })
    void everySequenceOfSteps(String format, int size) throws Exception {
        var options =
                new DriverQueueOptions(size, false, PIECES, format.startsWith("packed"), format.endsWith("in-order"));
        try (FrontendMemory memory = FrontendMemory.create(List.of(new RegionPlan(BUFFER, 0x1_0000)))) {
            for (int start = 0; start < 2 * size; start += Math.max(1, size - 1)) {
                explore(options, memory, start, new ArrayList<>());
            }
        }
    }

    private static void explore(DriverQueueOptions options, FrontendMemory memory, int start, List<Step> steps)
            throws Exception {
        for (Step step : Step.values()) {
            memory.reset();
            var run = new Run(options, memory, start);
            for (Step before : steps) {
                run.step(before);
            }
            if (!run.step(step) || (step == Step.RESUME && !steps.isEmpty() && steps.getLast() == step)) {
                continue;
            }
            steps.add(step);
            try {
                run.finish();
                if (steps.size() < STEPS) {
                    explore(options, memory, start, steps);
                }
            } catch (AssertionError e) {
                throw new AssertionError("from " + start + " by " + steps, e);
            }
            steps.removeLast();
        }
    }
}
