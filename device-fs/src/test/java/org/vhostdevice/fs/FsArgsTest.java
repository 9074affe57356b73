package org.vhostdevice.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.device.UsageException;
import org.vhostdevice.core.sys.LinuxCapability;
import org.vhostdevice.fs.fuse.CachePolicy;
import org.vhostdevice.fs.fuse.FuseOptions;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;
import org.vhostdevice.fs.passthrough.FileHandleMode;
import org.vhostdevice.fs.passthrough.Ownership;
import org.vhostdevice.fs.passthrough.PassthroughOptions;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import org.vhostdevice.fs.sandbox.ModifiedCapabilities;
import org.vhostdevice.fs.sandbox.NamespaceMap;
import org.vhostdevice.fs.sandbox.SandboxMode;
import org.vhostdevice.fs.sandbox.SandboxOptions;
import org.vhostdevice.fs.sandbox.SeccompAction;
import picocli.CommandLine;

/// Options and what they say.
class FsArgsTest {
    private static FsConfig parse(String... words) throws UsageException {
        FsArgs args = new FsArgs();
        new CommandLine(CommandLine.Model.CommandSpec.forAnnotatedObjectLenient(args))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(words);
        return args.config();
    }

    @Test
    void onlyTheDirectoryIsNeeded() throws UsageException {
        FsConfig config = parse("--shared-dir", "/srv");
        assertNull(config.tag());
        assertEquals(1, config.requestQueues());
        assertEquals(0, config.threads());
        assertEquals(FuseOptions.DEFAULT, config.fuse());
        assertEquals(SandboxOptions.DEFAULT, config.sandbox());
    }

    @Test
    void eachNumberAndNameIsTaken() throws UsageException {
        FsConfig config = parse("--shared-dir=/srv", "--tag=host", "--num-request-queues=4", "--thread-pool-size=8");
        assertEquals("host", config.tag());
        assertEquals(4, config.requestQueues());
        assertEquals(8, config.threads());
        assertEquals(Path.of("/srv"), config.passthrough().directory());
    }

    @ParameterizedTest(name = "{0} allows {1}")
    @CsvSource({
        "'', SUBMOUNTS",
        "--readonly, READONLY SUBMOUNTS",
        "--announce-submounts, SUBMOUNTS",
        "--no-announce-submounts, ''",
        "--xattr, SUBMOUNTS XATTR",
        "--posix-acl, POSIX_ACL SUBMOUNTS XATTR",
        "--posix-acl=auto, POSIX_ACL SUBMOUNTS XATTR",
        "--posix-acl=never, SUBMOUNTS",
        "--posix-acl --readonly, POSIX_ACL READONLY SUBMOUNTS XATTR",
        "--security-label, SECURITY_LABEL SUBMOUNTS XATTR",
        "--security-label=never, SUBMOUNTS",
        "--xattrmap :map::user.virtiofs.:, SUBMOUNTS XATTR",
        "--writeback, SUBMOUNTS WRITEBACK",
        "--allow-mmap, ALLOW_MMAP SUBMOUNTS",
        "--allow-direct-io, DIRECT_IO SUBMOUNTS",
        "--killpriv-v2, KILLPRIV_V2 SUBMOUNTS",
        "--no-killpriv-v2, SUBMOUNTS",
        "-f, SUBMOUNTS",
        "'-o xattr,flock,posix_lock', SUBMOUNTS XATTR",
        "'-o cache=never,writeback,no_readdirplus,sandbox=chroot', SUBMOUNTS WRITEBACK"
    })
    void optionsAllowTheGuestMore(String options, String abilities) throws UsageException {
        String[] words = ("--shared-dir=/srv " + options).strip().split(" ");
        Set<String> allowed =
                parse(words).fuse().abilities().stream().map(Enum::name).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(abilities, String.join(" ", allowed));
    }

    @ParameterizedTest(name = "{0}: {1}, directories {2}")
    @CsvSource({
        "--cache=auto, AUTO, AUTO",
        "--cache=always, ALWAYS, AUTO",
        "--cache=never, NEVER, NEVER",
        "--cache=metadata, METADATA, AUTO",
        "--no-readdirplus, AUTO, NEVER",
        "'-o cache=always,no_readdirplus', ALWAYS, NEVER"
    })
    void cachePolicySaysHowDirectoriesAreRead(String option, CachePolicy cache, Readdirplus readdirplus)
            throws UsageException {
        FuseOptions fuse = parse(("--shared-dir=/srv " + option).split(" ")).fuse();
        assertEquals(cache, fuse.cache());
        assertEquals(readdirplus, fuse.readdirplus());
    }

    @Test
    void firstVirtiofsdCalledTheDirectorySource() throws UsageException {
        assertEquals(Path.of("/srv"), parse("-o", "source=/srv").passthrough().directory());
    }

