package org.vhostdevice.cli.doctor;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where management tools such as libvirt look for programs that emulate devices, and which of those files are there.
final class ManagementFiles {
    private static final String SECTION = "Management tools";
    private static final int MOST = 20;

    private ManagementFiles() {}

    /// @param folders in the order in which tools look
    static List<Finding> findings(List<Path> folders) {
        List<Finding> findings = new ArrayList<>();
        for (Path folder : folders) {
            List<String> files = filesIn(folder);
            if (!files.isEmpty()) {
                findings.add(Finding.ok(SECTION, folder.toString(), String.join(", ", files)));
            }
        }
        if (findings.stream().noneMatch(finding -> finding.text().contains("vhost-device"))) {
            findings.add(Finding.without(
                    SECTION,
                    "vhost-device",
                    "no file names this program; the files are in packaging and go to " + folders.getFirst()));
        }
        return findings;
    }

    /// @param home of the configuration of this user
    static List<Path> folders(Path home) {
        return List.of(
                Path.of("/usr/share/qemu/vhost-user"),
                Path.of("/usr/local/share/qemu/vhost-user"),
                Path.of("/opt/homebrew/share/qemu/vhost-user"),
                Path.of("/etc/qemu/vhost-user"),
                home.resolve("qemu/vhost-user"));
    }

    private static List<String> filesIn(Path folder) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                if (names.size() < MOST) {
                    names.add(Words.oneLine(file.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            return names; // not there
        }
        names.sort(null);
        return names;
    }
}
