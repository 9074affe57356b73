package org.vhostdevice.core.sys;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The operating systems that this program serves on.
public enum HostOs {
    /// Linux, with any C library.
    LINUX,
    /// macOS 13 or newer.
    MACOS,
    /// FreeBSD 13 or newer.
    FREEBSD;

    private static final String NAME = System.getProperty("os.name", "");
    private static final @Nullable HostOs CURRENT = named(NAME);

    /// The system this process runs on.
    ///
    /// @return a constant of this process
    /// @throws UnsupportedOperationException on any other system; the message names it
    public static HostOs current() {
        if (CURRENT == null) {
            throw new UnsupportedOperationException(
                    "unsupported operating system '" + NAME + "': this program runs on Linux, macOS and FreeBSD");
        }
        return CURRENT;
    }

    /// What this host is, supported or not, for people.
    ///
    /// @return name, version and processor as the JVM knows them
    public static String description() {
        return NAME + ' ' + System.getProperty("os.version", "?") + ", " + System.getProperty("os.arch", "?");
    }

    /// {@return the name in lower case, as in `-Dvhost.host=macos`}
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static @Nullable HostOs named(String osName) {
        String name = osName.toLowerCase(Locale.ROOT);
        if (name.startsWith("linux")) {
            return LINUX;
        }
        if (name.startsWith("mac os x") || name.startsWith("darwin")) {
            return MACOS;
        }
        return name.startsWith("freebsd") ? FREEBSD : null;
    }
}
