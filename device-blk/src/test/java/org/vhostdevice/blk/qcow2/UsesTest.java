package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class UsesTest {
    private final Uses<String> uses = new Uses<>();

    @Test
    void whatNobodyUsesIsReleasedAtOnce() {
        uses.retire(List.of("a", "b"));
        assertEquals(List.of("a", "b"), uses.released());
        assertEquals(List.of(), uses.released());
    }

    @Test
    void aUseThatBeganBeforeHoldsBack() {
        int before = uses.enter();
        uses.retire(List.of("a"));
        assertEquals(List.of(), uses.released());
        int after = uses.enter();
        assertEquals(List.of(), uses.released());
        uses.leave(before);
        assertEquals(List.of("a"), uses.released());
        uses.leave(after);
    }

    @Test
    void usesThatBeginLaterNeverHoldBackForEver() {
        int use = uses.enter();
        for (int i = 0; i < 10; i++) {
            uses.retire(List.of("x"));
            List<String> _ = uses.released();
            int next = uses.enter();
            uses.leave(use);
            use = next;
        }
        int left = uses.released().size();
        uses.leave(use);
        left += uses.released().size() + uses.released().size();
        assertEquals(true, left > 0 && uses.released().isEmpty());
    }
}
