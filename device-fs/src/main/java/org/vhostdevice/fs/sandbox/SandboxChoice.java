package org.vhostdevice.fs.sandbox;

import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Isolation;
import org.vhostdevice.core.sys.Landlock;
import org.vhostdevice.core.sys.SystemCallFilter;

/// Which sandbox a process gets, from what was asked for, and what this host and user can have.
final class SandboxChoice {
    private SandboxChoice() {}

    /// The mode for this process.
    ///
    /// @throws UsageException if what was asked for is impossible
    static SandboxMode of(SandboxOptions options) throws UsageException {
        boolean linux = Capability.NAMESPACES.available();
        if (options.seccomp() != null && options.seccomp() != SeccompAction.NONE && !SystemCallFilter.possible()) {
            throw new UsageException("--seccomp is not known on this host: leave it out, or use --seccomp none");
        }
        SandboxMode mode = of(options, linux, Isolation.isRoot());
        if (mode == SandboxMode.LANDLOCK && !(linux && Landlock.possible())) {
            throw new UsageException("--sandbox landlock needs Linux 5.19 or newer, with Landlock switched on:"
                    + " there are --sandbox namespace, chroot and none");
        }
        return mode;
    }

    static SandboxMode of(SandboxOptions options, boolean linux, boolean root) throws UsageException {
        boolean maps = !options.userMaps().isEmpty() || !options.groupMaps().isEmpty();
        SandboxMode mode = options.mode();
        if (mode == null) {
            mode = maps || (linux && root) ? SandboxMode.NAMESPACE : SandboxMode.NONE;
        }
        if (mode == SandboxMode.NAMESPACE && !linux) {
            throw new UsageException("--sandbox namespace needs Linux: this host has --sandbox chroot or none");
        }
        if (mode == SandboxMode.CHROOT && !root) {
            throw new UsageException("--sandbox chroot needs root: other users have --sandbox namespace or none");
        }
        if (maps && root) {
            throw new UsageException(
                    "--uid-map and --gid-map are not for root: use --translate-uid and --translate-gid");
        }
        boolean hasCapabilities = linux && (root || mode == SandboxMode.NAMESPACE);
        if (options.capabilities() != null && !hasCapabilities) {
            throw new UsageException("--modcaps is for Linux, and for root or --sandbox namespace");
        }
        return mode;
    }
}
