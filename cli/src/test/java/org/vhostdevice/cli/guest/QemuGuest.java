package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Guests in QEMU without acceleration, with memory that is shared by a descriptor. Where its device can, this front
/// end connects again every second when its back end has gone.
final class QemuGuest extends GuestLauncher {
    private static final Pattern VERSION = Pattern.compile("version (\\d+)\\.(\\d+)");

    /// The kernel's check of its timer fails when the host is so busy that ticks come late.
    private static final String KERNEL_PARAMETERS = "console=ttyS0 quiet panic=-1 no_timer_check";

    /// The first version, as 100 times its major number plus its minor one, that is told the time in milliseconds.
    static final int RECONNECT_MS = 902;

    QemuGuest(GuestTools tools, Path folder) {
        super(tools, folder);
    }

    @Override
    Path kernelModules() {
        return tools.kernelModules();
    }

    @Override
    List<String> modulesFor(GuestDevice device) {
        return device.pciModules();
    }

    @Override
    ProcessBuilder command(GuestSpec spec, Path initramfs) throws IOException {
        HostProgram qemu = tools.qemuSystem();
        GuestDevice.Qemu device = spec.device().qemu();
        List<String> arguments = new ArrayList<>(machine(spec));
        arguments.addAll(List.of("-kernel", tools.kernel().toString(), "-initrd", initramfs.toString()));
        arguments.addAll(List.of("-append", KERNEL_PARAMETERS));
        arguments.addAll(List.of("-chardev", "socket,id=device,path=" + spec.socket() + reconnect(qemu, device)));
        String queues = device.queues().isEmpty() ? "" : "," + device.queues() + "=" + spec.cpus();
        arguments.addAll(device.before());
        arguments.addAll(List.of("-device", device.device() + ",chardev=device" + queues));
        return qemu.with(arguments);
    }

    private static String reconnect(HostProgram qemu, GuestDevice.Qemu device) throws IOException {
        if (!device.reconnects()) {
            return "";
        }
        return version(qemu) < RECONNECT_MS ? ",reconnect=1" : ",reconnect-ms=1000";
    }

    static List<String> machine(GuestSpec spec) {
        List<String> machine = new ArrayList<>(List.of("-nodefaults", "-no-user-config", "-no-reboot"));
        machine.addAll(List.of("-display", "none", "-serial", "stdio"));
        machine.addAll(List.of("-machine", "q35,accel=tcg,memory-backend=mem"));
        machine.addAll(List.of("-object", "memory-backend-memfd,id=mem,share=on,size=" + spec.memoryMib() + "M"));
        machine.addAll(List.of("-m", spec.memoryMib() + "M", "-smp", String.valueOf(spec.cpus())));
        return machine;
    }

    /// The version of a QEMU as 100 times its major number plus its minor one.
    static int version(HostProgram qemu) throws IOException {
        String output = HostCommand.textOf(qemu.with(List.of("--version")));
        Matcher version = VERSION.matcher(output);
        if (!version.find()) {
            throw new IOException("no version in: " + output);
        }
        return 100 * Integer.parseInt(version.group(1)) + Integer.parseInt(version.group(2));
    }
}
