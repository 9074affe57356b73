package org.vhostdevice.cli;

import java.nio.file.Path;
import org.vhostdevice.core.sys.HostAbi;

/// How QEMU attaches a block device.
final class QemuCommand {
    private QemuCommand() {}

    /// A command for a shell. The device needs guest memory that is shared; which object gives that depends on the
    /// host.
    ///
    /// @param host where QEMU runs
    /// @param socket the device's
    static String attachBlock(HostAbi host, Path socket) {
        String machine = switch (host) {
            case LINUX_X86_64, MACOS_X86_64, FREEBSD -> "qemu-system-x86_64 -machine q35";
            case LINUX_AARCH64, MACOS_AARCH64 -> "qemu-system-aarch64 -cpu max -machine virt";
        };
        String accelerators = switch (host) {
            case LINUX_X86_64, LINUX_AARCH64 -> "kvm:tcg";
            case MACOS_X86_64, MACOS_AARCH64 -> "hvf:tcg";
            case FREEBSD -> "tcg";
        };
        String memory = switch (host) {
            case LINUX_X86_64, LINUX_AARCH64 -> "memory-backend-memfd,id=mem,size=1G,share=on";
            case MACOS_X86_64, MACOS_AARCH64, FREEBSD -> "memory-backend-shm,id=mem,size=1G";
        };
        return String.join(
                " \\\n    ",
                machine + ",accel=" + accelerators + ",memory-backend=mem -m 1G",
                "-object " + memory,
                "-chardev socket,id=blk0,path=" + socket,
                "-device vhost-user-blk-pci,chardev=blk0");
    }
}
