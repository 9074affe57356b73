package org.vhostdevice.core.sys;

import org.jspecify.annotations.Nullable;

/// The binary interfaces that [AbiNumber] has numbers for: a system together with a CPU where that matters.
public enum HostAbi {
    /// Linux on x86-64.
    LINUX_X86_64,
    /// Linux on 64-bit Arm.
    LINUX_AARCH64,
    /// macOS on x86-64: the numbers of Apple silicon, but functions on `struct stat` have a suffixed name.
    MACOS_X86_64,
    /// macOS on Apple silicon: variadic arguments go on the stack.
    MACOS_AARCH64,
    /// FreeBSD on x86-64 or 64-bit Arm, which agree in every number used.
    FREEBSD;

    private static final String CPU = System.getProperty("os.arch", "");
    private static @Nullable HostAbi current;

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
