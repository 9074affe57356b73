package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares the file system device with virtiofsd in guests that are alike, and prints a table; nothing is asserted.
///
/// Each back end serves a guest in User Mode Linux; see [SpeedComparison].
///
/// - `-Dvhost.guest.virtiofsd=COMMAND` starts the peer; without it there is nothing to compare with.
/// - `-Dvhost.speed.ours=` further options of our device.
/// - `-Dvhost.speed.peers=` the peer's further options, one contender after each comma; by default none, and 4 threads.
/// - `-Dvhost.speed.options=` options for all, such as `--cache=never`.
/// - `-Dvhost.speed.loads=` those of `guest/fs/speed.py` to run.
@Tag("guest")
@Tag("slow")
class FsSpeedIT {
    private static final GuestDevice DEVICE = GuestDevice.FS.with(List.of(), List.of("fio", "git", "tar"));
    private static final int DATA_BYTES = 128 << 20;
    private static final int MEMORY_MIB = 768;
    private static final String LOADS = "read-1m,write-1m,read-cached,write-cached,randread-4k-1,randread-4k-16,"
            + "randwrite-4k-1,randwrite-4k-16,create,stat,list,unlink,git-clone,untar";

    private final List<String> common = SpeedComparison.words(System.getProperty("vhost.speed.options", ""));

    @TempDir
    private Path folder;

    private int contenders;

    /// A back end with its guest.
    private record Contender(BackEndProcess backEnd, Guest guest) implements SpeedComparison.Contender {
        @Override
        public double rate(String load) throws IOException {
            return Double.parseDouble(guest.query("python3 /fs/speed.py " + load, "rate"));
        }

        @Override
        public void close() throws IOException {
            guest.close();
            backEnd.close();
        }
    }

    @Test
    void ratesAreCompared() throws IOException {
        assumeFalse(FsBackEnd.peer().isEmpty(), "name a peer with -Dvhost.guest.virtiofsd=COMMAND");
        try (SpeedComparison comparison = new SpeedComparison()) {
            List<String> own = SpeedComparison.words(
                    System.getProperty("vhost.speed.ours", "--disable-feature=INBAND_NOTIFICATIONS"));
            comparison.add("vhost-device", contender(FsBackEnd.ours().plus(own)));
            for (String options : System.getProperty("vhost.speed.peers", ",--thread-pool-size=4")
                    .split(",", -1)) {
                HostProgram peer = FsBackEnd.peer().orElseThrow();
                comparison.add(("virtiofsd " + options).strip(), contender(peer.plus(SpeedComparison.words(options))));
            }
            List<String> loads =
                    List.of(System.getProperty("vhost.speed.loads", LOADS).split(",", -1));
            comparison.run(loads);
            System.err.println(comparison.table(loads));
        }
    }

    private Contender contender(HostProgram program) throws IOException {
        GuestTools tools = GuestAvailability.require();
        Path own = Files.createDirectory(folder.resolve("c" + contenders++));
        Path shared = Files.createDirectory(own.resolve("shared"));
        byte[] data = new byte[DATA_BYTES];
        new Random(1).nextBytes(data);
        Files.write(shared.resolve("data"), data);
        BackEndProcess backEnd = FsBackEnd.start(program, own, shared, common);
        GuestSpec spec = new GuestSpec(
                        DEVICE, backEnd.socket(), 1, FsGuestScripts.files(tools), FsGuestScripts.INTERACTIVE)
                .withMemory(MEMORY_MIB);
        Contender contender = new Contender(backEnd, new UmlGuest(tools, own).start(spec));
        contender.guest().awaitReady();
        double _ = contender.rate("prepare");
        return contender;
    }
}
