package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vhostdevice.core.sys.HostAbi;

class QemuCommandTest {
    @ParameterizedTest
    @CsvSource({
        "LINUX_X86_64, qemu-system-x86_64, memory-backend-memfd, kvm:tcg",
        "LINUX_AARCH64, qemu-system-aarch64, memory-backend-memfd, kvm:tcg",
        "MACOS_X86_64, qemu-system-x86_64, memory-backend-shm, hvf:tcg",
        "MACOS_AARCH64, qemu-system-aarch64, memory-backend-shm, hvf:tcg",
        "FREEBSD, qemu-system-x86_64, memory-backend-shm, accel=tcg"
    })
    void eachHostHasItsMemoryAndAccelerator(HostAbi host, String program, String memory, String accelerator) {
        String command = QemuCommand.attachBlock(host, Path.of("/run/b.sock"));
        assertTrue(command.startsWith(program + " "), command);
        assertTrue(command.contains("-object " + memory + ",id=mem,"), command);
        assertTrue(command.contains(accelerator), command);
        assertTrue(command.contains("path=/run/b.sock "), command);
    }
}
