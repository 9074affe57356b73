package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.blk.queue.DetectZeroes;
import org.vhostdevice.blk.queue.Disk;
import org.vhostdevice.blk.queue.EngineKind;
import org.vhostdevice.blk.queue.OnEnospc;
import org.vhostdevice.blk.queue.Throttle;
import org.vhostdevice.core.virtqueue.FeatureSet;

@DisplayName("VIRTIO 1.4, 5.2.3 and 5.2.4: features and configuration of block devices")
class BlkDeviceTest {
    private static final long RO = 1 << 5;
    private static final long DISCARD = 1 << 13;
    private static final long WRITE_ZEROES = 1 << 14;
    private static final long ALWAYS = 1 << 1 // SIZE_MAX
            | 1 << 2 // SEG_MAX
            | 1 << 4 // GEOMETRY
            | 1 << 6 // BLK_SIZE
            | 1 << 9 // FLUSH
            | 1 << 10 // TOPOLOGY
            | 1 << 11 // CONFIG_WCE
            | 1 << 12; // MQ
    private static final MediumOptions WRITABLE = TestOptions.DEFAULT;

    @TempDir
    private Path folder;

    private BlkDevice create(int queues, int queueSize, int blockSize) throws IOException {
        return open(new Medium.File(folder.resolve("disk.img"), 3L << 40), WRITABLE, queues, queueSize, blockSize);
    }

    /// A device that does not give room back to the host.
    private static BlkDevice openKeeping(Medium medium, int queues) throws IOException {
        Disk.Policy keep = new Disk.Policy(false, DetectZeroes.OFF, OnEnospc.REPORT, EngineKind.AUTO);
        return new BlkDevice(new BlkConfig(medium, WRITABLE, queues, 1024, 512, "", keep, Throttle.Limits.NONE));
    }

    private static BlkDevice open(Medium medium, MediumOptions options, int queues, int queueSize, int blockSize)
            throws IOException {
        return new BlkDevice(new BlkConfig(
                medium, options, queues, queueSize, blockSize, "", Disk.Policy.DEFAULT, Throttle.Limits.NONE));
    }

