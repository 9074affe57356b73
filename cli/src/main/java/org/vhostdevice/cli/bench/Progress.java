package org.vhostdevice.cli.bench;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A line on a terminal that tells what runs and for how long; nothing elsewhere.
final class Progress {
    private static final String ERASE = "\r\033[K";

    private final PrintWriter out;
    private final boolean terminal;

    /// @param out where the line goes
    /// @param terminal whether anybody sees it
    Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /// Whether this program runs on a terminal.
    static boolean onTerminal() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    /// Shows a line until it is closed.
    ///
    /// @param label what runs
    /// @param expected how long it will
    Line show(String label, Duration expected) {
        Line line = new Line();
        if (terminal) {
            Thread _ = Thread.ofPlatform()
                    .daemon()
                    .name("vhost-progress")
                    .start(() -> line.print(label, expected.toSeconds()));
        } else {
            line.gone.countDown();
        }
        return line;
    }

    /// The line on the terminal.
    final class Line implements AutoCloseable {
        private final CountDownLatch ended = new CountDownLatch(1);
        private final CountDownLatch gone = new CountDownLatch(1);

        private void print(String label, long seconds) {
            try {
                long second = 0;
                do {
                    out.print(ERASE + label + ": " + second + " of " + seconds + " s");
                    out.flush();
                    second++;
                } while (!ended.await(1, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                out.print(ERASE);
                out.flush();
                gone.countDown();
            }
        }

        /// Removes the line.
        @Override
        public void close() {
            ended.countDown();
            try {
                gone.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
