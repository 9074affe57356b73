package org.vhostdevice.fs;

import java.util.Set;
import org.vhostdevice.fs.fuse.CachePolicy;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import picocli.CommandLine.Option;

/// The options that say what the guest may keep, and how it reads and writes.
final class FsCacheArgs {
    /// Whose locks those of the guest are.
    private enum Locks {
        HOST,
        GUEST
    }

    @Option(
            names = "--cache",
            paramLabel = "POLICY",
            description = "How long the guest may use what it knows without asking: auto (a second, and data while a"
                    + " file is open), always (a day), never, or metadata (a day, but no data) (default: auto).")
    CachePolicy cache = CachePolicy.AUTO;

    @Option(
            names = "--allow-mmap",
            description = "With --cache never or metadata: let the guest map files shared. For directories that nobody"
                    + " else changes.")
    private boolean allowMmap;

    @Option(
            names = "--no-readdirplus",
            description = "Let the guest read directories without the attributes of what is in them.")
    private boolean noReaddirplus;

    @Option(names = "--writeback", description = "Let the guest keep what it writes for a while.")
    private boolean writeback;

    @Option(
            names = "--locks",
            paramLabel = "host|guest",
            description = "Whether locks of the guest are locks of the host, which other guests see, or the guest keeps"
                    + " them itself, which saves a request each time that a file is closed (default: host).")
    private Locks locks = Locks.HOST;

    @Option(names = "--allow-direct-io", description = "Let O_DIRECT of the guest leave out the host's cache too.")
    private boolean directIo;

    @Option(
            names = "--killpriv-v2",
            negatable = true,
            description = "Let the host take away the set-user-id bits of files that are written (default: off).")
    private boolean killPrivileges;

    @Option(
            names = "--preserve-noatime",
            description = "Let O_NOATIME of the guest reach the host, which only owners of files and root may use.")
    private boolean preserveNoatime;

    /// Adds what the host does.
    void addTraits(Set<Trait> traits) {
        FsArgs.add(traits, Trait.WRITEBACK, writeback);
        FsArgs.add(traits, Trait.DIRECT_IO, directIo);
        FsArgs.add(traits, Trait.PRESERVE_NOATIME, preserveNoatime);
    }

    /// Adds what is allowed.
    void addAbilities(Set<Ability> abilities) {
        FsArgs.add(abilities, Ability.ALLOW_MMAP, allowMmap);
        FsArgs.add(abilities, Ability.WRITEBACK, writeback);
        FsArgs.add(abilities, Ability.DIRECT_IO, directIo);
        FsArgs.add(abilities, Ability.KILLPRIV_V2, killPrivileges);
        FsArgs.add(abilities, Ability.GUEST_LOCKS, locks == Locks.GUEST);
    }

    Readdirplus readdirplus() {
        return noReaddirplus || cache == CachePolicy.NEVER ? Readdirplus.NEVER : Readdirplus.AUTO;
    }
}
