package org.vhostdevice.cli.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The documents of the project.
final class Documents {
    /// The root of the source tree.
    static final Path ROOT = root(Path.of("").toAbsolutePath());

    private Documents() {}

    /// Maven runs tests in the folder of their module.
    private static Path root(Path folder) {
        return Files.exists(folder.resolve("CONTRIBUTING.md")) ? folder : folder.getParent();
    }

    /// All documents: those in the root, below `docs`, and of packaging.
    static List<Path> all() throws IOException {
        try (Stream<Path> top = Files.list(ROOT);
                Stream<Path> docs = Files.walk(ROOT.resolve("docs"));
                Stream<Path> packaging = Files.walk(ROOT.resolve("packaging"))) {
            return Stream.of(top, docs, packaging)
                    .flatMap(files -> files)
                    .filter(file ->
                            file.toString().endsWith(".md") && !file.toString().contains("/target/"))
                    .sorted()
                    .toList();
        }
    }

    /// The text of a document.
    ///
    /// @param name from the root, such as `docs/embedding.md`
    static String text(String name) throws IOException {
        return Files.readString(ROOT.resolve(name));
    }

    /// The fenced blocks of all documents.
    static List<Fence> fences() throws IOException {
        return all().stream().flatMap(Documents::fencesOf).toList();
    }

    private static Stream<Fence> fencesOf(Path document) {
        try {
            return Fence.in(ROOT.relativize(document).toString(), Files.readString(document)).stream();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
