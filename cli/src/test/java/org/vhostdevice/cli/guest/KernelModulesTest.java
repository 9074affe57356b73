package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelModulesTest {
    private Path folder;

    @BeforeEach
    void makeModules(@TempDir Path temporary) throws IOException {
        folder = temporary;
        Files.writeString(folder.resolve("modules.builtin"), "kernel/fs/ext4/ext4.ko\n");
        module("kernel/drivers/virtio/virtio.ko", "virtio_ring");
        module("kernel/drivers/virtio/virtio_ring.ko", "");
        module("kernel/drivers/char/virtio-rng.ko", "virtio,virtio_ring");
    }

    @Test
    void aModuleComesAfterAllThatItDependsOn() throws IOException {
        assertEquals(List.of("virtio_ring", "virtio", "virtio_rng"), namesFor("virtio_rng"));
    }

    @Test
    void aModuleThatSeveralNeedIsLoadedOnce() throws IOException {
        assertEquals(List.of("virtio_ring", "virtio", "virtio_rng"), namesFor("virtio", "virtio_rng", "virtio_ring"));
    }

    @Test
    void aBuiltInModuleIsLeftOut() throws IOException {
        assertEquals(List.of(), namesFor("ext4"));
    }

    @Test
    void anUnknownModuleIsRefused() {
        assertThrows(IOException.class, () -> namesFor("virtio_blk"));
    }

    private List<String> namesFor(String... wanted) throws IOException {
        return List.copyOf(KernelModules.in(folder, folder.resolve("no-busybox"))
                .inLoadOrder(List.of(wanted))
                .keySet());
    }

    private void module(String path, String depends) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "ELF\0license=GPL\0depends=" + depends + "\0intree=Y\0", StandardCharsets.ISO_8859_1);
    }
}
