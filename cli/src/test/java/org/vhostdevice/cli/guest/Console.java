package org.vhostdevice.cli.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// The lines that a process prints, collected by a thread of their own so that the process never waits for a test. A
/// line that was cut off by the end of the process is in the text, but does not count.
final class Console {
    private final List<String> lines = new ArrayList<>();
    private final StringBuilder unfinished = new StringBuilder();
    private boolean ended;

    /// @param stream read to its end by a daemon thread
    /// @param name of that thread
    Console(InputStream stream, String name) {
        Thread reader = new Thread(() -> collect(stream), name);
        reader.setDaemon(true);
        reader.start();
    }

    /// The number of lines so far.
    synchronized int count() {
        return lines.size();
    }

    /// The lines printed so far, without the first ones.
    synchronized List<String> from(int first) {
        return List.copyOf(lines.subList(first, lines.size()));
    }

    /// Everything printed so far, for messages.
    synchronized String text() {
        return String.join("\n", lines) + "\n" + unfinished;
    }

    /// Waits for a line at or after index `from`.
    ///
    /// @param limit the longest silence
    /// @throws AssertionError if the stream ends or there is no new line for that long before
    synchronized void await(int from, Predicate<String> wanted, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        int next = from;
        while (true) {
            for (; next < lines.size(); next++) {
                if (wanted.test(lines.get(next))) {
                    return;
                }
                deadline = System.nanoTime() + limit.toNanos();
            }
            if (ended) {
                throw new AssertionError("output ended:\n" + text());
            }
            pause(deadline);
        }
    }

    /// Waits for the end of the stream and returns everything printed.
    synchronized String awaitEnd(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!ended) {
            pause(deadline);
        }
        return text();
    }

    private synchronized void pause(long deadline) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw new AssertionError("waited too long for output after:\n" + text());
        }
        try {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private void collect(InputStream stream) {
        try (Reader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.ISO_8859_1))) {
            for (int next = reader.read(); next >= 0; next = reader.read()) {
                add((char) next);
            }
        } catch (IOException e) {
            for (char next : ("console: " + e + "\n").toCharArray()) {
                add(next);
            }
        } finally {
            end();
        }
    }

    private synchronized void add(char next) {
        if (next == '\n') {
            lines.add(unfinished.toString());
            unfinished.setLength(0);
            notifyAll();
        } else if (next != '\r') {
            unfinished.append(next);
        }
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }
}
