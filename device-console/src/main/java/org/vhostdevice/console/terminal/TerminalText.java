package org.vhostdevice.console.terminal;

import java.nio.charset.StandardCharsets;

/// What a person is told in a raw terminal.
public enum TerminalText {
    /// Behind the escape key.
    MENU("\r\n[vhost-device: d detach, b break, r resize, q quit, Ctrl-] sends itself, ? help]\r\n"),

    /// Behind the escape key, when attached.
    ATTACHED_MENU("\r\n[vhost-device: d detach, b break, r resize, Ctrl-] sends itself, ? help]\r\n"),

    /// All that the keys do.
    HELP("""
            \r
            [d leaves the guest, which goes on. b sends a break, which Linux takes as the first half of a\r
             system request. r tells the guest the size of the window. q ends vhost-device.]\r
            """),

    /// All that the keys do, when attached.
    ATTACHED_HELP("""
            \r
            [d leaves the guest, which goes on. b sends a break, which Linux takes as the first half of a\r
             system request. r tells the guest the size of the window.]\r
            """),

    /// The person has left the guest.
    DETACHED("\r\n[detached: Enter attaches again, Ctrl-C ends vhost-device]\r\n"),

    /// The device has left the person.
    GONE("\r\n[the device has closed the connection]\r\n"),

    /// The key behind the escape key meant nothing.
    NOTHING("\r\n");

    private final String text;

    TerminalText(String text) {
        this.text = text;
    }

    /// {@return the bytes for the terminal}
    public byte[] bytes() {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
