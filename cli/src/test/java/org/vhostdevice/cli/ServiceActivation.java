package org.vhostdevice.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.vhostdevice.core.sys.Program;
import org.vhostdevice.core.sys.UnixSocket;

/// Listens on sockets and becomes another program, to which they are passed, as systemd does.
final class ServiceActivation {
    private static final int FIRST = 3;

    private ServiceActivation() {}

    /// Listens, and becomes the other program.
    ///
    /// @param args names and sockets as `NAME=PATH,NAME=PATH`, and the command line of the other program
    public static void main(String[] args) throws IOException {
        List<String> names = new ArrayList<>();
        Set<Integer> sockets = new TreeSet<>();
        // A shell gives them their numbers: those of this process are the JVM's own.
        StringBuilder script = new StringBuilder("exec");
        for (String each : args[0].split(",", -1)) {
            int number = UnixSocket.listen(Path.of(each.split("=", 2)[1]), 1).release();
            script.append(' ').append(FIRST + names.size()).append("<&").append(number);
            names.add(each.split("=", 2)[0]);
            boolean _ = sockets.add(number);
        }
        script.append("; LISTEN_PID=$$ exec \"$@\"");
        List<byte[]> variables = Program.start(
                        Map.of("LISTEN_FDS", String.valueOf(sockets.size()), "LISTEN_FDNAMES", String.join(":", names)))
                .variables();
        List<byte[]> words = Stream.concat(
                        Stream.of("sh", "-c", script.toString(), "sh"),
                        Stream.of(args).skip(1))
                .map(word -> word.getBytes(StandardCharsets.UTF_8))
                .toList();
        Program.replace(new Program.Start(Path.of("/bin/sh"), words, variables), sockets);
    }

    /// The command line that passes sockets to a command of this build.
    ///
    /// @param sockets as for [#main]
    static List<String> command(String sockets, String... words) {
        return Stream.of(java(ServiceActivation.class), List.of(sockets), java(Main.class), List.of(words))
                .flatMap(List::stream)
                .toList();
    }

    private static List<String> java(Class<?> program) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName());
    }
}
