package org.vhostdevice.blk.qcow2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.vhostdevice.core.testkit.Seeded;

/// What the file below cannot do.
@ExtendWith(Seeded.class)
class ImageFailureTest {
    @Test
    void afterAFlushThatFailedNoneSucceeds() throws Exception {
        ImageModel image = new ImageModel(Qcow2CreateOptions.of(4 << 20), new byte[0]);
        Images.write(image.disk(), 0, new byte[] {1});
        image.file().failAfter(2);
        assertThrows(IOException.class, image.disk()::flush);
        image.file().failAfter(Integer.MAX_VALUE);
        assertThrows(IOException.class, image.disk()::flush);
        assertArrayEquals(new byte[] {1}, Images.read(image.disk(), 0, 1));
        image.disk().close();
        assertTrue(image.file().closed());
        ImageModel.assertSound(image.file(), false);
    }

    @Test
    void aWriteThatFailsGivesItsClusterBack() throws Exception {
        ImageModel image = new ImageModel(Qcow2CreateOptions.of(4 << 20), new byte[0]);
        Images.write(image.disk(), 0, new byte[] {1});
        image.file().failAfter(0);
        assertThrows(IOException.class, () -> Images.write(image.disk(), 1 << 20, new byte[] {1}));
        image.file().failAfter(Integer.MAX_VALUE);
        assertArrayEquals(new byte[1], Images.read(image.disk(), 1 << 20, 1));
        image.close();
    }

    @RepeatedTest(20)
    void whereverTheFileFailsTheImageStaysSound(RandomGenerator random) throws Exception {
        ImageModel image = new ImageModel(
                new Qcow2CreateOptions(400_000, 3, 4096, 16, false, random.nextBoolean(), false, null, null),
                new byte[0]);
        image.file().failAfter(random.nextInt(200));
        assertThrows(IOException.class, () -> {
            while (true) {
                image.write(random, 20_000);
                image.disk().flush();
            }
        });
        image.file().failAfter(Integer.MAX_VALUE);
        image.disk().close();
        image.open();
        image.disk().close();
        ImageModel.assertSound(image.file(), true);
    }

    @Test
    void aDiskNeverBecomesSmaller() throws Exception {
        ImageModel image = new ImageModel(Qcow2CreateOptions.of(4 << 20), new byte[0]);
        var refusal = assertThrows(IOException.class, () -> image.disk().resize(1));
        assertTrue(refusal.getMessage().contains("smaller"), refusal::getMessage);
        image.close();
    }

    @Test
    void aDiskGrowsToWhatItsL1TableCanMap() throws Exception {
        var options = new Qcow2CreateOptions(0, 3, 512, 16, false, false, false, null, null);
        ImageModel image = new ImageModel(options, new byte[0]);
        image.disk().resize(1L << 30);
        assertEquals(1L << 30, image.disk().size());
        Images.write(image.disk(), (1L << 30) - 1, new byte[] {5});
        assertThrows(IOException.class, () -> image.disk().resize(1L << 38));
        assertArrayEquals(new byte[] {0, 5}, Images.read(image.disk(), (1L << 30) - 2, 2));
        image.disk().close();
        ImageModel.assertSound(image.file(), true);
        assertThrows(
                IOException.class,
                () -> Qcow2Image.create(
                        MemoryStorage.empty(),
                        new Qcow2CreateOptions(1L << 38, 3, 512, 16, false, false, false, null, null)));
    }
}
