package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ListResourceBundle;
import java.util.ResourceBundle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StderrLoggerTest {
    private final Logger logger = new StderrLogger("test");
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream before = System.err;

    @BeforeEach
    void capture() {
        StderrLogger.setThreshold(Level.INFO);
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setErr(before);
        StderrLogger.setThreshold(Level.INFO);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    @Test
    void lineHoldsTimeLevelAndMessage() {
        logger.log(Level.WARNING, "ring {0} is {1}", 3, "broken");
        assertTrue(text().matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d\\S*Z WARNING ring 3 is broken\\R"), text());
    }

    @Test
    void messagesBelowTheLevelAreNotWritten() {
        logger.log(Level.DEBUG, "no");
        StderrLogger.setThreshold(Level.ERROR);
        logger.log(Level.WARNING, "no");
        logger.log(Level.OFF, "no");
        assertEquals("", text());
        logger.log(Level.ERROR, "yes");
        assertTrue(text().contains("yes"));
    }

    @Test
    void stacksAreShownWhenDebugging() {
        Exception cause = new IllegalStateException("the cause");
        logger.log(Level.ERROR, "failed", cause);
        assertTrue(text().endsWith("failed: the cause" + System.lineSeparator()), text());
        StderrLogger.setThreshold(Level.DEBUG);
        logger.log(Level.ERROR, "failed", cause);
        assertTrue(text().contains("stacksAreShownWhenDebugging"), text());
    }

    @Test
    void messagesAreTranslatedIfThereIsABundle() {
        ResourceBundle bundle = new ListResourceBundle() {
            @Override
            protected Object[][] getContents() {
                return new Object[][] {{"key", "text"}};
            }
        };
        logger.log(Level.INFO, bundle, "key", (Throwable) null);
        logger.log(Level.INFO, bundle, "other", (Throwable) null);
        assertTrue(text().contains("INFO text"), text());
        assertTrue(text().contains("INFO other"), text());
    }

    @Test
    void isTheLoggerOfTheProgram() {
        Logger found = System.getLogger("org.vhostdevice.some");
        assertFalse(found.isLoggable(Level.DEBUG));
        assertInstanceOf(
                StderrLogger.class,
                new StderrLoggerFinder().getLogger("x", getClass().getModule()));
        assertEquals("test", logger.getName());
    }
}
