package org.vhostdevice.packaging;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WriteRecipesTest {
    private static final String LONG = "d".repeat(70) + "/" + "f".repeat(60);

    @TempDir
    private Path folder;

    private Path archive;

    @BeforeEach
    void write() throws IOException {
        Path stage = folder.resolve("stage");
        write(stage.resolve("bin/vhost-device"), "#!/bin/sh\n");
        assertTrue(stage.resolve("bin/vhost-device").toFile().setExecutable(true));
        Path _ = Files.createSymbolicLink(stage.resolve("bin/vhost-device-blk"), Path.of("vhost-device"));
        write(stage.resolve("lib/vhost-device.jar"), "jar");
        write(stage.resolve("share/man/man1/vhost-device.1"), ".TH");
        write(stage.resolve("share/qemu/vhost-user/50-vhost-device-blk.json"), "/usr/bin/vhost-device-blk");
        write(stage.resolve("share/" + LONG), "long");
        archive = folder.resolve("vhost-device-1.2.3.tar.gz");
        write(archive, "archive");
        WriteRecipes.main(new String[] {
            "..",
            archive.toString(),
            stage.toString(),
            folder.toString(),
            "https://home.example/here",
            "2026-01-31T00:00:00Z"
        });
    }

    private static void write(Path file, String text) throws IOException {
        Path _ = Files.createDirectories(file.getParent());
        Path _ = Files.writeString(file, text);
    }

    private String read(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    @Test
    void tellsHomebrewWhatWasBuilt() throws IOException {
        String formula = read("homebrew/vhost-device.rb");
        assertTrue(
                formula.contains(
                        "url \"https://home.example/here/releases/download/v1.2.3/vhost-device-1.2.3.tar.gz\""),
                formula);
        assertTrue(
                formula.contains("sha256 \"" + Sha256.of("archive".getBytes(StandardCharsets.UTF_8)) + '"'), formula);
    }

    @Test
    void tellsThePortWhatWasBuilt() throws IOException {
        assertEquals(
                "TIMESTAMP = 1769817600\n"
                        + "SHA256 (vhost-device-1.2.3.tar.gz) = "
                        + Sha256.of("archive".getBytes(StandardCharsets.UTF_8))
                        + "\nSIZE (vhost-device-1.2.3.tar.gz) = 7\n",
                read("freebsd/port/distinfo"));
        assertEquals(
                List.of(
                        "bin/vhost-device",
                        "bin/vhost-device-blk",
                        "libexec/vhost-device/bin/vhost-device",
                        "libexec/vhost-device/lib/vhost-device.jar",
                        "share/" + LONG,
                        "share/man/man1/vhost-device.1.gz",
                        "share/qemu/vhost-user/50-vhost-device-blk.json"),
                read("freebsd/port/pkg-plist").lines().toList());
    }

    @Test
    void makesAPackage() throws IOException {
        Path unpacked = Files.createDirectory(folder.resolve("unpacked"));
        String file = folder.resolve("freebsd/vhost-device-1.2.3.pkg").toString();
        List<String> names =
                HostTool.run(unpacked, List.of("tar", "-tzPf", file)).lines().toList();
        assertEquals(List.of("+COMPACT_MANIFEST", "+MANIFEST"), names.subList(0, 2));
        String _ = HostTool.run(unpacked, List.of("tar", "-xzf", file));
        JsonNode manifest =
                new JsonMapper().readTree(unpacked.resolve("+MANIFEST").toFile());
        for (String key : List.of("name", "origin", "version", "comment", "desc", "maintainer", "www", "prefix")) {
            assertFalse(manifest.path(key).asText().isBlank(), key);
        }
        JsonNode files = manifest.path("files");
        assertEquals(names.size() - 2, files.size());
        for (String name : names.subList(2, names.size())) {
            Path real = unpacked.resolve(name.substring(1));
            byte[] bytes = Files.isSymbolicLink(real)
                    ? Files.readSymbolicLink(real).toString().getBytes(StandardCharsets.UTF_8)
                    : Files.readAllBytes(real);
            assertEquals("1$" + Sha256.of(bytes), files.path(name).asText(), name);
        }
        assertTrue(Files.isExecutable(unpacked.resolve("usr/local/libexec/vhost-device/bin/vhost-device")));
        assertEquals(
                unpacked.resolve("usr/local/libexec/vhost-device/bin/vhost-device")
                        .toRealPath(),
                unpacked.resolve("usr/local/bin/vhost-device-blk").toRealPath());
        assertEquals("long", Files.readString(unpacked.resolve("usr/local/share/" + LONG)));
    }

    @Test
    void makesTheSameOfTheSame() throws IOException {
        Path file = folder.resolve("freebsd/vhost-device-1.2.3.pkg");
        byte[] first = Files.readAllBytes(file);
        try (Stream<Path> all = Files.walk(folder.resolve("stage"))) {
            for (Path one : all.filter(Files::isRegularFile).toList()) {
                assertTrue(one.toFile().setLastModified(1000));
            }
        }
        WriteRecipes.main(new String[] {
            "..",
            archive.toString(),
            folder.resolve("stage").toString(),
            folder.toString(),
            "https://home.example/here",
            "2026-01-31T00:00:00Z"
        });
        assertArrayEquals(first, Files.readAllBytes(file));
    }

    @ParameterizedTest
    @CsvSource({"1.2.3, 1.2.3", "0.1.0-SNAPSHOT, 0.1.0.s", "1.0-rc2, 1.0.r2"})
    void writesVersionsAsPortsDo(String version, String port) {
        assertEquals(port, WriteRecipes.portVersion(version));
    }

    @Test
    void refusesAPlaceThatNothingIsKnownFor() {
        assertThrows(IllegalArgumentException.class, () -> Template.fill("a @nobody@ b", Map.of()));
        assertEquals("a $1 b@c", Template.fill("a @somebody@ b@c", Map.of("somebody", "$1")));
    }
}
