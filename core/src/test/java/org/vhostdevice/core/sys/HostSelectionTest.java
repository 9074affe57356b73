package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostSelectionTest {
    @ParameterizedTest
    @CsvSource({"Linux, LINUX", "Mac OS X, MACOS", "Darwin, MACOS", "FreeBSD, FREEBSD"})
    void systemIsKnownByItsName(String name, HostOs os) {
        assertEquals(os, HostOs.named(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Windows 11", "SunOS", "AIX", ""})
    void otherSystemIsNone(String name) {
        assertNull(HostOs.named(name));
    }

    @ParameterizedTest
    @CsvSource({
        "LINUX, amd64, LINUX_X86_64",
        "LINUX, aarch64, LINUX_AARCH64",
        "MACOS, x86_64, MACOS_X86_64",
        "MACOS, aarch64, MACOS_AARCH64",
        "FREEBSD, amd64, FREEBSD",
        "FREEBSD, aarch64, FREEBSD"
    })
    void interfaceIsChosenBySystemAndProcessor(HostOs os, String cpu, HostAbi abi) {
        assertEquals(abi, HostAbi.of(os, cpu));
    }

    @ParameterizedTest
    @EnumSource
    void otherProcessorHasNoInterface(HostOs os) {
        assertNull(HostAbi.of(os, "riscv64"));
    }

    @Test
    void thisHostIsKnown() {
        assertNotNull(HostOs.current());
        assertNotNull(HostAbi.current());
    }

    @Test
    void fstatHasASuffixOnIntelMacs() {
        assertEquals("fstat$INODE64", Symbol.FSTAT.nameOn(HostAbi.MACOS_X86_64));
        assertEquals("fstat", Symbol.FSTAT.nameOn(HostAbi.MACOS_AARCH64));
        assertEquals("preadv", Symbol.PREADV.nameOn(HostAbi.MACOS_X86_64));
        assertEquals("epoll_create1", Symbol.EPOLL_CREATE1.nameOn(HostAbi.LINUX_X86_64));
    }

    @ParameterizedTest
    @EnumSource
    @EnabledOnOs(OS.LINUX)
    void functionsOfLinuxAreInItsLibraryUnlessAnotherHostIsPlayedThatLacksThem(Symbol symbol) {
        assertEquals(symbol.existsOn(HostAbi.current()) && symbol.existsOn(HostAbi.limit()), symbol.isUsable());
    }

    @ParameterizedTest
    @EnumSource
    void hostThatIsPlayedIsKnownByItsName(HostOs os) {
        assertEquals(os, HostAbi.limit(os.label()).os());
        assertEquals(HostAbi.limit(os.label()), HostAbi.limit(os.name()));
        assertEquals(HostAbi.current(), HostAbi.limit(""));
    }

    @Test
    void otherHostCannotBePlayed() {
        Exception e = assertThrows(IllegalArgumentException.class, () -> {
            var _ = HostAbi.limit("windows");
        });
        assertEquals("-Dvhost.host: unknown host 'windows', known are linux, macos and freebsd", e.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsUsedThatThePlayedHostLacks(AbiNumber number) {
        boolean both = number.existsOn(HostAbi.current()) && number.existsOn(HostAbi.limit());
        assertEquals(both, number.isUsable());
        assertEquals(both ? number.on(HostAbi.current()) : 77, number.or(77));
    }

    @Test
    void hostsLackWhatTheyAreKnownToLack() {
        assertEquals(EnumSet.of(Capability.KQUEUE), lacking(HostAbi.LINUX_X86_64), "Linux");
        assertEquals(
                EnumSet.complementOf(
                        EnumSet.of(Capability.KQUEUE, Capability.OFD_LOCKS, Capability.PUNCH_HOLE, Capability.VSOCK)),
                lacking(HostAbi.MACOS_AARCH64),
                "macOS");
        assertEquals(
                EnumSet.complementOf(EnumSet.of(
                        Capability.KQUEUE,
                        Capability.EVENTFD,
                        Capability.MEMFD,
                        Capability.SEALS,
                        Capability.ATOMIC_CLOEXEC,
                        Capability.PATH_FDS,
                        Capability.DIRECTORY_OFFSETS,
                        Capability.PUNCH_HOLE,
                        Capability.UNIX_SEQPACKET)),
                lacking(HostAbi.FREEBSD),
                "FreeBSD");
    }

    private static Set<Capability> lacking(HostAbi abi) {
        Set<Capability> result = EnumSet.allOf(Capability.class);
        result.removeIf(capability -> capability.existsOn(abi));
        return result;
    }

    @ParameterizedTest
    @EnumSource
    void capabilityOfAnotherHostIsNotAvailable(Capability capability) {
        if (!capability.existsOn(HostAbi.current()) || !capability.existsOn(HostAbi.limit())) {
            assertFalse(capability.available());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void missingFunctionIsNamedWhenCalled() {
        Exception e = assertThrows(UnsupportedOperationException.class, () -> {
            var _ = Libc.kqueue();
        });
        assertEquals("the C library of this host has no function 'kqueue'", e.getMessage());
    }

    @Test
    void capabilitiesAreSwitchedOffByName() {
        assertEquals(Set.of(), Capability.parse(""));
        assertEquals(EnumSet.of(Capability.EVENTFD, Capability.MEMFD), Capability.parse("EVENTFD, memfd,"));
    }

    @Test
    void unknownCapabilityIsRefusedWithTheKnownOnes() {
        Exception e = assertThrows(IllegalArgumentException.class, () -> {
            var _ = Capability.parse("EVENTFD,FOO");
        });
        assertEquals(
                "-Dvhost.disable: unknown capability 'FOO', known are " + Arrays.toString(Capability.values()),
                e.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void switchedOffCapabilityIsNotAvailable(Capability capability) {
        if (Capability.parse(System.getProperty("vhost.disable", "")).contains(capability)) {
            assertFalse(capability.available());
        }
    }

    @Test
    void errorSaysCallReasonAndName() {
        ErrnoException e = new ErrnoException("open /x", Errno.ENOENT.number());
        assertEquals("open /x: No such file or directory (ENOENT)", e.getMessage());
        assertEquals(Errno.ENOENT, e.errno());
        assertEquals("open /x", e.call());
        assertEquals(2, e.number());
    }

    @Test
    void unknownErrorSaysItsNumber() {
        assertEquals("read: Unknown error (999)", new ErrnoException("read", 999).getMessage());
    }
}
