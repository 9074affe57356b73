package org.vhostdevice.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.device.UsageException;

class JobTest {
    @Test
    void compactFormHasAccessBlockSizeAndDepth() throws UsageException {
        assertEquals(new Job(Rw.RANDREAD, 4096, 32), Job.parse("randread:4k:32"));
        assertEquals(new Job(Rw.WRITE, 1 << 20, 1), Job.parse("Write:1M:1"));
    }

    @ParameterizedTest
    @CsvSource({
        "randread:4k:32, randread 4k depth 32",
        "READ:131072:8, read 128k depth 8",
        "write:512:1, write 512 depth 1",
        "meta:4k:16, meta 4k depth 16",
        "forget:64M:1, forget 65536k depth 1"
    })
    void textNamesTheLoadInTheWordsOfFio(String typed, String shown) throws UsageException {
        assertEquals(shown, Job.parse(typed).toString());
    }

    @ParameterizedTest
    @CsvSource({
        "randread, RW:BS:DEPTH",
        "randread:4k:32:1, RW:BS:DEPTH",
        "erase:4k:1, randwrite",
        "read:4x:1, 4x",
        "read:4k:many, number",
        "read:2G:1, 2G"
    })
    void anythingElseIsAUsageError(String text, String word) {
        String message =
                assertThrows(UsageException.class, () -> Job.parse(text)).getMessage();
        assertTrue(message.contains(word), message);
    }
}
