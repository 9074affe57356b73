package org.vhostdevice.console.end;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.sys.SocketAddress;

/// What a port's host end is made of.
public sealed interface Backend {
    /// How it is written on the command line.
    String FORMS =
            "stdio, pty, unix:PATH, unix-client:PATH, tcp:HOST:PORT, tcp-client:HOST:PORT, file:PATH, fd:N, syslog or null";

    /// Standard input and output.
    record Stdio() implements Backend {}

    /// A pseudo-terminal.
    ///
    /// @param link a symbolic link that leads to it; none if null
    record PseudoTerminal(@Nullable Path link) implements Backend {}

    /// A Unix socket that clients connect to.
    ///
    /// @param path of its file
    record UnixServer(Path path) implements Backend {}

    /// A Unix socket of another program.
    ///
    /// @param path of its file
    record UnixClient(Path path) implements Backend {}

    /// A port of TCP that clients connect to.
    ///
    /// @param host name or address; empty for 127.0.0.1
    /// @param port 1 to 65535
    record TcpServer(String host, int port) implements Backend {}

    /// A port of TCP of another program.
    ///
    /// @param host name or address; empty for 127.0.0.1
    /// @param port 1 to 65535
    record TcpClient(String host, int port) implements Backend {}

    /// A file that output is added to.
    ///
    /// @param path of it
    record File(Path path) implements Backend {}

    /// A descriptor that the process was started with.
    ///
    /// @param number 0 or more
    record Fd(int number) implements Backend {}

    /// The host's log.
    record Syslog() implements Backend {}

    /// Nothing.
    record Null() implements Backend {}

    /// Reads what was typed.
    ///
    /// @param text such as `unix:/run/console.sock`
    /// @return what it means
    /// @throws IllegalArgumentException with a message for the person who typed it
    static Backend parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        return switch (kind) {
            case "stdio" -> bare(text, colon, new Stdio());
            case "pty" -> bare(text, colon, new PseudoTerminal(null));
            case "unix" -> new UnixServer(path(text, rest));
            case "unix-client" -> new UnixClient(path(text, rest));
            case "tcp" -> new TcpServer(host(rest), port(text, rest));
            case "tcp-client" -> new TcpClient(host(rest), port(text, rest));
            case "file" -> new File(path(text, rest));
            case "fd" -> new Fd(number(text, rest));
            case "syslog" -> bare(text, colon, new Syslog());
            case "null" -> bare(text, colon, new Null());
            default -> throw new IllegalArgumentException("backend=" + text + " is none of " + FORMS);
        };
    }

    private static Backend bare(String text, int colon, Backend backend) {
        if (colon >= 0) {
            throw new IllegalArgumentException("backend=" + text + ": nothing goes behind " + text.substring(0, colon));
        }
        return backend;
    }

    private static Path path(String text, String rest) {
        if (rest.isEmpty()) {
            throw new IllegalArgumentException("backend=" + text + ": the path is missing");
        }
        return Path.of(rest);
    }

    private static String host(String rest) {
        int colon = rest.lastIndexOf(':');
        String host = colon < 0 ? "" : rest.substring(0, colon);
        boolean inBrackets = host.startsWith("[") && host.endsWith("]");
        return inBrackets ? host.substring(1, host.length() - 1) : host;
    }

    private static int port(String text, String rest) {
        int port = number(text, rest.substring(rest.lastIndexOf(':') + 1));
        if (port < 1 || port > 0xffff) {
            throw new IllegalArgumentException("backend=" + text + ": the port must be 1 to 65535");
        }
        return port;
    }

    private static int number(String text, String rest) {
        try {
            int number = Integer.parseInt(rest);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // refused below
        }
        throw new IllegalArgumentException("backend=" + text + ": '" + rest + "' is not a number");
    }

    /// Whether clients connect to it.
    ///
    /// @return whether it is a server
    default boolean isServer() {
        return this instanceof UnixServer || this instanceof TcpServer;
    }

    /// Whether it connects to a server.
    ///
    /// @return whether it is a client
    default boolean isClient() {
        return this instanceof UnixClient || this instanceof TcpClient;
    }

    /// Whether it is a port of TCP, whose other side may vanish without a word.
    ///
    /// @return whether it is
    default boolean isTcp() {
        return this instanceof TcpServer || this instanceof TcpClient;
    }

    /// Opens it.
    ///
    /// @param options of the end
    /// @return the end
    /// @throws IOException if the host refuses
    default HostEnd open(EndOptions options) throws IOException {
        HostEnd end = openAlone(options);
        FileSink.Options log = options.log();
        if (log == null) {
            return end;
        }
        try {
            return new LoggedEnd(end, FileSink.open(log));
        } catch (IOException e) {
            end.close();
            throw e;
        }
    }

    private HostEnd openAlone(EndOptions options) throws IOException {
        return switch (this) {
            case Stdio() -> StdioEnd.open();
            case PseudoTerminal(Path link) -> new PtyEnd(options.name(), link);
            case UnixServer(Path path) -> server(new SocketAddress.Unix(path), options);
            case TcpServer(String host, int port) -> server(find(host, port), options);
            case UnixClient(Path path) -> client(new SocketAddress.Unix(path), options);
            case TcpClient(String host, int port) -> client(find(host, port), options);
            case File(Path path) -> FileEnd.open(options.file(path));
            case Fd(int number) -> FdEnd.inherited(number);
            case Syslog() -> new SyslogEnd(options.name());
            case Null() -> new NullEnd();
        };
    }

    private static HostEnd server(SocketAddress address, EndOptions options) throws IOException {
        return new ServerEnd(Acceptor.listen(address), options.telnet(), options.scrollback(), options.stallNanos());
    }

    private static HostEnd client(SocketAddress address, EndOptions options) {
        return new ClientEnd(address, options.retryNanos(), options.stallNanos());
    }

    private static SocketAddress find(String host, int port) throws IOException {
        try {
            InetAddress address = InetAddress.getByName(host.isEmpty() ? "127.0.0.1" : host);
            return new SocketAddress.Inet(new InetSocketAddress(address, port));
        } catch (UnknownHostException e) {
            throw new IOException("there is no host " + host, e);
        }
    }
}