    @Test
    void hostIsToldHowFilesAreShown() throws UsageException {
        PassthroughOptions options = parse(
                        "--shared-dir=/srv",
                        "--ownership=squash",
                        "--translate-uid=map:0:1000:1",
                        "--translate-gid=map:0:100:1",
                        "--xattrmap=:ok:all:::",
                        "--inode-file-handles=mandatory",
                        "--preserve-noatime",
                        "--writeback",
                        "--no-announce-submounts",
                        "--allow-direct-io")
                .passthrough();
        assertEquals(Ownership.SQUASH, options.identity().ownership());
        assertEquals(0, options.identity().users().toGuest(1000));
        assertEquals(0, options.identity().groups().toGuest(100));
        assertNotNull(options.xattrMap());
        assertEquals(FileHandleMode.MANDATORY, options.fileHandles());
        assertEquals(
                EnumSet.of(Trait.XATTR, Trait.WRITEBACK, Trait.DIRECT_IO, Trait.PRESERVE_NOATIME), options.traits());
    }

    @Test
    void withoutOptionsTheHostDoesWhatItDoesByDefault() throws UsageException {
        PassthroughOptions options = parse("--shared-dir=/srv").passthrough();
        PassthroughOptions defaults = PassthroughOptions.of(Path.of("/srv"));
        assertEquals(defaults.traits(), options.traits());
        assertEquals(defaults.fileHandles(), options.fileHandles());
        assertTrue(options.identity().users().isIdentity()
                && options.identity().groups().isIdentity());
        assertNull(options.xattrMap());
    }

    @Test
    void sandboxIsToldWhatToKeep() throws UsageException {
        SandboxOptions options = parse(
                        "--shared-dir=/srv",
                        "--sandbox=namespace",
                        "--seccomp=log",
                        "--modcaps=+sys_admin:-MKNOD",
                        "--uid-map=:0:100000:65536:",
                        "--uid-map=/65536/1000/1/",
                        "--gid-map=:0:1:1:",
                        "--rlimit-nofile=4096")
                .sandbox();
        assertEquals(SandboxMode.NAMESPACE, options.mode());
        assertEquals(SeccompAction.LOG, options.seccomp());
        Set<LinuxCapability> kept = EnumSet.copyOf(ModifiedCapabilities.DEFAULT.kept());
        assertTrue(kept.remove(LinuxCapability.MKNOD) && kept.add(LinuxCapability.SYS_ADMIN));
        assertEquals(new ModifiedCapabilities(kept), options.capabilities());
        assertEquals(
                List.of(new NamespaceMap(0, 100_000, 65_536), new NamespaceMap(65_536, 1000, 1)), options.userMaps());
        assertEquals(List.of(new NamespaceMap(0, 1, 1)), options.groupMaps());
        assertEquals(4096, options.maxOpenFiles().orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({
        "--tag=, --tag",
        "--tag=1234567890123456789012345678901234567, 37",
        "--tag=ääääääääääääääääääa, 37",
        "--num-request-queues=0, --num-request-queues",
        "--num-request-queues=65, --num-request-queues",
        "--thread-pool-size=-1, --thread-pool-size",
        "--thread-pool-size=257, --thread-pool-size",
        "--translate-uid=map:0:0, --translate-uid",
        "--translate-gid=foo:0:0:1, --translate-gid",
        "'--translate-uid=map:0:1:1 --translate-uid=map:0:2:1', --translate-uid",
        "'--translate-uid=map:0:1:1 --posix-acl', --posix-acl",
        "'--translate-gid=map:0:1:1 --posix-acl=auto', --posix-acl",
        "--xattrmap=foo, --xattrmap",
        "--modcaps=sys_admin, --modcaps",
        "--modcaps=+foo, foo",
        "--modcaps=+cap_sys_admin, CAP_",
        "--uid-map=0:1:2, --uid-map",
        "--uid-map=:0:1:2, --uid-map",
        "--uid-map=, --uid-map",
        "--uid-map=:0:1:0:, --uid-map",
        "--gid-map=:0:1:x:, x",
        "--gid-map=:1:1:4294967295:, --gid-map",
        "'--sandbox=chroot --uid-map=:0:1:2:', --uid-map",
        "'--sandbox=none --gid-map=:0:1:2:', --gid-map",
        "--rlimit-nofile=10, --rlimit-nofile",
        "--rlimit-nofile=-1, --rlimit-nofile"
    })
    void whatCannotBeIsRefused(String option, String word) {
        var e = assertThrows(UsageException.class, () -> parse(("--shared-dir=/srv " + option).split(" ")));
        assertTrue(String.valueOf(e.getMessage()).contains(word), e.getMessage());
    }

    @Test
    void withoutADirectoryNothingIsShared() {
        var e = assertThrows(UsageException.class, () -> parse("--xattr"));
        assertTrue(String.valueOf(e.getMessage()).contains("--shared-dir"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--cache=foo",
                "--sandbox=jail",
                "--seccomp=foo",
                "--posix-acl=foo",
                "--inode-file-handles=foo",
                "--ownership=foo",
                "--rlimit-nofile=x",
                "-o foo",
                "-o cache=foo",
                "-o foo=bar",
                "-o source",
                "-o"
            })
    void whatTheParserDoesNotKnowIsRefused(String option) {
        assertThrows(CommandLine.ParameterException.class, () -> parse(("--shared-dir=/srv " + option).split(" ")));
    }
}
