package org.vhostdevice.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a real shell makes of lines with its script.
abstract class CompletionContract {
    @TempDir
    Path folder;

    /// Manual pages, and the completions of all shells, as the build writes them.
    @TempDir
    private static Path written;

    @BeforeAll
    static void write() throws IOException {
        WriteDocs.main(
                new String[] {"../man", written.toString(), written.toString(), "1.2.3", "2026-01-31T00:00:00Z"});
    }

    /// The line with the only word that the shell offers in place of its last one.
    ///
    /// @param scripts the folder with the shell's scripts
    /// @param line a beginning of a command
    abstract String complete(Path scripts, String line) throws IOException;

    /// The name of the shell, and of its folder.
    abstract String shell();

    private String complete(String line) throws IOException {
        HostTool.require(shell());
        return complete(written.resolve(shell()), line);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "vhost-device quicks, quickstart",
        "vhost-device vs, vsock",
        "vhost-device console att, attach",
        "vhost-device-console att, attach",
        "vhost-device blk --logi, --logical-block-size",
        "vhost-device-fs --shared, --shared-dir",
        "vhost-device fs --no-k, --no-killpriv-v2",
        "vhost-device bench --halt, --halt-poll-us",
        "vhost-device blk --cache direct, directsync",
        "vhost-device blk --read-only --io-engine io, io_uring",
        "vhost-device-blk --cache=direct, --cache=directsync",
        "vhost-device fs --posix-acl=al, --posix-acl=always",
        "vhost-device console --overflow drop, drop-oldest",
        "vhost-device check --device vs, vsock",
    })
    void completesCommandsOptionsAndValues(String line, String word) throws IOException {
        assertEquals(line.substring(0, line.lastIndexOf(' ') + 1) + word, complete(line));
    }

    @Test
    void completesFiles() throws IOException {
        Path _ = Files.createFile(folder.resolve("disk.img"));
        assertEquals(
                "vhost-device blk --blk-file " + folder + "/disk.img",
                complete("vhost-device blk --blk-file " + folder + "/dis"));
        assertEquals(
                "vhost-device console attach " + folder + "/disk.img",
                complete("vhost-device console attach " + folder + "/dis"));
    }

    @Test
    void completesDirectoriesWhereOnlyTheyMakeSense() throws IOException {
        Path _ = Files.createFile(folder.resolve("shared.txt"));
        Path _ = Files.createDirectory(folder.resolve("shared"));
        String line = complete("vhost-device fs --shared-dir " + folder + "/sha");
        assertEquals("vhost-device fs --shared-dir " + folder + "/shared", line.replaceFirst("/$", ""));
    }
}
