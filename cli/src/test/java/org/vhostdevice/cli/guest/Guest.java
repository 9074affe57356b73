package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// A running guest. It runs its script to the end ([#awaitEnd]); when the script is [#INTERACTIVE] it stays up and
/// runs the commands that the test sends it. Used by one thread.
final class Guest implements AutoCloseable {
    /// A script that runs commands from the console, one a line after a number, until one of them is `exit`.
    static final String INTERACTIVE = """
            stty -echo
            echo "@@ready yes"
            while read -r number command; do
                eval "$command" </dev/null
                echo "@@done-$number $?"
            done
            """;

    private static final Duration LIMIT = Duration.ofSeconds(Long.getLong("vhost.guest.timeout", 120));

    private final OwnedProcess process;
    private final Console console;
    private final Path initramfs;
    private int commands;

    /// @param initramfs deleted with this guest
    Guest(OwnedProcess process, Path initramfs) {
        this.process = process;
        this.console = process.readOutput();
        this.initramfs = initramfs;
    }

    /// Waits until an interactive guest takes commands.
    void awaitReady() {
        console.await(0, line -> GuestReport.isValue(line, "ready"), LIMIT);
    }

    /// Runs one command of an interactive guest to its end, which must be a success.
    ///
    /// @param command one line for busybox `sh`, less than 4000 bytes
    void run(String command) throws IOException {
        submit(command).await().requireSuccess();
    }

    /// Runs a command like [#run] and returns its result of that name.
    String query(String command, String name) throws IOException {
        GuestReport report = submit(command).await();
        report.requireSuccess();
        return report.value(name);
    }

    /// A command that was sent.
    final class Pending {
        private final int number;
        private final int firstLine;

        private Pending(int number, int firstLine) {
            this.number = number;
            this.firstLine = firstLine;
        }

        /// Waits for the end of the command.
        GuestReport await() {
            return awaitStatus(firstLine, "done-" + number);
        }

        /// Waits for the result of that name, while the command may go on.
        void awaitValue(String name) {
            console.await(firstLine, line -> GuestReport.isValue(line, name), LIMIT);
        }

        /// The results that the command has printed until now.
        Map<String, String> valuesSoFar() {
            return GuestReport.valuesIn(console.from(firstLine));
        }
    }

    /// Sends a command to an interactive guest, which runs it when those before have ended.
    Pending submit(String command) throws IOException {
        Pending pending = new Pending(++commands, console.count());
        OutputStream keyboard = process.process().getOutputStream();
        keyboard.write((commands + " " + command + "\n").getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
        return pending;
    }

    /// Waits until the script has ended and the guest is off; kills the guest if that takes too long.
    ///
    /// @throws AssertionError if the guest ended without the exit status of its script, for example by a panic
    GuestReport awaitEnd() {
        GuestReport report = awaitStatus(0, Initramfs.STATUS);
        if (!process.awaitEnd(LIMIT)) {
            process.kill();
            throw new AssertionError("the guest does not switch itself off:\n" + console.text());
        }
        return report;
    }

    /// Kills the front end as SIGKILL does.
    void kill() {
        process.kill();
    }

    private GuestReport awaitStatus(int firstLine, String name) {
        console.await(firstLine, line -> GuestReport.isValue(line, name), LIMIT);
        return GuestReport.of(name, console.from(firstLine));
    }

    @Override
    public void close() throws IOException {
        process.close();
        Files.deleteIfExists(initramfs);
    }
}
