package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What the program `python3` needs in a guest beside itself.
final class GuestPython {
    private static final String FOLDER = "python3.";

    private GuestPython() {}

    /// The files of its library by path in the guest, where the program looks for them by itself.
    static Map<String, byte[]> files(GuestTools tools) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        Path library = GuestTools.onlyEntry(tools.root().resolve("usr/lib"), FOLDER);
        try (Stream<Path> tree = Files.walk(library)) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                files.put(tools.root().relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        Path ffi = tools.library("libffi.so.");
        files.put("lib/" + ffi.getFileName(), Files.readAllBytes(ffi));
        return files;
    }
}
