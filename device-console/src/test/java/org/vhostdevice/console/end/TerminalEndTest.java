package org.vhostdevice.console.end;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.Pty;
import org.vhostdevice.core.sys.StreamIo;
import org.vhostdevice.core.sys.TerminalMode;
import org.vhostdevice.core.sys.Tty;
import org.vhostdevice.core.sys.WindowSize;

/// The terminal of a person as the host's end of a port, on the test's own thread.
@Timeout(60)
class TerminalEndTest {
    private static final String ESCAPE = "\035";
    private static final int MUCH = 100_000;

    private final TestLoop loop = new TestLoop();
    private final Pty window = Pty.open();
    private final OwnedFd terminal = window.openTerminal();
    private final TerminalMode before;
    private final StringBuilder screen = new StringBuilder();
    private final MemorySegment memory = Arena.ofAuto().allocate(1 << 16);
    private TerminalEnd end;
    private int quits;

    TerminalEndTest() throws IOException {
        Process stty = new ProcessBuilder("stty", "sane")
                .redirectInput(window.path().toFile())
                .start();
        assertEquals(0, stty.onExit().join().exitValue());
        before = Tty.mode(terminal.number());
        Tty.setSize(window.fd(), new WindowSize(100, 40));
        end = new TerminalEnd(terminal.number(), Tty.reopen(terminal.number()), () -> quits++);
    }

    @BeforeEach
    void start() throws IOException {
        end.start(loop, loop);
    }

    @AfterEach
    void close() throws IOException {
        end.close();
        assertEquals(before, Tty.mode(terminal.number()));
        terminal.close();
        window.close();
        loop.close();
    }

    private void openGuest() throws IOException {
        end.guestOpened(true);
        loop.until(this::isRaw);
    }

    private boolean isRaw() {
        try {
            return Tty.mode(terminal.number()).equals(before.raw());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void type(String keys) throws IOException {
        byte[] bytes = keys.getBytes(StandardCharsets.ISO_8859_1);
        MemorySegment from = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, bytes);
        for (long done = 0; done < bytes.length; ) {
            done += Math.max(0, StreamIo.write(window.fd(), from.asSlice(done)));
            loop.step();
        }
    }

    private String screen() {
        try {
            int n = (int) Math.max(0, StreamIo.read(window.fd(), memory));
            screen.append(new String(memory.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return screen.toString();
    }

    private String read() {
        int n = end.read(memory);
        return new String(memory.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    private void awaitTyped(String keys) throws IOException {
        StringBuilder all = new StringBuilder();
        loop.until(() -> all.append(read()).toString().equals(keys));
    }

    @Test
    void terminalIsThereWithItsSizeAndRawWhileTheGuestIs() throws IOException {
        assertEquals(List.of("opened", "100x40"), loop.told());
        assertEquals(before, Tty.mode(terminal.number()));
        openGuest();
        end.guestOpened(false);
        assertEquals(before, Tty.mode(terminal.number()));
        openGuest();
    }

    @Test
    void inputIsToldOfWhenItIsWanted() throws IOException {
        openGuest();
        type("typed");
        loop.idle();
        assertEquals(0, loop.readableCount());
        end.wantInput(true);
        loop.until(() -> loop.readableCount() > 0);
        awaitTyped("typed");
    }

    @Test
    void escapeKeyIsHeardThoughTheGuestTakesNoInput() throws IOException {
        openGuest();
        type("x".repeat(3000) + ESCAPE + "r" + ESCAPE + "?");
        loop.until(() -> screen().contains("q ends vhost-device"));
        assertEquals(List.of("opened", "100x40", "100x40"), loop.told());
        type(ESCAPE + "b" + ESCAPE + "z" + ESCAPE + ESCAPE + ESCAPE + "q");
        loop.until(() -> quits == 1);
        awaitTyped("x".repeat(3000) + "\017" + ESCAPE);
    }

    @Test
    void muchThatIsTypedWaitsForTheGuest() throws IOException {
        openGuest();
        StringBuilder all = new StringBuilder();
        int typed = 0;
        while (typed < MUCH) {
            String piece = "0123456789".repeat(100);
            type(piece);
            typed += piece.length();
            if (typed > 80_000) {
                all.append(read());
            }
        }
        loop.until(() -> all.append(read()).length() == MUCH);
        assertEquals("0123456789".repeat(MUCH / 10), all.toString());
    }

    @Test
    void outputWaitsForTheTerminalAndIsGoneWhenThePersonDetaches() throws IOException {
        openGuest();
        TestOutput output = new TestOutput(new byte[1 << 20]);
        assertFalse(output.writeTo(end));
        int seen = loop.writableCount();
        loop.until(() -> !screen().isEmpty() && loop.writableCount() > seen);
        boolean _ = output.writeTo(end);
        type(ESCAPE + "d");
        loop.until(() -> loop.told().contains("closed"));
        assertTrue(output.writeTo(end));
        assertEquals(before, Tty.mode(terminal.number()));
        type("\r");
        loop.until(this::isRaw);
        assertEquals(List.of("opened", "100x40", "closed", "opened", "100x40"), loop.told());
    }

    @Test
    void programEndsWhenTheTerminalIsGone() throws IOException {
        openGuest();
        end.close();
        Pty other = Pty.open();
        try (OwnedFd gone = other.openTerminal();
                TestLoop again = new TestLoop()) {
            end = new TerminalEnd(gone.number(), Tty.reopen(gone.number()), () -> quits++);
            end.start(again, again);
            other.close();
            again.until(() -> quits > 0);
            end.close();
        }
    }
}
