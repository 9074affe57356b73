package org.vhostdevice.console.port;

import org.jspecify.annotations.Nullable;

/// The number of a port: its two queues, which are there as long as the driver has them, and the port, which may come
/// and go. Worker's thread.
final class PortSlot {
    private final int number;
    private final Ports ports;
    private @Nullable Port port;
    private @Nullable InputQueue input;
    private @Nullable OutputQueue output;

    PortSlot(int number, Ports ports) {
        this.number = number;
        this.ports = ports;
    }

    int number() {
        return number;
    }

    Counters counters() {
        return ports.counters();
    }

    @Nullable
    Port port() {
        return port;
    }

    void setPort(@Nullable Port newPort) {
        port = newPort;
        if (output != null) {
            output.portChanged();
        }
    }

    void setInput(@Nullable InputQueue queue) {
        input = queue;
        if (port != null) {
            port.allowInput();
        }
    }

    void setOutput(@Nullable OutputQueue queue) {
        output = queue;
    }

    boolean hasInputRing() {
        return input != null;
    }

    void resumeInput() {
        if (input != null) {
            input.resume();
        }
    }

    void resumeOutput() {
        if (output != null) {
            output.writable();
        }
    }

    void resized() {
        if (number == 0) {
            ports.resized();
        }
    }

    void talk(Port talker) {
        ports.talk(talker);
    }
}
