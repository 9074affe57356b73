package org.vhostdevice.fs.passthrough;

import java.nio.file.Path;

/// How a directory of the host is shown.
///
/// @param directory what is shared
/// @param ownership whose files are in the guest
/// @param xattr whether extended attributes are passed on
/// @param writeback whether the guest keeps what it writes and reads around it
/// @param directIo whether `O_DIRECT` of the guest is honoured
/// @param preserveNoatime whether `O_NOATIME` of the guest is honoured
/// @param submounts whether the guest is told of other file systems below the directory
/// @param workingDirectory whether the process's working directory is its `/proc/self/fd`, which it cannot reach by
/// name
/// @param fileHandles whether files whose descriptor was given back are found by their handle on the host
/// @param maxNodeFds descriptors that may name files at the same time
public record PassthroughOptions(
        Path directory,
        Ownership ownership,
        boolean xattr,
        boolean writeback,
        boolean directIo,
        boolean preserveNoatime,
        boolean submounts,
        boolean workingDirectory,
        FileHandleMode fileHandles,
        int maxNodeFds) {
    /// The defaults.
    ///
    /// @param directory what is shared
    /// @return options
    public static PassthroughOptions of(Path directory) {
        return new PassthroughOptions(
                directory,
                Ownership.HOST,
                false,
                false,
                false,
                false,
                true,
                false,
                FileHandleMode.PREFER,
                1 << 16);
    }

    /// These options with another number of descriptors that name files.
    ///
    /// @param most at the same time
    /// @param mode whether files are found by handles afterwards
    /// @return options
    public PassthroughOptions withNodeFds(int most, FileHandleMode mode) {
        return new PassthroughOptions(
                directory,
                ownership,
                xattr,
                writeback,
                directIo,
                preserveNoatime,
                submounts,
                workingDirectory,
                mode,
                most);
    }
}
