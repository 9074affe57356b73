package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What the program `python3` needs in a guest beside itself.
final class GuestPython {
    private static final String FOLDER = "python3.";
    private static final String SOURCE = ".py";

    /// One of the last modules.
    private static final String LAST = "zipimport.pyc";

    private GuestPython() {}

    private static Path library(GuestTools tools) throws IOException {
        return GuestTools.onlyEntry(tools.root().resolve("usr/lib"), FOLDER);
    }

    /// Compiles the library, if that is not done, since an emulated processor takes seconds for it at each start. Where
    /// that does not work, guests do it.
    static void compile(GuestTools tools) throws IOException {
        Path library = library(tools);
        if (Files.exists(library.resolve(LAST))) {
            return;
        }
        List<String> words = List.of("-m", "compileall", "-b", "-q", library.toString());
        ProcessBuilder command =
                HostProgram.installed(tools.guestProgram("python3")).with(words);
        command.environment().putAll(tools.libraryEnvironment());
        command.environment().put("PYTHONHOME", tools.root().resolve("usr").toString());
        HostCommand.Outcome outcome = HostCommand.run(command);
        if (!outcome.succeeded()) {
            System.err.println("guest tests: Python's library is not compiled: " + outcome.lastLine());
        }
    }

    /// The files of its library by path in the guest, where the program looks for them by itself.
    static Map<String, byte[]> files(GuestTools tools) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> tree = Files.walk(library(tools))) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                if (!isCompiled(file)) {
                    files.put(tools.root().relativize(file).toString(), Files.readAllBytes(file));
                }
            }
        }
        Path ffi = tools.library("libffi.so.");
        files.put("lib/" + ffi.getFileName(), Files.readAllBytes(ffi));
        return files;
    }

    private static boolean isCompiled(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(SOURCE) && Files.exists(file.resolveSibling(name + "c"));
    }
}
