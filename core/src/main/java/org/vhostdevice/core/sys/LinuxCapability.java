package org.vhostdevice.core.sys;

/// What root may do on Linux, in parts that can be taken away (`capabilities(7)`), by their names without `CAP_`. The
/// order is that of their numbers.
public enum LinuxCapability {
    /// Change owners of files.
    CHOWN,
    /// Use files without permission.
    DAC_OVERRIDE,
    /// Read and search directories, and open files by handles, without permission.
    DAC_READ_SEARCH,
    /// Do to files what their owners may.
    FOWNER,
    /// Keep set-user-id and set-group-id bits.
    FSETID,
    /// Send signals to anybody.
    KILL,
    /// Change groups of the process.
    SETGID,
    /// Change the user of the process.
    SETUID,
    /// Change which capabilities a process may get.
    SETPCAP,
    /// Make files immutable or append-only.
    LINUX_IMMUTABLE,
    /// Use ports below 1024.
    NET_BIND_SERVICE,
    /// Broadcast.
    NET_BROADCAST,
    /// Change the network.
    NET_ADMIN,
    /// Use raw sockets.
    NET_RAW,
    /// Lock memory.
    IPC_LOCK,
    /// Use System V objects without permission.
    IPC_OWNER,
    /// Load kernel modules.
    SYS_MODULE,
    /// Use ports and memory of the machine.
    SYS_RAWIO,
    /// Change the root directory.
    SYS_CHROOT,
    /// Look into other processes.
    SYS_PTRACE,
    /// Switch accounting of processes.
    SYS_PACCT,
    /// Mount, and much else.
    SYS_ADMIN,
    /// Restart the machine.
    SYS_BOOT,
    /// Change priorities.
    SYS_NICE,
    /// Go beyond quotas and limits.
    SYS_RESOURCE,
    /// Set the clock.
    SYS_TIME,
    /// Configure terminals.
    SYS_TTY_CONFIG,
    /// Make device files.
    MKNOD,
    /// Lease files.
    LEASE,
    /// Write to the audit log.
    AUDIT_WRITE,
    /// Configure the audit log.
    AUDIT_CONTROL,
    /// Give files capabilities.
    SETFCAP,
    /// Override a security module.
    MAC_OVERRIDE,
    /// Configure a security module.
    MAC_ADMIN,
    /// Read the kernel's log.
    SYSLOG,
    /// Wake the machine up.
    WAKE_ALARM,
    /// Keep the machine awake.
    BLOCK_SUSPEND,
    /// Read the audit log.
    AUDIT_READ,
    /// Measure performance.
    PERFMON,
    /// Load BPF programs.
    BPF,
    /// Save and restore processes.
    CHECKPOINT_RESTORE;

    /// {@return its bit in a set}
    @SuppressWarnings("EnumOrdinal") // the order is the kernel's
    public long bit() {
        return 1L << ordinal();
    }
}
