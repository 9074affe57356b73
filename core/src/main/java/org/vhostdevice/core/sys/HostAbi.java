package org.vhostdevice.core.sys;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The binary interfaces that [AbiNumber] has numbers for: a system together with a CPU where that matters.
public enum HostAbi {
    /// Linux on x86-64.
    LINUX_X86_64(HostOs.LINUX),
    /// Linux on 64-bit Arm.
    LINUX_AARCH64(HostOs.LINUX),
    /// macOS on x86-64: the numbers of Apple silicon, but functions on `struct stat` have a suffixed name.
    MACOS_X86_64(HostOs.MACOS),
    /// macOS on Apple silicon: variadic arguments go on the stack, and pages have 16 KiB.
    MACOS_AARCH64(HostOs.MACOS),
    /// FreeBSD on x86-64 or 64-bit Arm, which agree in every number used.
    FREEBSD(HostOs.FREEBSD);

    private static final String CPU = System.getProperty("os.arch", "");
    private static final String PLAYED = "vhost.host";
    private static final int USUAL_PAGE = 4096;
    private static final int PAGE_OF_APPLE_SILICON = 16_384;

    private static @Nullable HostAbi current;
    private static @Nullable HostAbi limit;

    private final HostOs os;

    HostAbi(HostOs os) {
        this.os = os;
    }

    /// The interface of this process.
    ///
    /// @return a constant of this process
    /// @throws UnsupportedOperationException on a CPU without numbers; the message names it
    public static HostAbi current() {
        HostAbi abi = current;
        if (abi == null) {
            abi = of(HostOs.current(), CPU);
            current = abi;
        }
        if (abi == null) {
            throw new UnsupportedOperationException(
                    "unsupported processor '" + CPU + "': this program runs on x86-64 and 64-bit Arm");
        }
        return abi;
    }

    /// The interface that a system usually has: that of this process on its own system, otherwise Linux on x86-64,
    /// macOS on Apple silicon, FreeBSD.
    ///
    /// @param os any system
    /// @return one of its interfaces
    public static HostAbi usual(HostOs os) {
        HostAbi own = current();
        if (own.os == os) {
            return own;
        }
        return switch (os) {
            case LINUX -> LINUX_X86_64;
            case MACOS -> MACOS_AARCH64;
            case FREEBSD -> FREEBSD;
        };
    }

    /// The interface that limits what this process uses of its host: its own, or that of the system that the
    /// property `vhost.host` (`linux`, `macos` or `freebsd`) has it play. What a played system lacks is not used
    /// then: no function, number or [Capability]; and pages are as large as there.
    ///
    /// @throws IllegalArgumentException if the property names no system
    static HostAbi limit() {
        HostAbi abi = limit;
        if (abi == null) {
            abi = limit(System.getProperty(PLAYED, ""));
            limit = abi;
        }
        return abi;
    }

    static HostAbi limit(String name) {
        if (name.isEmpty()) {
            return current();
        }
        for (HostOs os : HostOs.values()) {
            if (os.label().equals(name.toLowerCase(Locale.ROOT))) {
                return usual(os);
            }
        }
        throw new IllegalArgumentException(
                "-D" + PLAYED + ": unknown host '" + name + "', known are linux, macos and freebsd");
    }

    /// {@return the system}
    public HostOs os() {
        return os;
    }

    /// {@return the bytes that a page of memory has at least}
    public int pageSize() {
        return this == MACOS_AARCH64 ? PAGE_OF_APPLE_SILICON : USUAL_PAGE;
    }

    static @Nullable HostAbi of(HostOs os, String cpu) {
        return switch (cpu) {
            case "amd64", "x86_64" ->
                switch (os) {
                    case LINUX -> LINUX_X86_64;
                    case MACOS -> MACOS_X86_64;
                    case FREEBSD -> FREEBSD;
                };
            case "aarch64", "arm64" ->
                switch (os) {
                    case LINUX -> LINUX_AARCH64;
                    case MACOS -> MACOS_AARCH64;
                    case FREEBSD -> FREEBSD;
                };
            default -> null;
        };
    }
}
