package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Boots guests with one kind of front end.
abstract sealed class GuestLauncher permits UmlGuest, QemuGuest {
    final GuestTools tools;
    final Path folder;

    /// @param folder for the files of running guests; its path is short enough for sockets
    GuestLauncher(GuestTools tools, Path folder) {
        this.tools = tools;
        this.folder = folder;
    }

    /// Starts a guest; its back end must be listening.
    final Guest start(GuestSpec spec) throws IOException {
        Path initramfs = Files.createTempFile(folder, "guest", ".cpio");
        KernelModules modules = KernelModules.in(kernelModules(), tools.guestProgram("busybox"));
        Initramfs.of(tools, spec)
                .modules(modules.inLoadOrder(modulesFor(spec.device())))
                .write(initramfs, spec.script());
        ProcessBuilder command = command(spec, initramfs).redirectErrorStream(true);
        return new Guest(OwnedProcess.start(command), initramfs);
    }

    /// The folder with the modules of the kernel that is booted.
    abstract Path kernelModules();

    /// The modules that this kernel needs for a device.
    abstract List<String> modulesFor(GuestDevice device);

    /// The command that boots the guest with its console on standard input and output.
    abstract ProcessBuilder command(GuestSpec spec, Path initramfs) throws IOException;
}
