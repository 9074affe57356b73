package org.vhostdevice.cli.doctor;

import java.util.Optional;

/// One thing that was looked at.
///
/// @param section what it belongs to, as in `QEMU`
/// @param name of the thing, unique in its section
/// @param status how it is
/// @param text what was found, one line
/// @param advice what to do, in a sentence, where something is to be done
record Finding(String section, String name, Status status, String text, Optional<String> advice) {
    /// How a thing is.
    enum Status {
        /// It is as it should be.
        OK("ok"),
        /// It is missing, and done without.
        WITHOUT("-"),
        /// It is in somebody's way, but not in that of serving devices.
        WARNING("warn"),
        /// Devices cannot be served.
        PROBLEM("FAIL");

        private final String label;

        Status(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    static Finding ok(String section, String name, String text) {
        return new Finding(section, name, Status.OK, text, Optional.empty());
    }

    static Finding without(String section, String name, String text) {
        return new Finding(section, name, Status.WITHOUT, text, Optional.empty());
    }

    static Finding warning(String section, String name, String text, String advice) {
        return new Finding(section, name, Status.WARNING, text, Optional.of(advice));
    }

    static Finding problem(String section, String name, String text, String advice) {
        return new Finding(section, name, Status.PROBLEM, text, Optional.of(advice));
    }
}
