package org.vhostdevice.cli.guest;

import java.util.List;
import java.util.stream.Stream;

/// A kind of device as the front ends and the guest's kernel know it.
///
/// @param id the virtio device id (VIRTIO 1.4, 5)
/// @param qemu how QEMU knows it
/// @param modules kernel modules of its driver
/// @param programs programs beside busybox that tests of this device run in the guest
record GuestDevice(int id, Qemu qemu, List<String> modules, List<String> programs) {
    /// The block device: `/dev/vda` in the guest.
    static final GuestDevice BLK = new GuestDevice(
            2,
            new Qemu("vhost-user-blk-pci", "num-queues", true),
            List.of("virtio_blk"),
            List.of("mkfs.ext4", "e2fsck"));

    /// The same with packed rings, which QEMU offers to the guest when told so.
    static final GuestDevice PACKED_BLK = new GuestDevice(
            BLK.id(), new Qemu("vhost-user-blk-pci,packed=on", "num-queues", true), BLK.modules(), BLK.programs());

    /// The file system device with the tag `share`.
    static final GuestDevice FS = new GuestDevice(
            26,
            new Qemu("vhost-user-fs-pci,tag=share", "num-request-queues", false),
            List.of("virtiofs"),
            List.of("python3"));

    /// The socket device.
    static final GuestDevice VSOCK = new GuestDevice(
            19,
            new Qemu("vhost-user-vsock-pci", "", false),
            List.of("vmw_vsock_virtio_transport"),
            List.of("python3", "socat", "ncat"));

    /// A console device; QEMU has no device of its own for it.
    ///
    /// @param ports how many the device has at most
    static GuestDevice console(int ports) {
        String device = "vhost-user-test-device-pci,virtio-id=3,config_size=12,vq_size=128,num_vqs=" + (2 * ports + 2);
        return new GuestDevice(3, new Qemu(device, "", false), List.of("virtio_console"), List.of());
    }

    /// QEMU's own console device, with one port named `data`.
    static final GuestDevice QEMU_CONSOLE = new GuestDevice(
            3,
            new Qemu("virtserialport,name=data", "", false, List.of("-device", "virtio-serial-pci")),
            List.of("virtio_console"),
            List.of());

    /// A device of QEMU's.
    ///
    /// @param device its name for `qemu-system-x86_64 -device`, with properties
    /// @param queues the property for the number of its request queues; empty if that does not depend on the
    ///     guest's CPUs
    /// @param reconnects whether it connects again when its back end has gone
    /// @param before further arguments, in front of those for the device
    record Qemu(String device, String queues, boolean reconnects, List<String> before) {
        Qemu {
            before = List.copyOf(before);
        }

        Qemu(String device, String queues, boolean reconnects) {
            this(device, queues, reconnects, List.of());
        }
    }

    GuestDevice {
        modules = List.copyOf(modules);
        programs = List.copyOf(programs);
    }

    /// The same device, with more in the guest.
    GuestDevice with(List<String> moreModules, List<String> morePrograms) {
        return new GuestDevice(id, qemu, join(modules, moreModules), join(programs, morePrograms));
    }

    private static List<String> join(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    /// The modules for a kernel that finds the device on PCI.
    List<String> pciModules() {
        return join(List.of("virtio_pci"), modules);
    }
}
