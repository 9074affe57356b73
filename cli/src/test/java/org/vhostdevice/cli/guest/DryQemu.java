package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The QEMU of the guest tests without a guest: what it says of its devices, and as a command that attaches the devices
/// of its command line and ends. Tests end as skipped, or as failed, where there is no QEMU.
public final class DryQemu {
    private static final List<String> STILL =
            List.of("-S", "-display", "none", "-vga", "none", "-nic", "none", "-serial", "none", "-parallel", "none");
    private static final Pattern PROPERTY = Pattern.compile("^ +([\\w-]+)=<", Pattern.MULTILINE);

    private DryQemu() {}

    /// A script for a shell: QEMU with the script's own arguments attaches its devices, says which it has, and ends.
    public static String script() throws IOException {
        HostProgram qemu = GuestAvailability.require().qemuSystem();
        List<String> words = new ArrayList<>(List.of("env"));
        for (Map.Entry<String, String> variable : qemu.environment().entrySet()) {
            words.add(variable.getKey() + "=" + variable.getValue());
        }
        words.add(qemu.path().toString());
        words.addAll(qemu.options());
        String command = words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        // Before 9.2 QEMU was told seconds.
        String older = QemuGuest.version(qemu) < QemuGuest.RECONNECT_MS
                ? "for word; do shift; set -- \"$@\" \"$(echo \"$word\" | sed s/reconnect-ms=1000/reconnect=1/)\"; done\n"
                : "";
        return older + "printf 'info qtree\\nquit\\n' | " + command + " \"$@\" " + String.join(" ", STILL)
                + " -monitor stdio\n";
    }

    /// The properties of a device or an object.
    ///
    /// @param option `-device` or `-object`
    /// @param name   of the type
    /// @return empty if this QEMU does not have it
    public static Optional<Set<String>> properties(String option, String name) throws IOException {
        HostProgram qemu = GuestAvailability.require().qemuSystem();
        HostCommand.Outcome outcome = HostCommand.run(qemu.with(List.of(option, name + ",help")));
        if (!outcome.succeeded()) {
            return Optional.empty();
        }
        Set<String> properties = PROPERTY.matcher(outcome.output())
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
        if (properties.isEmpty()) {
            return Optional.empty();
        }
        properties.add("id");
        return Optional.of(properties);
    }
}
