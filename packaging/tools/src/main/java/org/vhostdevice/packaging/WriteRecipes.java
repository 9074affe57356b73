package org.vhostdevice.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/// Fills the recipes for Homebrew and FreeBSD in with what was built, and makes FreeBSD's package.
public final class WriteRecipes {
    private static final int ARGUMENTS = 6;

    private final Path recipes;
    private final Path out;
    private final Map<String, String> values;

    private WriteRecipes(Path recipes, Path out, Map<String, String> values) {
        this.recipes = recipes;
        this.out = out;
        this.values = values;
    }

    /// Writes them.
    ///
    /// @param args the folder with `homebrew` and `freebsd`; the archive `vhost-device-VERSION.tar.gz` for hosts
    ///     with a Java of their own; the folder with its content; the folder to write to; the project's address;
    ///     and the time of the files (ISO 8601)
    /// @throws IOException if a file cannot be read or written
    public static void main(String[] args) throws IOException {
        if (args.length != ARGUMENTS) {
            throw new IllegalArgumentException("six arguments are needed: RECIPES ARCHIVE STAGE OUT URL TIME");
        }
        Path archive = Path.of(args[1]);
        Instant time = Instant.parse(args[5]);
        WriteRecipes recipes = new WriteRecipes(Path.of(args[0]), Path.of(args[3]), values(archive, args[4], time));
        recipes.fill("homebrew/vhost-device.rb");
        for (String name : new String[] {"Makefile", "distinfo", "pkg-descr", "pkg-message", "files/vhost_device.in"}) {
            recipes.fill("freebsd/port/" + name);
        }
        recipes.freeBsd(Path.of(args[2]), time);
    }

    private static Map<String, String> values(Path archive, String url, Instant time) throws IOException {
        byte[] bytes = Files.readAllBytes(archive);
        String name = String.valueOf(archive.getFileName());
        String version = name.replaceFirst("^vhost-device-(.*)\\.tar\\.gz$", "$1");
        Map<String, String> values = new HashMap<>();
        values.put("url", url);
        values.put("version", version);
        values.put("portversion", portVersion(version));
        values.put("archive", name);
        values.put("sha256", Sha256.of(bytes));
        values.put("size", Integer.toString(bytes.length));
        values.put("seconds", Long.toString(time.getEpochSecond()));
        return values;
    }

    /// A version as ports have it, in which words are one letter: `0.1.0-SNAPSHOT` is `0.1.0.s` (DISTVERSION in
    /// bsd.port.mk).
    static String portVersion(String version) {
        return version.toLowerCase(Locale.ROOT)
                .replaceAll("([a-z])[a-z]+", "$1")
                .replaceAll("([0-9])([a-z])", "$1.$2")
                .replaceAll("[^a-z0-9+]+", ".");
    }

    private String filled(String name) throws IOException {
        return Template.fill(Files.readString(recipes.resolve(name)), values);
    }

    private void fill(String name) throws IOException {
        write(name, filled(name));
    }

    private void write(String name, String text) throws IOException {
        Path file = out.resolve(name);
        Path _ = Files.createDirectories(file.getParent());
        Path _ = Files.writeString(file, text);
    }

    private void freeBsd(Path stage, Instant time) throws IOException {
        SortedMap<String, TreeEntry> tree = FreeBsdTree.of(stage, filled("freebsd/port/files/vhost_device.in"));
        write("freebsd/port/pkg-plist", packingList(tree));
        values.put("desc", filled("freebsd/port/pkg-descr").strip().replace("\n", "\\n"));
        values.put("messages", filled("freebsd/port/pkg-message").strip());
        String manifest = filled("freebsd/manifest.json");
        String name = "vhost-device-" + values.get("portversion") + ".pkg";
        FreeBsdPackage.write(out.resolve("freebsd").resolve(name), manifest, tree, time);
    }

    /// The list of the port: what is installed, without what the framework itself adds.
    private static String packingList(SortedMap<String, TreeEntry> tree) {
        return tree.keySet().stream()
                .filter(path -> !path.startsWith("etc/rc.d/"))
                .map(path -> path.replaceFirst("^share/doc/vhost-device/", "%%PORTDOCS%%%%DOCSDIR%%/"))
                .collect(Collectors.joining("\n", "", "\n"));
    }
}
