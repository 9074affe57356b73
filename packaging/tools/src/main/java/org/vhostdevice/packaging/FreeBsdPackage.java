package org.vhostdevice.packaging;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.zip.GZIPOutputStream;

/// Writes a package that `pkg add` installs: a compressed tar archive that begins with its manifests, pkg-create(8).
final class FreeBsdPackage {
    private static final JsonMapper JSON = new JsonMapper();

    private FreeBsdPackage() {}

    /// Writes the package.
    ///
    /// @param file where to
    /// @param manifest the entries that people wrote, as JSON; the files, their size and checksums are added
    /// @param tree what is at which path below the prefix
    /// @param time the time of all files
    /// @throws IOException if the file cannot be written
    static void write(Path file, String manifest, SortedMap<String, TreeEntry> tree, Instant time) throws IOException {
        ObjectNode known = (ObjectNode) JSON.readTree(manifest);
        ObjectNode _ = known.put("prefix", FreeBsdTree.PREFIX)
                .put(
                        "flatsize",
                        tree.values().stream()
                                .mapToLong(entry -> entry.bytes().length)
                                .sum());
        String compact = JSON.writeValueAsString(known);
        ObjectNode files = known.putObject("files");
        tree.forEach((path, entry) -> files.put(absolute(path), "1$" + Sha256.of(entry.bytes())));
        try (OutputStream out = Files.newOutputStream(file);
                TarWriter tar = new TarWriter(new GZIPOutputStream(out), time.getEpochSecond())) {
            tar.add("+COMPACT_MANIFEST", text(compact));
            tar.add("+MANIFEST", text(JSON.writeValueAsString(known)));
            for (Map.Entry<String, TreeEntry> one : tree.entrySet()) {
                tar.add(absolute(one.getKey()), one.getValue());
            }
        }
    }

    private static String absolute(String path) {
        return FreeBsdTree.PREFIX + "/" + path;
    }

    private static TreeEntry text(String text) {
        return new TreeEntry.File(text.getBytes(StandardCharsets.UTF_8), false);
    }
}
