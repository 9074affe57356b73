package org.vhostdevice.cli.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.Host;
import org.vhostdevice.core.sys.HostAbi;
import org.vhostdevice.core.sys.HostOs;
import org.vhostdevice.core.sys.IoUring;
import org.vhostdevice.core.sys.Isolation;
import org.vhostdevice.core.sys.Landlock;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.SocketAddress;
import org.vhostdevice.core.sys.SocketType;
import org.vhostdevice.core.sys.Sockets;

/// What this host and this process's place on it are like.
final class HostReport {
    private static final String SYSTEM = "System";
    private static final String LIMITS = "Limits";
    private static final String OPTIONAL = "Faster or more";
    private static final String SANDBOX = "Sandbox of fs";
    private static final long ENOUGH_FILES = 4096;
    private static final long KIB = 1024;
    private static final Path USER_NAMESPACES = Path.of("/proc/sys/user/max_user_namespaces");

    private HostReport() {}

    /// The system and the JVM.
    static List<Finding> system() {
        List<Finding> findings = new ArrayList<>();
        String system = Words.oneLine(HostOs.description());
        try {
            HostOs os = HostOs.current();
            findings.add(Finding.ok(
                    SYSTEM,
                    "host",
                    system + ", pages of " + Host.pageSize() / KIB + " KiB, "
                            + Runtime.getRuntime().availableProcessors() + " processors"));
            if (os != HostOs.LINUX) {
                findings.add(Finding.warning(
                        SYSTEM,
                        "maturity",
                        "this program has not been tested on " + os.label() + " itself",
                        "see docs/platforms.md for what is proven how, and report what you find"));
            }
        } catch (UnsupportedOperationException e) {
            findings.add(Finding.problem(
                    SYSTEM, "host", system, "use Linux, macOS or FreeBSD on x86-64 or 64-bit Arm: " + e.getMessage()));
        }
        findings.add(Finding.ok(SYSTEM, "java", property("java.vm.version") + ", " + property("java.vendor")));
        return findings;
    }

    private static String property(String name) {
        return Words.oneLine(System.getProperty(name, "?"));
    }

    static List<Finding> limits() {
        List<Finding> findings = new ArrayList<>();
        try {
            Host.Limit files = Host.limit(Host.Resource.OPEN_FILES);
            String text = amount(files.soft(), 1) + " descriptors, up to " + amount(files.hard(), 1);
            findings.add(
                    files.soft() >= ENOUGH_FILES || files.hard() >= ENOUGH_FILES
                            ? Finding.ok(LIMITS, "descriptors", text)
                            : Finding.warning(
                                    LIMITS,
                                    "descriptors",
                                    text,
                                    "raise the limit (ulimit -n, LimitNOFILE=): fs needs one for each file in use,"
                                            + " vsock one for each connection"));
            findings.add(Finding.ok(
                    LIMITS,
                    "locked-memory",
                    amount(Host.limit(Host.Resource.LOCKED_MEMORY).soft(), KIB) + " KiB that is not swapped"));
            findings.add(Finding.ok(
                    LIMITS,
                    "processes",
                    amount(Host.limit(Host.Resource.PROCESSES).soft(), 1) + " processes or threads of this user"));
        } catch (ErrnoException e) {
            findings.add(Finding.warning(
                    LIMITS, "limits", "cannot be read: " + e.getMessage(), "go by what the shell says (ulimit -a)"));
        }
        return findings;
    }

    private static String amount(long value, long unit) {
        return value == Long.MAX_VALUE ? "any number of" : String.format(Locale.ROOT, "%,d", value / unit);
    }

    /// What some hosts forbid although they have it.
    static List<Finding> optional() {
        List<Finding> findings = new ArrayList<>();
        if (Capability.IO_URING.available()) {
            findings.add(ioUring());
        }
        if (Capability.VSOCK.available()) {
            findings.add(kernelVsock());
        }
        return findings;
    }

    private static Finding ioUring() {
        try (IoUring _ = IoUring.open(2, 2)) {
            return Finding.ok(OPTIONAL, "io_uring", "disks are read and written by io_uring");
        } catch (ErrnoException e) {
            return Finding.warning(
                    OPTIONAL,
                    "io_uring",
                    "the host refuses it: " + e.getMessage(),
                    "nothing needs to be done, threads do its work; to allow it see kernel.io_uring_disabled and the"
                            + " seccomp profile of containers");
        }
    }

    private static Finding kernelVsock() {
        var anywhere = new SocketAddress.Vsock(SocketAddress.Vsock.ANY_CID, SocketAddress.Vsock.ANY_CID);
        try (OwnedFd _ = Sockets.bind(anywhere, SocketType.STREAM)) {
            return Finding.ok(OPTIONAL, "kernel-vsock", "connections of guests can be forwarded to AF_VSOCK addresses");
        } catch (ErrnoException e) {
            return Finding.without(
                    OPTIONAL,
                    "kernel-vsock",
                    "no AF_VSOCK in this kernel (" + e.errno() + "): guests are forwarded to Unix and TCP sockets");
        }
    }

    /// How a file system device could be confined.
    static List<Finding> sandbox() {
        List<Finding> findings = new ArrayList<>();
        boolean root = Isolation.isRoot();
        if (!Capability.NAMESPACES.available()) {
            findings.add(
                    root
                            ? Finding.ok(SANDBOX, "chroot", "--sandbox chroot is possible")
                            : Finding.warning(
                                    SANDBOX,
                                    "none",
                                    "nothing confines the process",
                                    "start it as root with --sandbox chroot, or as a user who may read nothing else"));
            return findings;
        }
        findings.add(root ? Finding.ok(SANDBOX, "namespaces", "--sandbox namespace is the default") : userNamespaces());
        findings.add(
                Landlock.possible()
                        ? Finding.ok(SANDBOX, "landlock", "--sandbox landlock may be asked for, by any user")
                        : Finding.without(SANDBOX, "landlock", "no --sandbox landlock"));
        findings.add(
                Capability.SECCOMP.available()
                        ? Finding.ok(SANDBOX, "seccomp", "system calls are filtered")
                        : Finding.without(SANDBOX, "seccomp", "system calls are not filtered"));
        return findings;
    }

    private static Finding userNamespaces() {
        String most;
        try {
            most = Files.readString(USER_NAMESPACES).strip();
        } catch (IOException e) {
            most = "0";
        }
        return most.equals("0")
                ? Finding.warning(
                        SANDBOX,
                        "user-namespaces",
                        "this host gives users no namespaces",
                        "set user.max_user_namespaces, or start the program as root")
                : Finding.ok(
                        SANDBOX, "user-namespaces", "--sandbox namespace may be asked for; root has it by default");
    }

    /// What would be used on another system, which is not asked.
    static List<Finding> of(HostAbi host) {
        return List.of(
                Finding.ok(SYSTEM, "host", host.os().label() + ", pages of " + host.pageSize() / KIB + " KiB"),
                Finding.ok(
                        SYSTEM,
                        "waiting",
                        Capability.EPOLL.existsOn(host)
                                ? "epoll"
                                : Capability.KQUEUE.existsOn(host) ? "kqueue" : "poll"),
                Finding.ok(SYSTEM, "notifications", Capability.EVENTFD.existsOn(host) ? "eventfds or pipes" : "pipes"));
    }
}
