package org.vhostdevice.packaging;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/// Where FreeBSD has the parts of the program, as the port's Makefile installs them.
final class FreeBsdTree {
    /// Where packages are installed.
    static final String PREFIX = "/usr/local";

    private static final String HOME = "libexec/vhost-device/";

    private final SortedMap<String, TreeEntry> entries = new TreeMap<>();

    private FreeBsdTree() {}

    /// Lays the parts out.
    ///
    /// @param stage the content of the archive for hosts with a Java of their own: `bin`, `lib` and `share`
    /// @param script the script that starts devices with the system
    /// @return what is at which path below the prefix
    /// @throws IOException if a file cannot be read
    static SortedMap<String, TreeEntry> of(Path stage, String script) throws IOException {
        FreeBsdTree tree = new FreeBsdTree();
        try (Stream<Path> all = Files.walk(stage)) {
            for (Path file : all.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                tree.add(stage.relativize(file).toString(), file);
            }
        }
        tree.entries.put(
                "etc/rc.d/vhost_device",
                new TreeEntry.File(script.replace("%%PREFIX%%", PREFIX).getBytes(StandardCharsets.UTF_8), true));
        return tree.entries;
    }

    private void add(String name, Path file) throws IOException {
        TreeEntry entry = entry(file);
        if (name.startsWith("bin/")) {
            // All names lead to the launcher, which looks at the one that it is called by.
            entries.put(name, new TreeEntry.Link("../" + HOME + "bin/vhost-device"));
            if (entry instanceof TreeEntry.File) {
                entries.put(HOME + name, entry);
            }
        } else if (name.startsWith("lib/")) {
            entries.put(HOME + name, entry);
        } else if (name.startsWith("share/man/")) {
            entries.put(name + ".gz", new TreeEntry.File(compressed(entry.bytes()), false));
        } else if (name.startsWith("share/qemu/")) {
            String text = new String(entry.bytes(), StandardCharsets.UTF_8).replace("/usr/bin/", PREFIX + "/bin/");
            entries.put(name, new TreeEntry.File(text.getBytes(StandardCharsets.UTF_8), false));
        } else {
            entries.put(name, entry);
        }
    }

    private static TreeEntry entry(Path file) throws IOException {
        return Files.isSymbolicLink(file)
                ? new TreeEntry.Link(Files.readSymbolicLink(file).toString())
                : new TreeEntry.File(Files.readAllBytes(file), Files.isExecutable(file));
    }

    private static byte[] compressed(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
