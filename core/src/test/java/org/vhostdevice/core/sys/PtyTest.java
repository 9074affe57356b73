package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PtyTest {
    private final Arena arena = Arena.ofConfined();
    private final Pty pty;

    PtyTest() throws IOException {
        pty = Pty.open();
    }

    @AfterEach
    void close() {
        pty.close();
        arena.close();
    }

    private void send(int fd, String text) {
        MemorySegment bytes = arena.allocateFrom(text);
        assertEquals(text.length(), Libc.write(fd, bytes, text.length()));
    }

    private String receive(int fd) {
        MemorySegment buffer = arena.allocate(64);
        long n = Libc.read(fd, buffer, buffer.byteSize());
        return n < 0
                ? Errno.of((int) -n).name()
                : StandardCharsets.ISO_8859_1
                        .decode(buffer.asSlice(0, n).asByteBuffer())
                        .toString();
    }

    @Test
    void everyByteOfARawTerminalPassesUnchangedAndUnechoed() throws IOException {
        try (OwnedFd terminal = pty.openTerminal()) {
            send(terminal.number(), "a\nb\r");
            assertEquals("a\nb\r", receive(pty.fd()));
            send(pty.fd(), "\003\004\021\023\032\r");
            assertEquals("\003\004\021\023\032\r", receive(terminal.number()));
            assertEquals("EAGAIN", receive(pty.fd()));
        }
    }

    @Test
    void terminalIsAFileThatOthersCanOpen() throws IOException {
        assertTrue(Files.exists(pty.path()));
        try (OwnedFd terminal = pty.openTerminal()) {
            assertTrue(Tty.isTerminal(terminal.number()));
            assertEquals(Optional.of(pty.path()), Tty.name(terminal.number()));
            assertTrue(Tty.isForeground(terminal.number()));
        }
    }

    @Test
    void sizeIsThatOfTheOtherEnd() throws IOException {
        try (OwnedFd terminal = pty.openTerminal()) {
            assertFalse(Tty.size(pty.fd()).isKnown());
            Tty.setSize(terminal.number(), new WindowSize(65535, 40_000));
            assertEquals(new WindowSize(65535, 40_000), Tty.size(pty.fd()));
            Tty.setSize(pty.fd(), new WindowSize(132, 43));
            assertEquals(new WindowSize(132, 43), Tty.size(terminal.number()));
        }
    }

    @Test
    void modeIsPutBackAsItWas() throws IOException {
        try (OwnedFd terminal = pty.openTerminal()) {
            TerminalMode before = Tty.mode(terminal.number());
            MemorySegment echoing = before.allocate(arena);
            // c_lflag is the fourth of equal members everywhere; ECHO is 8.
            long offset = HostOs.current() == HostOs.MACOS ? 24 : 12;
            echoing.set(JAVA_INT, offset, echoing.get(JAVA_INT, offset) | 8);
            TerminalMode echo = TerminalMode.of(echoing);
            Tty.setMode(terminal.number(), echo);
            assertNotEquals(before, Tty.mode(terminal.number()));
            Tty.setMode(terminal.number(), Tty.mode(terminal.number()).raw());
            assertEquals(before, Tty.mode(terminal.number()));
            assertEquals(before.hashCode(), Tty.mode(terminal.number()).hashCode());
            Tty.setMode(terminal.number(), echo);
            assertEquals(echo, Tty.mode(terminal.number()));
        }
    }

    @Test
    void terminalThatNobodyHasOpenIsHungUpUntilItIsOpened() throws IOException {
        try (Poller poller = Poller.create()) {
            poller.add(pty.fd(), Poller.READ, "pty");
            assertEquals(1, poller.await(0));
            assertNotEquals(0, poller.ready(0) & Poller.HANGUP);
            try (OwnedFd terminal = pty.openTerminal()) {
                assertEquals(0, poller.await(0));
                send(terminal.number(), "x");
                assertEquals(1, poller.await(-1));
                assertEquals("x", receive(pty.fd()));
            }
            assertEquals(1, poller.await(-1));
            assertNotEquals(0, poller.ready(0) & Poller.HANGUP);
        }
    }

    @Test
    void otherFilesAreNoTerminals() throws IOException {
        try (OwnedFd file = FileIo.open(Path.of("/dev/null"), OpenMode.READ_WRITE)) {
            assertFalse(Tty.isTerminal(file.number()));
            assertEquals(Optional.empty(), Tty.name(file.number()));
            assertTrue(Tty.isForeground(file.number()));
            assertEquals(
                    Errno.ENOTTY,
                    assertThrows(ErrnoException.class, () -> size(file)).errno());
            assertEquals(
                    Errno.ENOTTY,
                    assertThrows(ErrnoException.class, () -> mode(file)).errno());
        }
    }

    private static void size(OwnedFd fd) throws IOException {
        throw new AssertionError(Tty.size(fd.number()));
    }

    private static void mode(OwnedFd fd) throws IOException {
        throw new AssertionError(Tty.mode(fd.number()));
    }

    @Test
    void sizesAreThoseOfTheStructure() {
        assertThrows(IllegalArgumentException.class, () -> new WindowSize(-1, 1).isKnown());
        assertThrows(IllegalArgumentException.class, () -> new WindowSize(1, 65536).isKnown());
        assertFalse(new WindowSize(80, 0).isKnown());
        assertTrue(new WindowSize(80, 24).isKnown());
    }
}
