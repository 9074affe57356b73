package org.vhostdevice.core.check;

import java.util.Optional;

/// A harmless request to a type of device, for checks of rings: it changes nothing that is kept, and is used at once.
interface DeviceProbe {
    /// Rings that are set up.
    int rings();

    /// The ring on which the request goes.
    int queue();

    /// Feature bits of the type that are negotiated if offered.
    default long features() {
        return 0;
    }

    /// What the device reads.
    byte[] request();

    /// How much room the device has for its answer.
    default int answerBytes() {
        return 0;
    }

    /// How much of it the device writes at least, so that the used length is no less.
    default int leastAnswer() {
        return 0;
    }

    /// What is wrong with an answer, if anything.
    default Optional<String> fault(byte[] answer) {
        return Optional.empty();
    }
}
