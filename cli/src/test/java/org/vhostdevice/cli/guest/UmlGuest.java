package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Guests in User Mode Linux: one CPU, one queue, memory in a file that the kernel shares with the back end. This front
/// end does not connect again when its back end has gone.
final class UmlGuest extends GuestLauncher {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    UmlGuest(GuestTools tools, Path folder) {
        super(tools, folder);
    }

    @Override
    Path kernelModules() {
        return tools.umlModules();
    }

    @Override
    List<String> modulesFor(GuestDevice device) {
        return device.modules();
    }

    @Override
    ProcessBuilder command(GuestSpec spec, Path initramfs) throws IOException {
        ProcessBuilder builder = tools.uml()
                .with(List.of(
                        "mem=" + spec.memoryMib() + "M",
                        "initrd=" + initramfs,
                        "virtio_uml.device=" + spec.socket() + ":"
                                + spec.device().id(),
                        "uml_dir=" + folder + "/",
                        // Names a folder, so that it must differ from the file.
                        "umid=" + initramfs.getFileName() + ".umid",
                        "con=null",
                        "con0=fd:0,fd:1",
                        "quiet",
                        "panic=-1"));
        builder.environment().put("TMPDIR", memoryFolder(spec.memoryMib()).toString());
        return builder;
    }

    /// Where guest memory is kept, which the guest also runs programs from.
    private Path memoryFolder(int mib) throws IOException {
        return Files.isWritable(SHARED_MEMORY) && !mountedWithoutExec() && hasRoom(mib) ? SHARED_MEMORY : folder;
    }

    private static boolean hasRoom(int mib) throws IOException {
        return Files.getFileStore(SHARED_MEMORY).getUsableSpace() > (2L * mib) << 20;
    }

    private static boolean mountedWithoutExec() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
                .anyMatch(line -> line.contains(" " + SHARED_MEMORY + " ") && line.contains("noexec"));
    }
}
