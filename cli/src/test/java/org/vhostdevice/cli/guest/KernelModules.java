package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;

/// The modules of one kernel. What a module depends on is read from the module itself, because a package that was
/// unpacked but not installed has no `modules.dep`.
final class KernelModules {
    private static final String SUFFIX = ".ko";
    private static final String COMPRESSED = ".ko.xz";
    private static final String DEPENDS = "\0depends=";

    private final Map<String, Path> files;
    private final String builtIn;
    private final Path busybox;

    private KernelModules(Map<String, Path> files, String builtIn, Path busybox) {
        this.files = files;
        this.builtIn = builtIn;
        this.busybox = busybox;
    }

    /// @param folder the folder of one kernel release, such as `lib/modules/6.1.0`
    /// @param busybox unpacks modules that the package has compressed
    static KernelModules in(Path folder, Path busybox) throws IOException {
        Map<String, Path> files = new HashMap<>();
        try (Stream<Path> tree = Files.walk(folder)) {
            tree.filter(file ->
                            file.toString().endsWith(SUFFIX) || file.toString().endsWith(COMPRESSED))
                    .forEach(file -> files.put(nameOf(file), file));
        }
        return new KernelModules(files, Files.readString(folder.resolve("modules.builtin")), busybox);
    }

    /// The files of modules with all that they depend on, by module name, in the order in which to load them. A module
    /// that is built into the kernel is left out.
    SequencedMap<String, byte[]> inLoadOrder(List<String> names) throws IOException {
        SequencedMap<String, byte[]> loaded = new LinkedHashMap<>();
        for (String name : names) {
            load(name, loaded);
        }
        return loaded;
    }

    private void load(String name, SequencedMap<String, byte[]> loaded) throws IOException {
        if (loaded.containsKey(name)) {
            return;
        }
        Path file = files.get(name);
        if (file == null) {
            refuseUnlessBuiltIn(name);
            return;
        }
        byte[] content = read(file);
        for (String dependency : dependencies(content)) {
            load(dependency, loaded);
        }
        loaded.putLast(name, content);
    }

    private byte[] read(Path file) throws IOException {
        if (!file.toString().endsWith(COMPRESSED)) {
            return Files.readAllBytes(file);
        }
        return HostCommand.bytesOf(new ProcessBuilder(busybox.toString(), "xzcat", file.toString()));
    }

    private void refuseUnlessBuiltIn(String name) throws IOException {
        boolean present = builtIn.lines().anyMatch(line -> nameOf(Path.of(line)).equals(name));
        if (!present) {
            throw new IOException("this kernel has no module " + name);
        }
    }

    /// The `depends=` entry of the `.modinfo` section: names separated by commas, ended by a zero byte.
    private static List<String> dependencies(byte[] module) throws IOException {
        String text = new String(module, StandardCharsets.ISO_8859_1);
        int start = text.indexOf(DEPENDS);
        if (start < 0) {
            throw new IOException("a kernel module without a depends entry");
        }
        start += DEPENDS.length();
        List<String> names = new ArrayList<>();
        for (String name : text.substring(start, text.indexOf('\0', start)).split(",", -1)) {
            if (!name.isEmpty()) {
                names.add(canonical(name));
            }
        }
        return names;
    }

    private static String nameOf(Path file) {
        String name = file.getFileName().toString();
        return canonical(name.substring(0, name.lastIndexOf(SUFFIX)));
    }

    private static String canonical(String name) {
        return name.replace('-', '_');
    }
}
