package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.vhostdevice.core.testkit.TestContext;
import org.vhostdevice.core.virtqueue.FeatureSet;

class EndLoopTest {
    private final List<String> done = new ArrayList<>();

    @Test
    void tasksWaitForTheWorker() throws Exception {
        EndLoop loop = new EndLoop();
        loop.execute(() -> done.add("early"));
        assertThrows(IOException.class, () -> loop.watch(0, 0, _ -> {}));
        loop.rewatch(0, 0);
        loop.unwatch(0);
        assertEquals(List.of(), done);
        try (TestContext context = new TestContext(0, FeatureSet.NONE)) {
            loop.begin(context);
            loop.execute(() -> done.add("late"));
            context.step();
        }
        assertEquals(List.of("early", "late"), done);
    }
}
