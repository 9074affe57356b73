package org.vhostdevice.fs;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.passthrough.XattrMap;
import picocli.CommandLine.Option;

/// The options for extended attributes and what is kept in them.
final class FsXattrArgs {
    @Option(names = "--xattr", description = "Let the guest use extended attributes.")
    private boolean xattr;

    @Option(
            names = "--posix-acl",
            arity = "0..1",
            fallbackValue = "always",
            paramLabel = "WHEN",
            description =
                    "Let the guest use POSIX access lists: never, auto or always (default: never; without a value:"
                            + " always). Implies --xattr.")
    private When posixAcl = When.NEVER;

    @Option(
            names = "--security-label",
            arity = "0..1",
            fallbackValue = "always",
            paramLabel = "WHEN",
            description = "Let the guest label new files for a security module such as SELinux: never, auto or always"
                    + " (default: never; without a value: always). Implies --xattr.")
    private When securityLabel = When.NEVER;

    @Option(
            names = "--xattrmap",
            paramLabel = "RULES",
            description = "What extended attributes are called on the host, such as :map::user.virtiofs.: for all of"
                    + " them behind that prefix. Implies --xattr.")
    private @Nullable String xattrMap;

    /// When something is offered to the guest.
    enum When {
        /// Never.
        NEVER,
        /// If the guest knows it.
        AUTO,
        /// If the guest knows it; this program serves those that do not without it.
        ALWAYS
    }

    boolean xattr() {
        return xattr || posixAcl() || securityLabel != When.NEVER || xattrMap != null;
    }

    boolean posixAcl() {
        return posixAcl != When.NEVER;
    }

    /// Adds what is allowed.
    void addTo(Set<Ability> abilities) {
        FsArgs.add(abilities, Ability.XATTR, xattr());
        FsArgs.add(abilities, Ability.POSIX_ACL, posixAcl());
        FsArgs.add(abilities, Ability.SECURITY_LABEL, securityLabel != When.NEVER);
    }

    /// The rules for names; null if there are none.
    ///
    /// @throws IllegalArgumentException with a message for the person who typed them
    @Nullable
    XattrMap map() {
        try {
            return xattrMap == null ? null : XattrMap.parse(xattrMap);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--xattrmap: " + e.getMessage(), e);
        }
    }
}
