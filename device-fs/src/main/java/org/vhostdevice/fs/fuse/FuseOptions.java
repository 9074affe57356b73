package org.vhostdevice.fs.fuse;

import java.util.Set;

/// What the person who runs the device lets the guest's file system do.
///
/// @param cache how long the guest may use what it knows
/// @param readdirplus when directories are read with the attributes of what is in them
/// @param abilities what else is allowed
public record FuseOptions(CachePolicy cache, Readdirplus readdirplus, Set<Ability> abilities) {
    /// What virtiofsd does without options.
    public static final FuseOptions DEFAULT =
            new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, Set.of(Ability.SUBMOUNTS));

    /// When directories are read with the attributes of what is in them.
    public enum Readdirplus {
        /// Never.
        NEVER,
        /// When the guest finds that useful.
        AUTO,
        /// Always.
        ALWAYS
    }

    /// What may be allowed.
    public enum Ability {
        /// Nothing may be changed.
        READONLY,
        /// Extended attributes.
        XATTR,
        /// Access lists, which take extended attributes.
        POSIX_ACL,
        /// New files are made with a security label.
        SECURITY_LABEL,
        /// The guest keeps what it writes for a while.
        WRITEBACK,
        /// Files that the guest does not cache may be mapped.
        ALLOW_MMAP,
        /// The guest's `O_DIRECT` is that of the host.
        DIRECT_IO,
        /// The host takes away privileges that a file gives when it is written.
        KILLPRIV_V2,
        /// The guest keeps its locks to itself, and need not tell when a file is closed.
        GUEST_LOCKS,
        /// Mounts below the shared directory are mounts in the guest.
        SUBMOUNTS
    }

    /// Keeps a copy.
    public FuseOptions {
        abilities = Set.copyOf(abilities);
    }

    /// {@return whether something is allowed}
    ///
    /// @param ability what
    public boolean has(Ability ability) {
        return abilities.contains(ability);
    }
}
