package org.vhostdevice.fs.sandbox;

/// How the process is confined to the shared directory, in the words of virtiofsd.
public enum SandboxMode {
    /// It sees the shared directory and the files of its own program only, and no network: namespaces of Linux.
    NAMESPACE,
    /// The shared directory is its root directory.
    CHROOT,
    /// It sees the file system of the host.
    NONE
}
