package org.vhostdevice.core.sys;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The service manager that has started this process, such as systemd, if one has: it may have passed sockets on, and
/// may want to be told what becomes of the service (`sd_listen_fds(3)`, `sd_notify(3)`).
///
/// Nothing that is told needs an answer, and what cannot be told is only logged. Any thread may tell.
public final class ServiceManager implements AutoCloseable {
    /// Front ends can connect.
    public static final String READY = "READY=1";

    /// The service begins to end.
    public static final String STOPPING = "STOPPING=1";

    private static final System.Logger LOG = System.getLogger(ServiceManager.class.getName());
    private static final Set<String> VARIABLES = Set.of("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET");
    private static final int FIRST_SOCKET = 3;
    private static final int MOST_SOCKETS = 10_000;
    private static final int SOCK_DGRAM = 2;
    private static final long PATIENCE_MILLIS = 1000;

    private final @Nullable OwnedFd socket;
    private String last = ""; // guarded by this

    /// A socket that the process was started with.
    ///
    /// @param number of its descriptor
    /// @param name that the manager has given it; several may have the same
    public record PassedSocket(int number, String name) {}

    private ServiceManager(@Nullable OwnedFd socket) {
        this.socket = socket;
    }

    /// The sockets that were passed to this process.
    ///
    /// @param variables of the environment
    /// @return in the order of their numbers; none if no manager has passed any, or to another process
    /// @throws IOException if the variables contradict each other
    public static List<PassedSocket> sockets(Map<String, String> variables) throws IOException {
        String own = String.valueOf(ProcessHandle.current().pid());
        if (!own.equals(variables.get("LISTEN_PID"))) {
            return List.of();
        }
        int count = count(variables.getOrDefault("LISTEN_FDS", "0"));
        String names = variables.get("LISTEN_FDNAMES");
        String[] each = names == null ? new String[0] : names.split(":", -1);
        if (names != null && each.length != count) {
            throw new IOException("LISTEN_FDNAMES has " + each.length + " names for " + count + " sockets");
        }
        List<PassedSocket> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new PassedSocket(FIRST_SOCKET + i, names == null ? "unknown" : each[i]));
        }
        return all;
    }

    private static int count(String text) throws IOException {
        try {
            int count = Integer.parseInt(text);
            if (count >= 0 && count <= MOST_SOCKETS) {
                return count;
            }
        } catch (NumberFormatException e) {
            // the same
        }
        throw new IOException("LISTEN_FDS=" + text + " is no number of 0 to " + MOST_SOCKETS);
    }

    /// Connects to the manager.
    ///
    /// @param variables of the environment
    /// @return to whom nothing can be told if there is no manager, or it cannot be reached
    public static ServiceManager connect(Map<String, String> variables) {
        String address = variables.get("NOTIFY_SOCKET");
        if (address == null || address.isEmpty()) {
            return new ServiceManager(null);
        }
        try {
            return new ServiceManager(connect(address));
        } catch (IOException | UnsupportedOperationException e) {
            LOG.log(Level.WARNING, "the service manager at " + address + " cannot be told anything: " + e.getMessage());
            return new ServiceManager(null);
        }
    }

    private static OwnedFd connect(String address) throws IOException {
        if (!address.startsWith("/") && !address.startsWith("@")) {
            throw new IOException("only paths and names with @ are understood");
        }
        OwnedFd fd = Sockets.open(Sockaddr.AF_UNIX, SOCK_DGRAM);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment structure = address.startsWith("@")
                    ? Sockaddr.withoutFile(address.substring(1), arena)
                    : Sockaddr.of(HostAbi.current(), "connect", new SocketAddress.Unix(Path.of(address)), arena);
            ErrnoException.check("connect", SocketCalls.connect(fd.number(), structure));
            return fd;
        } catch (IOException | UnsupportedOperationException e) {
            fd.close();
            throw e;
        }
    }

    /// Prepares to start another program beside this one. What the manager has said to this process does not reach it:
    /// it could take itself for the service, and tell that it is ready.
    ///
    /// @param command program and arguments
    /// @return to be started; its environment is that of this process otherwise
    public static ProcessBuilder child(List<String> command) {
        ProcessBuilder child = new ProcessBuilder(command);
        boolean _ = child.environment().keySet().removeAll(VARIABLES);
        return child;
    }

    /// Takes over a connection that [#number] has told of.
    ///
    /// @param number of a descriptor, or the one of no connection
    /// @return the manager
    /// @throws IOException if it is not a socket
    public static ServiceManager adopt(int number) throws IOException {
        return new ServiceManager(number < 0 ? null : UnixSocket.adopt(number));
    }

    /// The connection, for a program that takes this one's place.
    ///
    /// @return its descriptor's number, negative if there is none
    public int number() {
        return socket == null ? -1 : socket.number();
    }

    /// Tells something, once if it is told several times in a row.
    ///
    /// @param state such as [#READY]
    public synchronized void tell(String state) {
        if (socket == null || state.equals(last)) {
            return;
        }
        last = state;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(ValueLayout.JAVA_BYTE, state.getBytes(StandardCharsets.UTF_8));
            long result = SocketTransfer.send(socket.number(), text);
            if (result == Libc.EAGAIN) {
                int _ = UnixSocket.poll(socket.number(), Poller.WRITE, PATIENCE_MILLIS);
                result = SocketTransfer.send(socket.number(), text);
            }
            ErrnoException.check("send", result);
        } catch (ErrnoException e) {
            LOG.log(Level.WARNING, "the service manager was not told " + state + ": " + e.getMessage());
        }
    }

    /// Ends the connection. Nobody tells anything any more.
    @Override
    public void close() {
        if (socket != null) {
            socket.close();
        }
    }
}
