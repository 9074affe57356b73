package org.vhostdevice.fs.sandbox;

/// What becomes of system calls that a file server has no use for, in the words of virtiofsd.
public enum SeccompAction {
    /// They are done.
    NONE,
    /// They end the process.
    KILL,
    /// They are done, and the kernel's audit log tells of them.
    LOG,
    /// They fail with a signal (`SIGSYS`).
    TRAP
}
