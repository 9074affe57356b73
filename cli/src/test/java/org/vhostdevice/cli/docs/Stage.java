package org.vhostdevice.cli.docs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.vhostdevice.cli.guest.DryQemu;
import org.vhostdevice.cli.guest.HostProgram;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.DeviceProvider;
import picocli.CommandLine;

/// The temporary folder in which a document's commands are run. It stands for the root of the host: `/run`, `/var`,
/// `/srv`, `/etc`, `/home` and `/tmp` of a command are below it, and ports of TCP are replaced by free ones. The
/// program of this build is on the path, under each of its names, and QEMU with options that make it attach its
/// devices, run no guest and end.
final class Stage implements AutoCloseable {
    private static final Pattern PATH = Pattern.compile("(?<![\\w.}/*-])/(?=(?:run|var|srv|etc|home|tmp)(?:/|\\b))");
    private static final Pattern PORT = Pattern.compile("(tcp:(?:[a-z0-9.]+|\\[::1\\]):)(\\d+)");
    private static final Path SOCKETS = Path.of("/proc/net/unix");
    private static final List<String> FOLDERS =
            List.of("run", "var/lib/vms", "var/log", "srv/vm1", "srv/share", "etc/qemu", "home", "tmp", "work", "bin");
    private static final List<String> RAW = List.of("var/lib/vms/vm1.raw", "work/disk.img", "work/b.img", "work/d.img");
    private static final List<String> QCOW2 = List.of("work/a.qcow2", "var/lib/vms/vm1.qcow2");
    private static final long LIMIT_SECONDS = 60;
    private static final long IMAGE_BYTES = 4 << 20;

    private final Path folder;
    private final Map<String, String> ports = new HashMap<>();

    private Stage(Path folder) {
        this.folder = folder;
    }

    /// Makes the folder and what documents take for granted in it, but for QEMU.
    static Stage create() throws IOException {
        // Paths of sockets are short, and the usual temporary folder of macOS is not.
        Stage stage = new Stage(Files.createTempDirectory(Path.of("/tmp"), "docs"));
        for (String name : FOLDERS) {
            Files.createDirectories(stage.folder.resolve(name));
        }
        for (String name : RAW) {
            try (RandomAccessFile made =
                    new RandomAccessFile(stage.folder.resolve(name).toFile(), "rw")) {
                made.setLength(IMAGE_BYTES);
            }
        }
        for (String name : QCOW2) {
            createQcow2(stage.folder.resolve(name));
        }
        stage.addPrograms();
        return stage;
    }

    /// Puts QEMU on the path; ends the test if there is none.
    void addQemu() throws IOException {
        if (Files.notExists(program("qemu-system-x86_64"))) {
            addScript("qemu-system-x86_64", DryQemu.script());
        }
    }

    private static void createQcow2(Path image) throws IOException {
        DeviceProvider block = ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals("blk"))
                .findFirst()
                .orElseThrow();
        DeviceArguments arguments = block.arguments();
        CommandLine.ParseResult _ = new CommandLine(arguments)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs("--blk-file", image.toString(), "--format", "qcow2", "--create", "4M");
        try {
            arguments.open().close();
        } catch (org.vhostdevice.core.device.UsageException e) {
            throw new AssertionError(e);
        }
    }

    private void addPrograms() throws IOException {
        HostProgram program = HostProgram.ofThisBuild();
        List<String> words = new ArrayList<>(List.of(program.path().toString()));
        words.addAll(program.options());
        String java = words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        addScript(
                "vhost-device",
                "case ${0##*/} in vhost-device-*) set -- \"${0##*/vhost-device-}\" \"$@\" ;; esac\nexec " + java
                        + " \"$@\"\n");
        Path script = folder.resolve("bin/vhost-device");
        for (String type : List.of("blk", "fs", "vsock", "console")) {
            Files.createSymbolicLink(folder.resolve("bin/vhost-device-" + type), script);
        }
        Files.createSymbolicLink(folder.resolve("work/vhost-device"), script);
    }

    private void addScript(String name, String text) throws IOException {
        Path script = Files.writeString(folder.resolve("bin").resolve(name), "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /// Where commands are run.
    Path work() {
        return folder.resolve("work");
    }

    /// Waits for ends of a socket: one that listens, and one of each connection. Hosts other than Linux do not tell.
    ///
    /// @param path its path in the documents
    /// @param ends how many
    void await(String path, int ends) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        if (Files.notExists(SOCKETS)) {
            TimeUnit.SECONDS.sleep(ends);
            return;
        }
        String socket = " " + file(path);
        while (Files.readAllLines(SOCKETS).stream()
                        .filter(line -> line.endsWith(socket))
                        .count()
                < ends) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(path + " has fewer than " + ends + " ends");
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    /// A program on the path.
    Path program(String name) {
        return folder.resolve("bin").resolve(name);
    }

    /// A file, by its path in the documents.
    Path file(String path) {
        return folder.resolve(path.substring(1));
    }

    /// A text of a document as it is run here.
    String staged(String text) {
        String placed = PATH.matcher(text.replace("--runtime 1s", "--runtime 50ms --ramp 50ms"))
                .replaceAll(Matcher.quoteReplacement(folder + "/"));
        return PORT.matcher(placed).replaceAll(found -> found.group(1) + port(found.group(2)));
    }

    private String port(String documented) {
        return ports.computeIfAbsent(documented, any -> {
            try (ServerSocket socket = new ServerSocket(0)) {
                return String.valueOf(socket.getLocalPort());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    /// A text that a command printed, as documents have it.
    String documented(String text) {
        String plain = text.replace(folder.toString(), "");
        for (Map.Entry<String, String> port : ports.entrySet()) {
            plain = plain.replace(":" + port.getValue(), ":" + port.getKey());
        }
        return plain;
    }

    /// A process of a shell with a command, as documents have it. Its standard error is in its output.
    Process start(String command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", staged(command))
                .directory(work().toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile());
        builder.environment().merge("PATH", folder.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
        builder.environment().put("HOME", folder.resolve("home").toString());
        builder.environment().put("LC_ALL", "C.UTF-8");
        return builder.start();
    }

    /// Runs a command to its end.
    ///
    /// @return what it printed, as documents have it
    /// @throws AssertionError if its status is another one
    String run(String command, int status) throws IOException, InterruptedException {
        Process process = start(command);
        CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
        try {
            String output = documented(text(process));
            int found = process.waitFor();
            if (found != status) {
                throw new AssertionError("status " + found + " instead of " + status + ": " + command + "\n" + output);
            }
            return output;
        } finally {
            process.destroyForcibly();
        }
    }

    /// All that a process prints until its end.
    static String text(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
