package org.vhostdevice.core.check;

import java.util.Optional;

/// Puts out a line feed on port 0.
final class ConsoleProbe implements DeviceProbe {
    @Override
    public int rings() {
        return 2;
    }

    @Override
    public int queue() {
        return 1;
    }

    @Override
    public byte[] request() {
        return new byte[] {'\n', '\n'};
    }

    @Override
    public int answerBytes() {
        return 0;
    }

    @Override
    public int leastAnswer() {
        return 0;
    }

    @Override
    public Optional<String> fault(byte[] answer) {
        return Optional.empty();
    }
}
