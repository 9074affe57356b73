package org.vhostdevice.core.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("descriptors of vhost-user messages")
class DescriptorRuleTest {
    private static final Message.MemoryRegion REGION = new Message.MemoryRegion(0, 4096, 0, 0);

    @Test
    void aTableNeedsOneForEachRegion() {
        assertAccepts(DescriptorRule.ONE_PER_REGION, new Message.MemoryTable(List.of()), 0, 0);
        assertAccepts(DescriptorRule.ONE_PER_REGION, new Message.MemoryTable(List.of(REGION, REGION)), 2, 2);
    }

    @Test
    void aRingFileNeedsOneUnlessItsFlagSaysNone() {
        assertAccepts(DescriptorRule.FLAG_DECIDES, new Message.VringFile(0, false), 1, 1);
        assertAccepts(DescriptorRule.FLAG_DECIDES, new Message.VringFile(0, true), 0, 0);
    }

    @Test
    void otherMessagesHaveAFixedRule() {
        assertAccepts(DescriptorRule.NONE, Message.EMPTY, 0, 0);
        assertAccepts(DescriptorRule.ONE, Message.EMPTY, 1, 1);
        assertAccepts(DescriptorRule.ONE_OR_NONE, REGION, 0, 1);
    }

    private static void assertAccepts(DescriptorRule rule, Message message, int least, int most) {
        for (int count = 0; count <= MessageHeader.MAX_DESCRIPTORS + 1; count++) {
            assertEquals(count >= least && count <= most, accepts(rule, message, count), rule + " with " + count);
        }
    }

    private static boolean accepts(DescriptorRule rule, Message message, int count) {
        try {
            rule.check(FrontendRequest.UNKNOWN, message, count);
            return true;
        } catch (ProtocolException refusal) {
            assertFalse(refusal.fatal());
            return false;
        }
    }
}
