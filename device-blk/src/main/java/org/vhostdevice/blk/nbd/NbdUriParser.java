package org.vhostdevice.blk.nbd;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.UsageException;

/// Reads one URI of an export.
final class NbdUriParser {
    private static final Set<String> TLS_PARAMETERS =
            Set.of("tls-type", "tls-certificates", "tls-hostname", "tls-verify-peer");
    private static final int MAX_PORT = 65_535;

    private final String text;

    NbdUriParser(String text) {
        this.text = text;
    }

    NbdUri parse() throws UsageException {
        URI uri = split();
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        if (!Set.of("nbd", "nbds", "nbd+unix", "nbds+unix").contains(scheme) || uri.isOpaque()) {
            throw refuse("write nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH, and nbds for TLS");
        }
        if (uri.getRawFragment() != null) {
            throw refuse("a '#' in the name of an export is written %23");
        }
        boolean unix = scheme.endsWith("+unix");
        boolean encrypted = scheme.startsWith("nbds");
        Map<String, String> parameters = parameters(uri.getRawQuery());
        check(parameters, unix, encrypted);
        NbdUri.Endpoint endpoint =
                unix ? unix(uri.getRawAuthority(), parameters.get("socket")) : tcp(uri.getRawAuthority());
        return new NbdUri(endpoint, export(uri.getRawPath()), encrypted ? tls(endpoint, parameters) : null);
    }

    private URI split() throws UsageException {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw refuse("it is no URI (" + e.getReason() + "): write special characters as % and two hex digits");
        }
    }

    private Map<String, String> parameters(@Nullable String query) throws UsageException {
        Map<String, String> parameters = new HashMap<>();
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        for (String parameter : query.split("&", -1)) {
            int equals = parameter.indexOf('=');
            String name = decode(equals < 0 ? parameter : parameter.substring(0, equals));
            if (equals < 0) {
                throw refuse("the parameter " + Text.printable(name) + " has no value: write " + Text.printable(name)
                        + "=VALUE");
            }
            if (parameters.put(name, decode(parameter.substring(equals + 1))) != null) {
                throw refuse("the parameter " + Text.printable(name) + " appears twice: leave one out");
            }
        }
        return parameters;
    }

    private void check(Map<String, String> parameters, boolean unix, boolean encrypted) throws UsageException {
        for (String name : parameters.keySet()) {
            boolean tls = TLS_PARAMETERS.contains(name);
            if (tls && !encrypted) {
                throw refuse("the parameter " + name + " needs TLS: write " + (unix ? "nbds+unix" : "nbds"));
            }
            if (name.equals("socket") && !unix) {
                throw refuse("the parameter socket needs the scheme " + (encrypted ? "nbds" : "nbd") + "+unix");
            }
            if (!tls && !name.equals("socket")) {
                throw refuse("the parameter " + Text.printable(name) + " is not known: leave it out; there are socket,"
                        + " tls-type, tls-certificates, tls-hostname and tls-verify-peer");
            }
        }
    }

    private NbdUri.Endpoint unix(@Nullable String authority, @Nullable String socket) throws UsageException {
        if (authority != null && !authority.isEmpty()) {
            throw refuse("a Unix socket has no host: write three slashes, as in nbd+unix:///EXPORT?socket=PATH");
        }
        if (socket == null || socket.isEmpty()) {
            throw refuse("the socket is missing: add ?socket=PATH");
        }
        if (socket.charAt(0) == '\0') {
            throw refuse("abstract sockets cannot be used: let the server listen on a path");
        }
        return new NbdUri.Endpoint.Unix(path(socket));
    }

    private NbdUri.Endpoint tcp(@Nullable String authority) throws UsageException {
        if (authority == null || authority.isEmpty()) {
            throw refuse("the host is missing: write two slashes and a host, as in nbd://HOST/EXPORT");
        }
        if (authority.indexOf('@') >= 0) {
            throw refuse("users are not supported: leave out everything up to the '@'");
        }
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        int hostEnd = end < 0 ? authority.length() : end;
        String host = authority.substring(0, hostEnd);
        String bare = host.startsWith("[")
                ? host.substring(1, host.length() - 1).replace("%25", "%") // before the name of an interface
                : decode(host);
        if (bare.isEmpty()) {
            throw refuse("the host is missing: write nbd://HOST:PORT/EXPORT");
        }
        return new NbdUri.Endpoint.Tcp(bare, port(authority.substring(hostEnd)));
    }

    private int port(String suffix) throws UsageException {
        if (suffix.isEmpty() || suffix.equals(":")) {
            return NbdUri.DEFAULT_PORT;
        }
        if (!suffix.matches(":[0-9]{1,5}")) {
            throw refuse("the port must be a number from 1 to 65535; an IPv6 address is put in brackets");
        }
        int port = Integer.parseInt(suffix.substring(1));
        if (port < 1 || port > MAX_PORT) {
            throw refuse("the port must be a number from 1 to 65535");
        }
        return port;
    }

    private String export(@Nullable String path) throws UsageException {
        String export = path == null || path.isEmpty() ? "" : decode(path.substring(1));
        if (export.indexOf('\0') >= 0) {
            throw refuse("the name of an export cannot have a NUL: remove %00");
        }
        if (export.getBytes(StandardCharsets.UTF_8).length > NbdUri.MAX_STRING_BYTES) {
            throw refuse("the name of an export has at most 4096 bytes: choose a shorter one");
        }
        return export;
    }

    private NbdUri.Tls tls(NbdUri.Endpoint endpoint, Map<String, String> parameters) throws UsageException {
        String type = parameters.getOrDefault("tls-type", "x509");
        if (!type.equals("x509")) {
            throw refuse("TLS has certificates only: leave tls-type out, or write tls-type=x509");
        }
        String verify = parameters.getOrDefault("tls-verify-peer", "1");
        if (!verify.equals("0") && !verify.equals("1")) {
            throw refuse("tls-verify-peer is 0 or 1");
        }
        String hostname = parameters.get("tls-hostname");
        if (hostname == null && endpoint instanceof NbdUri.Endpoint.Tcp(String host, int _)) {
            hostname = host;
        }
        if (verify.equals("1") && (hostname == null || hostname.isEmpty())) {
            throw refuse("add tls-hostname=NAME with the name in the server's certificate");
        }
        String directory = parameters.get("tls-certificates");
        return new NbdUri.Tls(directory == null ? null : path(directory), hostname, verify.equals("1"));
    }

    private Path path(String name) throws UsageException {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw refuse("it names no file (" + e.getReason() + ")");
        }
    }

    /// Undoes percent-encoding; the bytes must be UTF-8. A plus sign is a plus sign.
    private String decode(String encoded) throws UsageException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int at = 0; at < encoded.length(); ) {
            if (encoded.charAt(at) == '%') {
                bytes.write(Integer.parseInt(encoded, at + 1, at + 3, 16)); // URI has checked the digits
                at += 3;
            } else {
                int point = encoded.codePointAt(at);
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
                at += Character.charCount(point);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw refuse("names are UTF-8, and the %-encoded bytes are not");
        }
    }

    private UsageException refuse(String advice) {
        return new UsageException("NBD URI \"" + Text.printable(text) + "\": " + advice);
    }
}
