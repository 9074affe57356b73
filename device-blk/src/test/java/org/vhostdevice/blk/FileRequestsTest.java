package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.vhostdevice.blk.BlkRig.IOERR;
import static org.vhostdevice.blk.BlkRig.OK;
import static org.vhostdevice.blk.BlkRig.T_FLUSH;
import static org.vhostdevice.blk.BlkRig.T_IN;
import static org.vhostdevice.blk.BlkRig.T_OUT;
import static org.vhostdevice.blk.BlkRig.request;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.blk.BlkRig.Outcome;
import org.vhostdevice.blk.storage.FileSpec;
import org.vhostdevice.blk.storage.FileStorage;
import org.vhostdevice.core.testkit.TestRing.Layout;

/// Requests on a real file.
class FileRequestsTest {
    private static final int BYTES = 1 << 20;

    private final byte[] content = new byte[BYTES];
    private Path file;
    private FileStorage image;
    private BlkRig rig;

    @BeforeEach
    void open(@TempDir Path folder) throws Exception {
        new Random(1).nextBytes(content);
        file = folder.resolve("disk.img");
        Files.write(file, content);
        image = FileStorage.open(new FileSpec(file, false));
        rig = new BlkRig(image, true);
    }

    @AfterEach
    void close() {
        rig.close();
        image.close();
    }

    @Test
    void moreBuffersThanOneSystemCallTakesAreReadAndWritten() throws Exception {
        int count = 2500;
        int[] data = new int[count + 1];
        Arrays.fill(data, 128);
        data[count] = 1;
        int bytes = count * 128;
        Outcome read = rig.send(request(T_IN, 8), new int[] {16}, data, Layout.INDIRECT);
        assertEquals(OK, read.status());
        assertEquals(bytes + 1, read.used());
        assertArrayEquals(Arrays.copyOfRange(content, 4096, 4096 + bytes), read.data());

        byte[] fresh = new byte[bytes];
        new Random(2).nextBytes(fresh);
        int[] readable = new int[count + 1];
        Arrays.fill(readable, 1, count + 1, 128);
        readable[0] = 16;
        Outcome write = rig.send(request(T_OUT, 0, fresh), readable, new int[] {1}, Layout.MIXED);
        assertEquals(OK, write.status());
        assertEquals(OK, rig.send(request(T_FLUSH, 0), 1).status());
        System.arraycopy(fresh, 0, content, 0, bytes);
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @Test
    void imageCutByOthersGivesErrorsAndNoZeroes() throws Exception {
        cutTo(4096 + 100);
        assertEquals(OK, rig.send(request(T_IN, 0), 4097).status());
        Outcome beyond = rig.send(request(T_IN, 0), 8193);
        assertEquals(IOERR, beyond.status());
        assertEquals(0, beyond.used());
        assertEquals(IOERR, rig.send(request(T_IN, 100), 513).status());
    }

    private void cutTo(long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }
}
