package org.vhostdevice.cli.docs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.vhostdevice.cli.guest.DryQemu;

/// The words of a QEMU command that say how a vhost-user device is attached.
final class QemuWords {
    private static final Set<String> ASKED = Set.of("-device", "-object");
    private static final Set<String> CHARDEV = Set.of("id", "path", "reconnect", "reconnect-ms", "server", "wait");

    private QemuWords() {}

    /// Checks devices and objects, by what QEMU says of them, and character devices.
    static void check(List<String> words) throws IOException {
        for (int i = 0; i + 1 < words.size(); i++) {
            List<String> parts = Arrays.asList(words.get(i + 1).split(","));
            String name = parts.getFirst();
            List<String> keys = parts.stream()
                    .skip(1)
                    .map(part -> part.replaceFirst("=.*", ""))
                    .toList();
            if (ASKED.contains(words.get(i))) {
                Optional<Set<String>> known = DryQemu.properties(words.get(i), name);
                if (known.isPresent()) {
                    assertTrue(known.get().containsAll(keys), name + " has no such properties: " + keys);
                } else {
                    System.out.println(
                            "documents: the QEMU here has no " + name + ", whose properties are not checked");
                }
            } else if (words.get(i).equals("-chardev")) {
                assertTrue(name.equals("socket") && CHARDEV.containsAll(keys), words.get(i + 1));
            }
        }
    }
}
