package org.vhostdevice.fs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vhostdevice.core.device.DeviceArguments;
import org.vhostdevice.core.device.StartUp;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.device.VirtioDevice;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.passthrough.FileHandleMode;
import org.vhostdevice.fs.passthrough.PassthroughFileSystem;
import org.vhostdevice.fs.passthrough.PassthroughOptions;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Identity;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import org.vhostdevice.fs.sandbox.Sandbox;
import org.vhostdevice.fs.sandbox.Sandbox.View;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The options of `vhost-device fs` as typed.
final class FsArgs implements DeviceArguments {
    @Option(names = "--shared-dir", paramLabel = "DIR", description = "The directory to share.")
    private @Nullable Path sharedDir;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "The name by which the guest mounts the directory, at most 36 bytes of UTF-8. Leave it out"
                    + " if the front end knows it, as QEMU does.")
    private @Nullable String tag;

    @Option(
            names = "--num-request-queues",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many request queues a front end may use, 1 to 64 (default: ${DEFAULT-VALUE}).")
    private int requestQueues;

    @Option(
            names = "--thread-pool-size",
            paramLabel = "N",
            defaultValue = "0",
            description = "How many threads serve requests of a queue that may wait for the host, 0 to 256"
                    + " (default: ${DEFAULT-VALUE}, for as many as are useful).")
    private int threads;

    @Option(names = "--readonly", description = "Refuse all changes.")
    private boolean readOnly;

    @Option(
            names = "--announce-submounts",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Tell the guest which directories are other mounts of the host (default: on).")
    private boolean submounts = true;

    @Option(
            names = "--inode-file-handles",
            paramLabel = "MODE",
            description = "Whether files that the guest knows are found again by handles of the host's file system, not"
                    + " by descriptors: never, prefer (where possible) or mandatory (default: prefer).")
    private FileHandleMode fileHandles = FileHandleMode.PREFER;

    @Mixin
    private final FsCacheArgs caching = new FsCacheArgs();

    @Mixin
    private final FsXattrArgs attributes = new FsXattrArgs();

    @Mixin
    private final FsIdentityArgs identity = new FsIdentityArgs();

    @Mixin
    private final FsSandboxArgs sandbox = new FsSandboxArgs();

    @Mixin
    @SuppressWarnings("UnusedVariable") // its options become others
    private final FsLegacyArgs legacy = new FsLegacyArgs();

    private @Nullable View view;

    @Override
    public void prepare(StartUp start) throws UsageException, IOException {
        FsConfig config = config();
        view = Sandbox.enter(
                config.passthrough().directory(), config.sandbox(), fileHandles != FileHandleMode.NEVER, start);
    }

    @Override
    public VirtioDevice open() throws UsageException, IOException {
        FsConfig config = config();
        return new FsDevice(config, PassthroughFileSystem.open(config.passthrough()), config.fuse());
    }

    /// What the options say.
    ///
    /// @throws UsageException if they are wrong
    FsConfig config() throws UsageException {
        try {
            return new FsConfig(tag, requestQueues, threads, fuse(), passthrough(), sandbox.options());
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private FuseOptions fuse() {
        Set<Ability> abilities = EnumSet.noneOf(Ability.class);
        add(abilities, Ability.READONLY, readOnly);
        add(abilities, Ability.SUBMOUNTS, submounts);
        caching.addAbilities(abilities);
        attributes.addTo(abilities);
        return new FuseOptions(caching.cache, caching.readdirplus(), abilities);
    }

    static <T> void add(Set<T> set, T element, boolean wanted) {
        if (wanted) {
            boolean _ = set.add(element);
        }
    }

    private PassthroughOptions passthrough() {
        if (sharedDir == null) {
            throw new IllegalArgumentException("--shared-dir DIR is missing: name the directory to share");
        }
        Identity who = identity.identity();
        if (attributes.posixAcl() && !(who.users().isIdentity() && who.groups().isIdentity())) {
            throw new IllegalArgumentException(
                    "--posix-acl goes without --translate-uid and --translate-gid: lists would name the wrong users");
        }
        Set<Trait> traits = EnumSet.noneOf(Trait.class);
        add(traits, Trait.XATTR, attributes.xattr());
        add(traits, Trait.SUBMOUNTS, submounts);
        caching.addTraits(traits);
        Path seen = sharedDir;
        if (view != null) {
            seen = view.directory();
            add(traits, Trait.WORKING_DIRECTORY, view.workingDirectory());
        }
        return new PassthroughOptions(seen, who, traits, attributes.map(), fileHandles, null);
    }
}
