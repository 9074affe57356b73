package org.vhostdevice.fs.passthrough;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How a directory of the host is shown.
///
/// @param directory what is shared
/// @param identity who is who on both sides
/// @param traits what else is done
/// @param xattrMap names of extended attributes on both sides; null if they are the same
/// @param fileHandles whether files whose descriptor was given back are found by their handle on the host
/// @param fds descriptors that the guest may take up; null for [FdLimits#ofProcess] when the directory is opened
public record PassthroughOptions(
        Path directory,
        Identity identity,
        Set<Trait> traits,
        @Nullable XattrMap xattrMap,
        FileHandleMode fileHandles,
        @Nullable FdLimits fds) {
    /// What may be done or left.
    public enum Trait {
        /// Extended attributes are passed on.
        XATTR,
        /// The guest keeps what it writes and reads around it.
        WRITEBACK,
        /// `O_DIRECT` of the guest is honoured.
        DIRECT_IO,
        /// `O_NOATIME` of the guest is honoured.
        PRESERVE_NOATIME,
        /// The guest is told of other file systems below the directory.
        SUBMOUNTS,
        /// The process's working directory is its `/proc/self/fd`, which it cannot reach by name.
        WORKING_DIRECTORY
    }

    /// Who is who.
    ///
    /// @param ownership whose files are in the guest
    /// @param users those of the guest, on the host
    /// @param groups those of the guest, on the host
    public record Identity(Ownership ownership, IdMap users, IdMap groups) {
        /// All are the same on both sides.
        public static final Identity SAME = new Identity(Ownership.HOST, IdMap.IDENTITY, IdMap.IDENTITY);
    }

    /// Copies the set.
    public PassthroughOptions {
        traits = Set.copyOf(traits);
    }

    /// The defaults.
    ///
    /// @param directory what is shared
    /// @return options
    public static PassthroughOptions of(Path directory) {
        return new PassthroughOptions(
                directory, Identity.SAME, EnumSet.of(Trait.SUBMOUNTS), null, FileHandleMode.PREFER, null);
    }

    /// {@return whether something is done}
    ///
    /// @param trait what
    public boolean has(Trait trait) {
        return traits.contains(trait);
    }

    /// These options with other limits of descriptors.
    ///
    /// @param limits descriptors that the guest may take up
    /// @param mode whether files are found by handles without
    /// @return options
    public PassthroughOptions with(FdLimits limits, FileHandleMode mode) {
        return new PassthroughOptions(directory, identity, traits, xattrMap, mode, limits);
    }

    /// These options with one more thing done.
    ///
    /// @param trait what
    /// @return options
    public PassthroughOptions with(Trait trait) {
        Set<Trait> more = EnumSet.of(trait);
        more.addAll(traits);
        return new PassthroughOptions(directory, identity, more, xattrMap, fileHandles, fds);
    }

    /// These options with others on both sides.
    ///
    /// @param who is who
    /// @return options
    public PassthroughOptions with(Identity who) {
        return new PassthroughOptions(directory, who, traits, xattrMap, fileHandles, fds);
    }

    /// These options with other names of extended attributes, which are passed on.
    ///
    /// @param map names on both sides
    /// @return options
    public PassthroughOptions with(XattrMap map) {
        return new PassthroughOptions(directory, identity, traits, map, fileHandles, fds).with(Trait.XATTR);
    }
}
