package org.vhostdevice.core.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A conversation with a program as a person has it who types, reads, and types again. One thread; another
/// one of its own collects what the program says.
public final class Dialogue {
    private static final Duration LIMIT = Duration.ofSeconds(Long.getLong("vhost.guest.timeout", 60));

    private final OutputStream keyboard;
    private final StringBuilder unread = new StringBuilder(); // guarded by this
    private final StringBuilder all = new StringBuilder(); // guarded by this
    private boolean ended; // guarded by this

    /// Begins to listen.
    ///
    /// @param screen read to its end by a daemon thread
    /// @param keyboard where what is typed goes
    public Dialogue(InputStream screen, OutputStream keyboard) {
        this.keyboard = keyboard;
        Thread _ = Thread.ofPlatform().daemon().name("dialogue").start(() -> collect(screen));
    }

    private void collect(InputStream screen) {
        byte[] bytes = new byte[4096];
        try {
            for (int n = screen.read(bytes); n >= 0; n = screen.read(bytes)) {
                add(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            add("\n(" + e + ")\n");
        } finally {
            end();
        }
    }

    private synchronized void add(String text) {
        unread.append(text);
        all.append(text);
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    /// Types a text as it is; a carriage return is the Enter key.
    public void type(String text) throws IOException {
        keyboard.write(text.getBytes(StandardCharsets.ISO_8859_1));
        keyboard.flush();
    }

    /// Reads on up to the end of what matches, and returns that.
    ///
    /// @param regex for `Pattern`, where only a line feed ends a line
    /// @throws AssertionError if it does not come
    public synchronized String await(String regex) {
        Pattern pattern = Pattern.compile(regex, Pattern.UNIX_LINES);
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            Matcher matcher = pattern.matcher(unread);
            if (matcher.find()) {
                String found = matcher.group();
                unread.delete(0, matcher.end());
                return found;
            }
            long left = deadline - System.nanoTime();
            if (ended || left <= 0) {
                throw new AssertionError(
                        (ended ? "the end" : "nothing more") + " before \"" + regex + "\" in:\n" + all);
            }
            pause(left);
        }
    }

    /// Reads on to the end.
    public synchronized void awaitEnd() {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!ended) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("no end of:\n" + all);
            }
            pause(left);
        }
    }

    private synchronized void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /// {@return all that was said so far, for messages}
    public synchronized String text() {
        return all.toString();
    }
}
