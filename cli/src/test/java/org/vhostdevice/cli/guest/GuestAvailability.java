package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/// Says whether guests can be run here, and if so with which tools; asked once in the life of the JVM.
///
/// A test that needs a guest is skipped with the reason where there is none. With the system property
/// `vhost.guest.required=true`, which the build sets when the environment says `CI=true`, it fails instead.
final class GuestAvailability {
    private static final Answer ANSWER = ask();

    private sealed interface Answer {
        record Available(GuestTools tools) implements Answer {}

        record Unavailable(String reason) implements Answer {}
    }

    private GuestAvailability() {}

    /// The tools for guests, fetched on first use; ends the test as skipped or failed where there are none.
    static GuestTools require() {
        return switch (ANSWER) {
            case Answer.Available(GuestTools tools) -> tools;
            case Answer.Unavailable(String reason) -> throw refuse("no guest can be run: " + reason);
        };
    }

    /// Ends the test, as skipped or failed: it does not return.
    static RuntimeException refuse(String reason) {
        if (Boolean.getBoolean("vhost.guest.required")) {
            return Assertions.fail(reason);
        }
        return Assumptions.abort(reason);
    }

    private static Answer ask() {
        Path directory = Path.of(System.getProperty("vhost.guest.dir", "target/guest"));
        try {
            return new Answer.Available(GuestTools.in(new GuestPackages(directory.toAbsolutePath()).unpacked()));
        } catch (GuestUnavailableException | IOException e) {
            System.err.println("guest tests: " + e.getMessage());
            return new Answer.Unavailable(String.valueOf(e.getMessage()));
        }
    }
}
