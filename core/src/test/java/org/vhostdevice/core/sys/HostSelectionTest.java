package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    @EnumSource(
            mode = EnumSource.Mode.MATCH_NONE,
            names = {"KQUEUE", "KEVENT", "FSPACECTL", "FREADLINK", "GETDIRENTRIES64", "RENAMEATX_NP", "EXTATTR_.*"})
    @EnabledOnOs(OS.LINUX)
    void everyOtherFunctionIsInTheLibraryOfLinux(Symbol symbol) {
        assertTrue(symbol.isPresent());
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
