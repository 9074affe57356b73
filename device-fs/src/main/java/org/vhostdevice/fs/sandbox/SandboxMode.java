package org.vhostdevice.fs.sandbox;

/// How the process is confined to the shared directory, in the words of virtiofsd and one more.
public enum SandboxMode {
    /// It sees the shared directory and the files of its own program only, and no network: namespaces of Linux.
    NAMESPACE,
    /// The shared directory is its root directory.
    CHROOT,
    /// It can read and change no other files than those of the shared directory, and read those of its own program:
    /// Landlock of Linux.
    LANDLOCK,
    /// It sees the file system of the host.
    NONE
}
