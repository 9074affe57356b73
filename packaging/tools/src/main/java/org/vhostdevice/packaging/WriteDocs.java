package org.vhostdevice.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.vhostdevice.cli.Main;

/// Writes manual pages and completions, as the build does.
public final class WriteDocs {
    private static final int ARGUMENTS = 5;

    private WriteDocs() {}

    /// Writes them.
    ///
    /// @param args the folder with texts for manual pages, the folders for manual pages and for completions, the
    ///     program's version, and a time, of which the pages show the day: `2026-01-31T…`
    /// @throws IOException if a file cannot be read or written
    public static void main(String[] args) throws IOException {
        if (args.length != ARGUMENTS) {
            throw new IllegalArgumentException("five arguments are needed: TEXTS MANUALS COMPLETIONS VERSION TIME");
        }
        CommandDoc root = CommandDoc.of(Main.commands());
        manuals(root, Path.of(args[0]), Path.of(args[1]), args[3], args[4].replaceFirst("T.*", ""));
        completions(root, Path.of(args[2]));
    }

    private static void manuals(CommandDoc root, Path texts, Path folder, String version, String date)
            throws IOException {
        for (CommandDoc command : root.all().toList()) {
            ManText text = ManText.read(texts, command);
            write(folder.resolve(command.page() + ".1"), ManPage.of(command, root, version, date, text));
        }
    }

    private static void completions(CommandDoc root, Path folder) throws IOException {
        write(folder.resolve("bash/vhost-device"), BashCompletion.of(root));
        write(folder.resolve("zsh/_vhost-device"), ZshCompletion.of(root));
        write(folder.resolve("fish/vhost-device.fish"), FishCompletion.of(root));
        for (CommandDoc device : Programs.of(root).filter(CommandDoc::isDevice).toList()) {
            write(folder.resolve("bash/" + device.page()), BashCompletion.link());
            write(folder.resolve("fish/" + device.page() + ".fish"), FishCompletion.link());
        }
    }

    private static void write(Path file, String text) throws IOException {
        Path _ = Files.createDirectories(file.toAbsolutePath().getParent());
        Path _ = Files.writeString(file, text);
    }
}
