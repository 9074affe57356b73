package org.vhostdevice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.core.frontend.VhostUserClient;
import org.vhostdevice.core.sys.FileIo;
import org.vhostdevice.core.sys.OpenMode;
import org.vhostdevice.core.sys.OwnedFd;
import org.vhostdevice.core.sys.UnixSocket;
import org.vhostdevice.core.testkit.Background;

/// Options and what comes of them, in this process.
class CommandLineTest {
    private static final String LONG_NAME = "x".repeat(120);

    @TempDir
    private Path folder;

    /// Replaces words in braces by paths of this test.
    private String[] words(String line) throws IOException {
        Path image = folder.resolve("disk.img");
        if (!Files.exists(image)) {
            Files.write(image, new byte[4096]);
        }
        return line.replace("{share}", "--shared-dir " + folder)
                .replace("{image}", "--blk-file " + image)
                .replace("{new}", "--blk-file " + folder.resolve("new.img") + " --create 1M")
                .replace("{socket}", "--socket " + folder.resolve("s"))
                .replace("{folder}", folder.toString())
                .replace("{long}", LONG_NAME)
                .split(" ");
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        }
    }

    /// Runs a command that must fail with one line and leave no file behind.
    private void assertFails(int status, String line, String word) throws IOException {
        String[] words = words(line);
        List<String> before = files();
        CommandRun run = CommandRun.of(words);
        assertEquals(status, run.status(), run.err());
        assertEquals("", run.out());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("vhost-device"), run.err());
        assertTrue(run.err().contains(word), run.err());
        assertEquals(before, files());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--frobnicate | --frobnicate",
                "floppy | floppy",
                "blk {image} | --socket",
                "blk {image} {socket} --fd 3 | --socket",
                "blk {new} | --socket",
                "blk {new} --fd -1 | negative",
                "blk {new} --fd three | three",
                "blk {new} --fd 3 --socket-mode 0600 | --socket-mode",
                "blk {new} --fd 3 --socket-group 0 | --socket-group",
                "blk {new} {socket} --socket-mode 0999 | octal",
                "blk {new} {socket} --socket-mode 7777 | 777",
                "blk {new} --socket {folder}/{long} | bytes",
                "blk {new} {socket} --log-level loud | loud",
                "blk {new} {socket} --disable-feature FROB | 'FROB'",
                "blk {new} {socket} --disable-feature FLUSH,FROB | FLUSH",
                "blk {new} {socket} --disable-feature VERSION_1 | legacy",
                "blk {new} {socket} --disable-feature | --disable-feature",
                "blk {socket} | --blk-file",
                "blk {socket} --blk-file | --blk-file",
                "blk {new} {socket} --num-queues 0 | --num-queues",
                "blk {new} {socket} --num-queues many | many",
                "blk {new} {socket} --poll-us 1001 | --poll-us",
                "blk {new} {socket} --poll-us=-1 | --poll-us",
                "blk {new} {socket} --queue-size 100 | --queue-size",
                "blk {new} {socket} --logical-block-size 513 | --logical-block-size",
                "blk {new} {socket} --serial 123456789012345678901 | --serial",
                "blk {new} {socket} --read-only | --create",
                "blk {image} {socket} --create 1X | 1X",
                "blk {image} {socket} --create 1000 | multiple",
                "blk {image} {socket} more | more",
                "fs {socket} | --shared-dir",
                "fs {socket} --shared-dir | --shared-dir",
                "fs {share} | --socket",
                "fs {share} {socket} --fd 3 | --socket",
                "fs {share} {socket} --tag= | --tag",
                "fs {share} {socket} --tag 1234567890123456789012345678901234567 | 37",
                "fs {share} {socket} --num-request-queues 0 | --num-request-queues",
                "fs {share} {socket} --thread-pool-size 257 | --thread-pool-size",
                "fs {share} {socket} --cache sometimes | sometimes",
                "fs {share} {socket} --sandbox jail | jail",
                "fs {share} {socket} --seccomp maim | maim",
                "fs {share} {socket} --modcaps +fly | fly",
                "fs {share} {socket} --xattrmap foo | --xattrmap",
                "fs {share} {socket} --translate-uid map:0:0 | --translate-uid",
                "fs {share} {socket} --translate-gid map:0:1:1 --posix-acl | --posix-acl",
                "fs {share} {socket} --sandbox none --uid-map :0:1:1: | --uid-map",
                "fs {share} {socket} --rlimit-nofile 10 | --rlimit-nofile",
                "fs {share} {socket} -o xattr,frob | frob",
                "fs {share} {socket} --log-level loud | loud",
                "vsock {socket} | --uds-path",
                "vsock --uds-path {folder}/h | --socket",
                "vsock {socket} --uds-path {folder}/{long} | --uds-path",
                "vsock {socket} --uds-path {folder}/h --guest-cid 2 | reserved",
                "vsock {socket} --uds-path {folder}/h --guest-cid many | many",
                "vsock {socket} --uds-path {folder}/h --tx-buffer-size 1 | --tx-buffer-size",
                "vsock {socket} --uds-path {folder}/h --queue-size 100 | --queue-size",
                "vsock {socket} --uds-path {folder}/h --forward-cid 3 | --forward-cid",
                "vsock {socket} --uds-path {folder}/h --forward-listen 1 | --forward-listen",
                "vsock {socket} --forward-cid 3 --forward-listen abc | abc",
                "vsock {socket} --uds-path {folder}/h --forward 80=81 | guest:PORT",
                "vsock {socket} --uds-path {folder}/h --forward guest:80=tcp:x | tcp:HOST:PORT",
                "vsock {socket} --uds-path {folder}/h --listen guest:22 | --listen",
                "vsock {socket} --uds-path {folder}/h --groups a++b | --groups",
                "vsock --vm guest-cid=4,uds-path={folder}/h | socket=PATH",
                "vsock --vm socket={folder}/a,uds-path={folder}/h,frob=1 | frob",
                "vsock --vm socket={folder}/a,uds-path={folder}/h --vm socket={folder}/b,uds-path={folder}/i | context id 3",
                "vsock --config {folder}/disk.img | --config",
                "vsock --config {folder}/none | --config",
                "quickstart --socket s | --socket",
                "quickstart 7 | 7",
                "bench | --compare",
                "bench {socket} --command x | --compare",
                "bench --command x | {socket}",
                "bench --compare x | --compare",
                "bench {socket} --rounds 3 | --rounds",
                "bench {socket} --startup | --startup",
                "bench --command x --pid 1 | --pid",
                "bench {socket} --rw erase | erase",
                "bench {socket} --bs 100 | 512",
                "bench {socket} --size 0 | --size",
                "bench {socket} --iodepth 0 | 0 requests",
                "bench {socket} --job read:4k:1 --bs 4k | --job",
                "bench {socket} --num-queues 0 | --num-queues",
                "bench {socket} --runtime 0s | --runtime",
                "bench {socket} --runtime soon | soon",
                "bench {socket} --ramp=-1 | --ramp",
                "bench {socket} --notify bell | bell",
                "check | --command",
                "check {socket} --command x | --command",
                "check --command x | {socket}",
                "check {socket} --only Q* | --list",
                "check {socket} --device floppy | floppy",
                "check {socket} --notify bell | bell",
                "check {socket} --timeout 0 | --timeout"
            })
    void wrongOptionsAreUsageErrors(String line, String word) throws IOException {
        assertFails(2, line, word);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "blk {socket} --blk-file {folder}/none | does not exist",
                "blk {socket} --blk-file {folder} | directory",
                "blk {image} {socket} --create 1M | exists already",
                "blk {image} {socket} --create 1M --logical-block-size 4096 | exists already",
                "blk {new} --socket {folder}/none/s | {folder}",
                "blk {new} --socket {folder}/disk.img | not a socket",
                "blk {new} {socket} --socket-group no-such-group | no-such-group",
                "blk {new} --fd 999 | 999",
                "fs {socket} --shared-dir {folder}/none | none",
                "fs {socket} --shared-dir {folder}/disk.img | disk.img",
                "fs {share} --fd 999 | 999",
                "vsock {socket} --uds-path {folder}/none/h | {folder}",
                "vsock {socket} --uds-path {folder}/h --forward guest:1=tcp:no-such-host.invalid:1 | no-such-host.invalid",
                "vsock {socket} --uds-path {folder}/h --listen tcp:192.0.2.1:1=guest:1 | 192.0.2.1"
            })
    void whatTheHostCannotDoFailsAtRunTime(String line, String word) throws IOException {
        assertFails(1, line, word.replace("{folder}", folder.toString()));
    }

    @Test
    void liveSocketIsRefusedAndNothingIsCreated() throws IOException {
        Path socket = folder.resolve("s");
        try (OwnedFd listening = UnixSocket.listen(socket, 1)) {
            assertFalse(listening.isClosed());
            assertFails(1, "blk {new} {socket}", socket.toString());
            assertTrue(Files.exists(socket));
        }
    }

    @Test
    void socketIsRemovedWhenTheImageCannotBeServed() throws IOException {
        Files.write(folder.resolve("disk.img"), new byte[100]);
        assertFails(1, "blk {image} {socket}", "multiple");
    }

    @Test
    void descriptorThatIsNoSocketIsRefused() throws IOException {
        try (OwnedFd file = FileIo.open(Files.createFile(folder.resolve("file")), OpenMode.READ_WRITE)) {
            assertFails(1, "blk {new} --fd " + file.release(), "not a socket");
        }
    }

    @Test
    void connectedDescriptorIsServedUntilTheFrontEndLeaves() throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        pair.getLast().close();
        CommandRun run = CommandRun.of(
                words("blk {image} --read-only --fd " + pair.getFirst().release()));
        assertEquals(new CommandRun(0, "", ""), run);
    }

    @Test
    void disabledFeaturesAreNotOffered() throws Exception {
        Offer all = offer("");
        Offer fewer = offer(" --disable-feature FLUSH --disable-feature ring_packed,STATUS");
        assertEquals(all.features() & ~(1L << 9 | 1L << 34), fewer.features());
        assertEquals(all.protocolFeatures() & ~(1L << 16), fewer.protocolFeatures());
        assertEquals(
                all.protocolFeatures() & ~(1L << 5 | 1L << 10 | 1L << 14),
                offer(" --disable-feature BACKEND_REQ").protocolFeatures(),
                "what needs BACKEND_REQ is not offered either");
        assertEquals(0, offer(" --disable-feature PROTOCOL_FEATURES").protocolFeatures());
    }

    private record Offer(long features, long protocolFeatures) {}

    private Offer offer(String options) throws Exception {
        List<OwnedFd> pair = UnixSocket.pair();
        String[] line = words("blk {image} --read-only --fd " + pair.getFirst().release() + options);
        var run = Background.call(() -> CommandRun.of(line));
        try (VhostUserClient client = VhostUserClient.adopt(pair.getLast(), Duration.ofSeconds(20))) {
            return new Offer(client.getFeatures(), client.getProtocolFeatures());
        } finally {
            assertEquals(new CommandRun(0, "", ""), run.get());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "blk --print-capabilities",
                "blk --print-capabilities --blk-file {folder}/none --num-queues x",
                "blk --fd no --unknown --print-capabilities"
            })
    void capabilitiesArePrintedWhateverElseIsAsked(String line) throws IOException {
        CommandRun run = CommandRun.of(words(line));
        assertEquals(0, run.status());
        assertEquals("", run.err());
        assertEquals("{\"type\":\"block\",\"features\":[\"read-only\",\"blk-file\"]}\n", run.out());
    }

    @Test
    void libvirtFindsTheOptionsOfVirtiofsd() throws IOException {
        CommandRun run = CommandRun.of("fs", "--print-capabilities");
        assertEquals(new CommandRun(0, "{\"type\":\"fs\",\"features\":[\"separate-options\"]}\n", ""), run);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--print-capabilities", "floppy --print-capabilities", "quickstart --print-capabilities"})
    void onlyDevicesHaveCapabilities(String line) throws IOException {
        assertFails(2, line, "--help");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "blk --help", "quickstart -h", "bench --help", "check --help"})
    void helpGoesToStandardOutput(String line) {
        CommandRun run = CommandRun.of(line.split(" "));
        assertEquals(0, run.status());
        assertEquals("", run.err());
        assertTrue(run.out().startsWith("Usage: vhost-device"), run.out());
    }

    @Test
    void helpNamesDevicesAndTheirOptions() {
        assertTrue(CommandRun.of("--help").out().contains("blk"));
        String help = CommandRun.of("blk", "--help").out();
        for (String option : List.of("--blk-file", "--image", "--socket", "--socket-path", "--fd", "--log-level")) {
            assertTrue(help.contains(option), option);
        }
    }

    @Test
    void anyDeviceOnTheClassPathIsACommand() throws Exception {
        assertTrue(CommandRun.of("--help").out().contains("rng-test"));
        assertTrue(CommandRun.of("rng-test", "--help").out().contains("--socket"));
        assertEquals(
                "{\"type\":\"rng\",\"features\":[]}\n",
                CommandRun.of("rng-test", "--print-capabilities").out());
        List<OwnedFd> pair = UnixSocket.pair();
        pair.getLast().close();
        String fd = String.valueOf(pair.getFirst().release());
        assertEquals(0, CommandRun.of("rng-test", "--fd", fd).status());
    }

    @Test
    void versionIsOneLine() {
        CommandRun run = CommandRun.of("--version");
        assertEquals(0, run.status());
        assertTrue(run.out().startsWith("vhost-device "), run.out());
        assertEquals(1, run.out().lines().count());
    }

    @Test
    void withoutACommandTheHelpIsNamed() throws IOException {
        CommandRun run = CommandRun.of();
        assertEquals(2, run.status());
        assertTrue(run.err().contains("vhost-device --help"), run.err());
    }
}
