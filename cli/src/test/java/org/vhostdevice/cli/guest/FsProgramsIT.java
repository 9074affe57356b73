package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs that people use work on a share in a guest, with locks, links, attributes and many small files.
@Tag("guest")
class FsProgramsIT {
    private static final GuestDevice DEVICE =
            GuestDevice.FS.with(List.of(), List.of("git", "make", "rsync", "sqlite3", "tar"));
    private static final List<String> PROGRAMS =
            List.of("git", "tar", "make", "sqlite", "sqlite_wal", "rsync", "modules");
    private static final String PROGRAM = "program-";

    @TempDir
    private Path folder;

    @Test
    void programsWork() throws IOException {
        run("500 10", "--thread-pool-size 4", PROGRAMS);
    }

    @ParameterizedTest
    @Tag("slow")
    @ValueSource(
            strings = {"--cache always --writeback", "--cache metadata --allow-mmap", "--cache never --allow-mmap"})
    void programsWorkWithOtherCachesAndTenThousandFiles(String options) throws IOException {
        List<String> programs = new ArrayList<>(PROGRAMS);
        if (!options.contains("--cache always")) {
            // It maps a file for writing, which kernels before 6.6 refuse where data is not cached.
            programs.remove("sqlite_wal");
        }
        run("10000 40", options, programs);
    }

    private void run(String sizes, String options, List<String> programs) throws IOException {
        FsGuestContract.requireRoot();
        GuestTools tools = GuestAvailability.require();
        Path shared = Files.createDirectory(folder.resolve("shared"));
        List<String> all = List.of(("--xattr --posix-acl " + options).split(" ", -1));
        GuestReport report;
        try (BackEndProcess backEnd = FsBackEnd.start(folder, shared, all)) {
            GuestSpec spec = new GuestSpec(
                    DEVICE,
                    backEnd.socket(),
                    1,
                    FsGuestScripts.files(tools),
                    FsGuestScripts.of(". /fs-programs.sh; fs_programs " + sizes + " " + String.join(" ", programs)));
            try (Guest guest = new UmlGuest(tools, folder).start(spec)) {
                report = guest.awaitEnd();
            }
        }
        Map<String, String> found = report.values().entrySet().stream()
                .filter(result -> result.getKey().startsWith(PROGRAM))
                .collect(Collectors.toMap(result -> result.getKey().substring(PROGRAM.length()), Map.Entry::getValue));
        assertEquals(programs.stream().collect(Collectors.toMap(name -> name, _ -> "ok")), found, report::output);
        report.requireSuccess();
        try (Stream<Path> left = Files.list(shared)) {
            assertEquals(List.of(), left.toList());
        }
    }
}