    private static ByteBuffer config(BlkDevice device) {
        return ByteBuffer.wrap(device.config().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void offersWhatItHas() throws IOException {
        try (BlkDevice device = create(1, 128, 512)) {
            assertEquals(ALWAYS | DISCARD | WRITE_ZEROES, device.features());
        }
        Medium image = new Medium.File(folder.resolve("disk.img"), 0);
        try (BlkDevice device = openKeeping(image, 1)) {
            assertEquals(ALWAYS | WRITE_ZEROES, device.features());
        }
        try (BlkDevice device = open(image, TestOptions.READ_ONLY, 1, 128, 512)) {
            assertEquals(ALWAYS | RO, device.features());
        }
    }

    @Test
    void refusesAnEmptyImage() throws IOException {
        Medium empty = new Medium.File(Files.createFile(folder.resolve("empty")), 0);
        IOException e = assertThrows(IOException.class, () -> open(empty, WRITABLE, 1, 128, 512));
        assertTrue(String.valueOf(e.getMessage()).contains("is empty"), e.getMessage());
    }

    @Test
    void refusesASizeThatIsNoMultipleOfTheBlockSize() throws IOException {
        Path file = folder.resolve("odd");
        Files.write(file, new byte[512 * 9]);
        IOException e = assertThrows(IOException.class, () -> open(new Medium.File(file, 0), WRITABLE, 1, 128, 4096));
        assertTrue(String.valueOf(e.getMessage()).contains("4608 bytes"), e.getMessage());
        open(new Medium.File(file, 0), WRITABLE, 1, 128, 512).close();
    }

    @Test
    void configurationHoldsTheFieldsOfTheFeatures() throws IOException {
        try (BlkDevice device = create(7, 1024, 512)) {
            ByteBuffer config = config(device);
            assertEquals(60, config.capacity());
            assertEquals(3L << 31, config.getLong(0), "capacity in sectors of 512 bytes");
            assertEquals(126, config.getInt(12), "seg_max fits into the usual ring of 128");
            assertEquals(512, config.getInt(20), "blk_size");
            assertEquals(3, config.get(24), "physical_block_exp: 4096 bytes");
            assertEquals(0, config.get(25), "alignment_offset");
            assertEquals(8, config.getShort(26), "min_io_size in blocks");
            assertEquals(0, config.getInt(28), "opt_io_size");
            assertEquals(7, config.getShort(34), "num_queues");
        }
    }

    @ParameterizedTest
    @CsvSource({"512, 3, 8", "1024, 2, 4", "2048, 1, 2", "4096, 0, 1"})
    void topologyFollowsTheBlockSize(int blockSize, int physicalBlockExp, int minIoSize) throws IOException {
        try (BlkDevice device = create(1, 128, blockSize)) {
            ByteBuffer config = config(device);
            assertEquals(3L << 31, config.getLong(0), "capacity does not depend on the block size");
            assertEquals(blockSize, config.getInt(20));
            assertEquals(physicalBlockExp, config.get(24));
            assertEquals(minIoSize, config.getShort(26));
        }
    }

    @Test
    void segmentsFitIntoTheLargestRing() throws IOException {
        try (BlkDevice device = create(1, 4, 512)) {
            assertEquals(2, config(device).getInt(12));
        }
    }

    /// As SeaBIOS computes it: in 32 bits, then in 16.
    @ParameterizedTest
    @ValueSource(ints = {4, 8, 16, 32, 64, 128, 256, 512, 1024})
    void theLargestRequestOfSeaBiosIsNotZero(int queueSize) throws IOException {
        try (BlkDevice device = create(1, queueSize, 512)) {
            ByteBuffer config = config(device);
            assertNotEquals(0, ((config.getInt(8) * config.getInt(12)) >>> 9) & 0xffff);
        }
    }

    @Test
    void limitsAreNeverZero() throws IOException {
        try (BlkDevice device = create(1, 128, 512)) {
            ByteBuffer config = config(device);
            assertEquals(1 << 20, config.getInt(8), "size_max");
            assertEquals(0xffff, config.getShort(16) & 0xffff, "cylinders");
            assertEquals(16, config.get(18), "heads");
            assertEquals(63, config.get(19), "sectors");
            assertEquals(1 << 22, config.getInt(36), "max_discard_sectors");
            assertEquals(32, config.getInt(40), "max_discard_seg");
            assertEquals(8, config.getInt(44), "discard_sector_alignment");
            assertEquals(1 << 22, config.getInt(48), "max_write_zeroes_sectors");
            assertEquals(32, config.getInt(52), "max_write_zeroes_seg");
            assertEquals(1, config.get(56), "write_zeroes_may_unmap");
        }
    }

    @Test
    void b3ReservedFieldsAndFieldsOfFeaturesNotOfferedAreZero() throws IOException {
        Medium image = new Medium.File(folder.resolve("disk.img"), 1 << 20);
        try (BlkDevice device = openKeeping(image, 256)) {
            byte[] bytes = device.config().bytes();
            assertEquals(0, bytes[33], "unused0");
            assertArrayEquals(new byte[12], Arrays.copyOfRange(bytes, 36, 48), "discard");
            assertArrayEquals(new byte[4], Arrays.copyOfRange(bytes, 56, 60), "may_unmap, unused1");
        }
        Medium same = new Medium.File(folder.resolve("disk.img"), 0);
        try (BlkDevice device = open(same, TestOptions.READ_ONLY, 1, 128, 512)) {
            byte[] bytes = device.config().bytes();
            assertArrayEquals(new byte[24], Arrays.copyOfRange(bytes, 36, 60), "discard, write zeroes, unused1");
        }
    }

    @Test
    void onlyWritebackCanBeWritten() throws IOException {
        try (BlkDevice device = create(1, 128, 512)) {
            byte[] before = device.config().bytes();
            before[0]++; // a copy
            assertEquals(1, device.config().bytes()[32]);
            assertTrue(device.config().write(32, new byte[] {0}, false));
            assertEquals(0, device.config().bytes()[32]);
            assertFalse(device.config().write(32, new byte[] {2}, false));
            assertFalse(device.config().write(32, new byte[] {1, 0}, false));
            assertFalse(device.config().write(0, new byte[] {1}, false));
            assertEquals(0, device.config().bytes()[32]);
            device.reset();
            assertEquals(1, device.config().bytes()[32], "a reset undoes what the driver did");
        }
    }

    @Test
    void b2WritebackBeginsAtZeroWithoutFlush() throws IOException {
        try (BlkDevice device = create(1, 128, 512)) {
            device.negotiated(new FeatureSet(BlkFeature.CONFIG_WCE.mask()));
            assertEquals(0, device.config().bytes()[32]);
            device.negotiated(new FeatureSet(BlkFeature.CONFIG_WCE.mask() | BlkFeature.FLUSH.mask()));
            assertEquals(1, device.config().bytes()[32]);
        }
        Medium image = new Medium.File(folder.resolve("disk.img"), 0);
        try (BlkDevice device = open(image, TestOptions.of(null, CacheMode.WRITETHROUGH), 1, 128, 512)) {
            assertEquals(0, device.config().bytes()[32], "the host wants it so");
        }
    }

    @Test
    void eachQueueHasAWorkerOfItsOwn() throws IOException {
        try (BlkDevice device = create(3, 128, 512)) {
            assertEquals(0, device.worker(0));
            assertEquals(2, device.worker(2));
        }
    }

    @Test
    void queuesShareTheImage() throws Exception {
        byte[] data = new byte[512];
        Arrays.fill(data, (byte) 7);
        try (BlkDevice device = create(2, 128, 512);
                BlkRig first = new BlkRig(device, 0);
                BlkRig second = new BlkRig(device, 1)) {
            BlkRig.Outcome write = first.send(BlkRig.request(BlkRig.T_OUT, 3, data), 1);
            assertEquals(BlkRig.OK, write.status());
            BlkRig.Outcome read = second.send(BlkRig.request(BlkRig.T_IN, 3), 513);
            assertArrayEquals(data, read.data());
        }
    }
}
