package org.vhostdevice.fs;

import java.util.List;
import org.vhostdevice.fs.passthrough.IdMap;
import org.vhostdevice.fs.passthrough.Ownership;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Identity;
import picocli.CommandLine.Option;

/// The options that say whose files are.
final class FsIdentityArgs {
    @Option(
            names = "--ownership",
            paramLabel = "MODE",
            description =
                    "Whose files are in the guest: host (as on the host; new files get their owner if this process"
                            + " is root), xattr (owner and mode are kept in the attribute user.containers.override_stat, all"
                            + " files on the host are this user's) or squash (all files are root's in the guest)"
                            + " (default: host).")
    private Ownership ownership = Ownership.HOST;

    @Option(
            names = "--translate-uid",
            paramLabel = "RULE",
            description = "Which users of the guest are which of the host: map:GUEST:HOST:COUNT, guest:FROM:TO:COUNT,"
                    + " host:FROM:TO:COUNT, squash-guest:FROM:TO:COUNT, squash-host:FROM:TO:COUNT or"
                    + " forbid-guest:FROM:COUNT. Repeatable.")
    private List<String> users = List.of();

    @Option(names = "--translate-gid", paramLabel = "RULE", description = "As --translate-uid, for groups. Repeatable.")
    private List<String> groups = List.of();

    /// What the options say.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed them
    Identity identity() {
        return new Identity(ownership, map("--translate-uid", users), map("--translate-gid", groups));
    }

    private static IdMap map(String option, List<String> rules) {
        try {
            return IdMap.parse(rules);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }
}
