package org.vhostdevice.console;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.vhostdevice.console.end.EndLoop;
import org.vhostdevice.console.port.PortState;
import org.vhostdevice.console.port.Ports;
import org.vhostdevice.core.device.DeviceState;

/// What the guest knows of the ports, as it moves to another process. The host ends there are others; the guest hears
/// of
/// those that are open there and were closed here, or the other way round.
final class ConsoleState implements DeviceState {
    private static final int VERSION = 1;
    private static final int DRIVER_READY = 1;
    private static final int ANNOUNCED = 1;
    private static final int READY = 2;
    private static final int GUEST_OPEN = 4;
    private static final int TOLD_OPEN = 8;
    private static final int ALL_FLAGS = ANNOUNCED | READY | GUEST_OPEN | TOLD_OPEN;
    private static final long PATIENCE_SECONDS = 10;

    private final Ports ports;
    private final EndLoop loop;

    ConsoleState(Ports ports, EndLoop loop) {
        this.ports = ports;
        this.loop = loop;
    }

    private record All(boolean driverReady, List<PortState> ports) {}

    @Override
    public void save(OutputStream to) throws IOException {
        All all = onWorker(() -> new All(ports.driverReady(), ports.states()));
        DataOutputStream out = new DataOutputStream(to);
        out.writeByte(VERSION);
        out.writeByte(all.driverReady() ? DRIVER_READY : 0);
        out.writeShort(all.ports().size());
        for (PortState port : all.ports()) {
            out.writeShort(port.number());
            out.writeByte(flag(port.announced(), ANNOUNCED)
                    | flag(port.ready(), READY)
                    | flag(port.guestOpen(), GUEST_OPEN)
                    | flag(port.toldOpen(), TOLD_OPEN));
            out.writeByte(port.notices());
        }
        out.flush();
    }

    private static int flag(boolean set, int bit) {
        return set ? bit : 0;
    }

    @Override
    public void load(InputStream from) throws IOException {
        DataInputStream in = new DataInputStream(from);
        int version = in.readUnsignedByte();
        if (version != VERSION) {
            throw new IOException("a console's state of version " + version);
        }
        int driver = in.readUnsignedByte();
        int count = in.readUnsignedShort();
        List<PortState> states = new ArrayList<>();
        int last = -1;
        for (int i = 0; i < count; i++) {
            PortState state = read(in);
            if (state.number() <= last) {
                throw new IOException("the state has port " + state.number() + " behind port " + last);
            }
            last = state.number();
            states.add(state);
        }
        if (driver > DRIVER_READY || in.read() >= 0) {
            throw new IOException("a console's state that is not sound");
        }
        int missing = onWorker(() -> restore(driver == DRIVER_READY, states));
        if (missing >= 0) {
            throw new IOException("the guest has port " + missing + ", which this device has not");
        }
    }

    private static PortState read(DataInputStream in) throws IOException {
        int number = in.readUnsignedShort();
        int flags = in.readUnsignedByte();
        if ((flags & ~ALL_FLAGS) != 0) {
            throw new IOException("port " + number + " has flags " + flags);
        }
        return new PortState(
                number,
                (flags & ANNOUNCED) != 0,
                (flags & READY) != 0,
                (flags & GUEST_OPEN) != 0,
                (flags & TOLD_OPEN) != 0,
                in.readUnsignedByte());
    }

    /// @return the number of a port that is missing, -1 for none
    private int restore(boolean driverReady, List<PortState> states) {
        for (PortState state : states) {
            if (ports.port(state.number()) == null) {
                return state.number();
            }
        }
        ports.restore(driverReady, states);
        return -1;
    }

    private <T> T onWorker(Supplier<T> task) throws IOException {
        var result = new CompletableFuture<T>();
        loop.execute(() -> result.complete(task.get()));
        try {
            return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the ports do not answer", e);
        }
    }
}
