package org.vhostdevice.blk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.blk.backend.ImageSpec;
import org.vhostdevice.core.device.QueueContext;
import org.vhostdevice.core.virtqueue.FeatureSet;

@DisplayName("VIRTIO 1.4, 5.2.3 and 5.2.4: features and configuration of block devices")
class BlkDeviceTest {
    private static final long SEG_MAX = 1 << 2;
    private static final long RO = 1 << 5;
    private static final long BLK_SIZE = 1 << 6;
    private static final long FLUSH = 1 << 9;
    private static final long TOPOLOGY = 1 << 10;
    private static final long MQ = 1 << 12;

    @TempDir
    private Path folder;

    private BlkDevice create(int queues, int queueSize, int blockSize) throws IOException {
        ImageSpec image = new ImageSpec(folder.resolve("disk.img"), false, 3L << 40);
        return new BlkDevice(new BlkConfig(image, queues, queueSize, blockSize, ""));
    }

    private static ByteBuffer config(BlkDevice device) {
        return ByteBuffer.wrap(device.config().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void offersWhatItHas() throws IOException {
        try (BlkDevice device = create(1, 128, 512)) {
            assertEquals(SEG_MAX | BLK_SIZE | FLUSH | TOPOLOGY | MQ, device.features());
        }
        ImageSpec image = new ImageSpec(folder.resolve("disk.img"), true, 0);
        try (BlkDevice device = new BlkDevice(new BlkConfig(image, 1, 128, 512, ""))) {
            assertEquals(SEG_MAX | BLK_SIZE | FLUSH | TOPOLOGY | MQ | RO, device.features());
        }
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

    @Test
    void b3ReservedFieldsAndFieldsOfFeaturesNotOfferedAreZero() throws IOException {
        try (BlkDevice device = create(256, 1024, 512)) {
            byte[] bytes = device.config().bytes();
            assertArrayEquals(new byte[4], Arrays.copyOfRange(bytes, 8, 12), "size_max");
            assertArrayEquals(new byte[4], Arrays.copyOfRange(bytes, 16, 20), "geometry");
            assertArrayEquals(new byte[2], Arrays.copyOfRange(bytes, 32, 34), "writeback, unused0");
            assertArrayEquals(new byte[24], Arrays.copyOfRange(bytes, 36, 60), "discard, write zeroes, unused1");
        }
    }

    @Test
    void configurationCannotBeWritten() throws IOException {
        try (BlkDevice device = create(1, 128, 512)) {
            byte[] before = device.config().bytes();
            before[0]++; // a copy
            assertFalse(device.config().write(32, new byte[] {1}, false));
            assertEquals(0, device.config().bytes()[32]);
            assertEquals(3L << 31, config(device).getLong(0));
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
                BlkRig first = rig(device, 0);
                BlkRig second = rig(device, 1)) {
            BlkRig.Outcome write = first.send(BlkRig.request(BlkRig.T_OUT, 3, data), 1);
            assertEquals(BlkRig.OK, write.status());
            BlkRig.Outcome read = second.send(BlkRig.request(BlkRig.T_IN, 3), 513);
            assertArrayEquals(data, read.data());
        }
    }

    private static BlkRig rig(BlkDevice device, int queue) throws Exception {
        return new BlkRig((BlkRequestExecutor) device.start(new Context(queue, FeatureSet.NONE)));
    }

    /// What the core lends a queue's handler.
    private record Context(int index, FeatureSet features) implements QueueContext {
        @Override
        public void resume() {}

        @Override
        public void execute(Runnable task) {
            task.run();
        }
    }
}
