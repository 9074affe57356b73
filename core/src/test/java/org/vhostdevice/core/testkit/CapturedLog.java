package org.vhostdevice.core.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Keeps what the product logs out of the test's output, for the test to look at. It is printed if the test fails.
public final class CapturedLog implements BeforeEachCallback, AfterEachCallback {
    private static final Logger PRODUCT = Logger.getLogger("org.vhostdevice");

    private final Records records = new Records();

    @Override
    public void beforeEach(ExtensionContext context) {
        records.lines.clear();
        PRODUCT.setUseParentHandlers(false);
        PRODUCT.addHandler(records);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        PRODUCT.removeHandler(records);
        PRODUCT.setUseParentHandlers(true);
        if (context.getExecutionException().isPresent()) {
            System.err.println("logged:\n" + String.join("\n", lines()));
        }
    }

    /// {@return the lines so far, each with its level in front}
    public List<String> lines() {
        synchronized (records) {
            return List.copyOf(records.lines);
        }
    }

    /// Counts lines.
    ///
    /// @param text what they contain
    /// @return how many
    public long count(String text) {
        return lines().stream().filter(line -> line.contains(text)).count();
    }

    private static final class Records extends Handler {
        private final List<String> lines = new ArrayList<>();

        @Override
        public synchronized void publish(LogRecord entry) {
            if (entry.getLevel().intValue() >= Level.INFO.intValue()) {
                String cause = entry.getThrown() == null ? "" : " " + entry.getThrown();
                lines.add(entry.getLevel() + " " + entry.getMessage() + cause);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
