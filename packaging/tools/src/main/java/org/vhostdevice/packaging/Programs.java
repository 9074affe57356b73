package org.vhostdevice.packaging;

import java.util.stream.Stream;

/// The names under which the program is installed: its own, and one for each device.
final class Programs {
    private Programs() {}

    static Stream<CommandDoc> of(CommandDoc root) {
        return root.all().filter(command -> command.path().isEmpty() || command.isDevice());
    }
}
