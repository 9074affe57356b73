package org.vhostdevice.fs.sandbox;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.MessageFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.StartUp;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.sys.Capability;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.ErrnoException;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.Isolation;
import org.vhostdevice.core.sys.LinuxCapability;
import org.vhostdevice.core.sys.NodeCalls;
import org.vhostdevice.core.sys.SystemCallFilter;

/// Confines the process to a shared directory.
///
/// The JVM has threads of its own, and much of what a process can give up is given up by a thread. So the main
/// thread does that and starts the program anew in the same process: all of its threads are confined then.
public final class Sandbox {
    private static final System.Logger LOG = System.getLogger(Sandbox.class.getName());
    private static final long USUAL_OPEN_FILES = 1_000_000;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    /// Told to the program when it is started anew in a user namespace, where more is to be given up.
    private static final String IN_USER_NAMESPACE = "USER";

    private final Path directory;
    private final SandboxOptions options;
    private final SandboxMode mode;
    private final Set<LinuxCapability> kept;

    /// Where the shared directory is seen from inside.
    ///
    /// @param directory its name there
    /// @param workingDirectory whether the working directory is this process's `/proc/self/fd`, which has no
    ///     name there
    public record View(Path directory, boolean workingDirectory) {}

    private Sandbox(Path directory, SandboxOptions options, SandboxMode mode, boolean fileHandles) {
        this.directory = directory;
        this.options = options;
        this.mode = mode;
        ModifiedCapabilities capabilities =
                options.capabilities() == null ? ModifiedCapabilities.DEFAULT : options.capabilities();
        // Landlock does not know in which directory a file is that was opened by a handle.
        kept = (fileHandles && mode != SandboxMode.LANDLOCK
                        ? capabilities.with(LinuxCapability.DAC_READ_SEARCH)
                        : capabilities)
                .kept();
    }

    /// Confines the process. It may be started anew for that.
    ///
    /// @param directory what is shared
    /// @param options how it is confined
    /// @param fileHandles whether files are opened by handles, which takes a capability
    /// @param start of the process
    /// @return where the directory is now
    /// @throws UsageException if this host or user cannot confine it so
    /// @throws IOException if the host refuses
    public static View enter(Path directory, SandboxOptions options, boolean fileHandles, StartUp start)
            throws UsageException, IOException {
        if (!start.ownsProcess()) {
            return new View(directory, false);
        }
        String stage = start.restarted();
        Sandbox sandbox = new Sandbox(directory, options, mode(options, stage), fileHandles);
        if (stage == null) {
            FileIo.openDirectory(directory).close();
            sandbox.limitOpenFiles();
        }
        start.openSockets();
        if (stage == null || stage.equals(IN_USER_NAMESPACE)) {
            sandbox.restart(start);
        }
        View view = sandbox.confine();
        sandbox.filter();
        return view;
    }

    private static SandboxMode mode(SandboxOptions options, @Nullable String stage) throws UsageException {
        if (stage == null) {
            return SandboxChoice.of(options);
        }
        return stage.equals(IN_USER_NAMESPACE) ? SandboxMode.NAMESPACE : SandboxMode.valueOf(stage);
    }

    /// Raises how many files may be open.
    private void limitOpenFiles() throws IOException {
        long asked = options.maxOpenFiles().orElse(-1);
        if (asked == 0) {
            return;
        }
        long most = Isolation.mostOpenFiles();
        if (asked > most) {
            throw new IOException("--rlimit-nofile " + asked + " is more than this host allows, " + most);
        }
        long wanted = asked > 0 ? asked : Math.min(USUAL_OPEN_FILES, most);
        try {
            Isolation.limitOpenFiles(wanted);
        } catch (ErrnoException e) {
            long hard = Isolation.hardLimitOfOpenFiles();
            if (hard < wanted) {
                LOG.log(
                        asked > 0 ? Level.WARNING : Level.DEBUG,
                        "the process cannot have " + wanted + " files open, only " + hard);
                Isolation.limitOpenFiles(hard);
            } else if (asked > 0) {
                throw e;
            }
        }
    }

    /// Starts the program anew with less, if that is to be.
    private void restart(StartUp start) throws UsageException, IOException {
        if (!Capability.NAMESPACES.available() || (mode == SandboxMode.NONE && options.capabilities() == null)) {
            return;
        }
        boolean inUserNamespace = start.restarted() != null;
        if (mode == SandboxMode.NAMESPACE && !inUserNamespace && !Isolation.isRoot()) {
            start.restart(UserNamespace.command(options), IN_USER_NAMESPACE);
        }
        try {
            giveUp(inUserNamespace, start.logsToHost());
        } catch (ErrnoException e) {
            throw e.errno() == Errno.EPERM
                    ? new IOException(
                            "this process may not be confined by --sandbox "
                                    + mode.name().toLowerCase(Locale.ROOT) + ": " + e.getMessage(),
                            e)
                    : e;
        }
        start.restart(List.of(), mode.name());
    }

    private void giveUp(boolean inUserNamespace, boolean log) throws IOException {
        if (mode == SandboxMode.NAMESPACE) {
            Jail.enter(directory, log);
        }
        if (inUserNamespace || Isolation.isRoot()) {
            giveUpPrivileges(inUserNamespace);
        }
        Isolation.forbidNewPrivileges();
        if (mode == SandboxMode.LANDLOCK) {
            Fence.enter(directory);
        }
    }

    private void giveUpPrivileges(boolean inUserNamespace) throws ErrnoException {
        if (!inUserNamespace) {
            Isolation.dropGroups(); // they are fixed in a user namespace
        }
        Set<LinuxCapability> still = kept;
        if (mode == SandboxMode.CHROOT) {
            still = new ModifiedCapabilities(kept)
                    .with(LinuxCapability.SYS_CHROOT)
                    .kept();
        }
        Isolation.keepCapabilities(still);
    }

    /// Does what is left to be done by the program that serves.
    private View confine() throws IOException {
        return switch (mode) {
            case LANDLOCK, NONE -> new View(directory, false);
            case NAMESPACE -> new View(Jail.SHARED, false);
            case CHROOT -> {
                touchWhatIsReadLate();
                boolean names = NodeCalls.areNamesOfDescriptors();
                Path absolute = directory.toAbsolutePath();
                if (names) {
                    Isolation.changeDirectory(DESCRIPTORS);
                }
                Isolation.changeRoot(absolute);
                if (!names) {
                    Isolation.changeDirectory(Path.of("/"));
                }
                if (Capability.NAMESPACES.available()) {
                    Isolation.limitCapabilities(kept);
                }
                yield new View(Path.of("/"), names);
            }
        };
    }

    /// The JDK reads some files when they are first needed, which it would not find any more.
    private static void touchWhatIsReadLate() {
        int _ = new SecureRandom().nextInt();
        String _ = MessageFormat.format("{0}", 1);
        String _ = String.format("%d", 1);
    }

    private void filter() throws ErrnoException {
        SeccompAction action = options.seccomp() == null ? SeccompAction.KILL : options.seccomp();
        if (SystemCallFilter.possible() && action != SeccompAction.NONE) {
            SystemCallFilter.install(
                    switch (action) {
                        case KILL, NONE -> SystemCallFilter.Refusal.KILL;
                        case LOG -> SystemCallFilter.Refusal.LOG;
                        case TRAP -> SystemCallFilter.Refusal.TRAP;
                    });
        }
    }
}
