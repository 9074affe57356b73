package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares the file system device with virtiofsd in guests that are alike, and prints a table; nothing is asserted.
///
/// Each back end serves a guest in User Mode Linux. The loads run in one guest after the other, in rounds whose order
/// turns; a ratio is the median of the rounds' ratios.
///
/// - `-Dvhost.guest.virtiofsd=COMMAND` starts the peer; without it there is nothing to compare with.
/// - `-Dvhost.speed.ours=` further options of our device.
/// - `-Dvhost.speed.peers=` the peer's further options, one contender after each comma; by default none, and 4 threads.
/// - `-Dvhost.speed.options=` options for all, such as `--cache=never`.
/// - `-Dvhost.speed.rounds=` how many; 5 by default. `-Dvhost.speed.loads=` those of `guest/fs/speed.py` to run.
@Tag("guest")
@Tag("slow")
class FsSpeedIT {
    private static final GuestDevice DEVICE = GuestDevice.FS.with(List.of(), List.of("fio", "git", "tar"));
    private static final int DATA_BYTES = 128 << 20;
    private static final int MEMORY_MIB = 768;
    private static final String LOADS = "read-1m,write-1m,read-cached,write-cached,randread-4k-1,randread-4k-16,"
            + "randwrite-4k-1,randwrite-4k-16,create,stat,list,unlink,git-clone,untar";

    private final List<String> common = words(System.getProperty("vhost.speed.options", ""));
    private final SequencedMap<String, Contender> contenders = new LinkedHashMap<>();

    @TempDir
    private Path folder;

    /// A back end with its guest, and the rates of each load.
    private record Contender(BackEndProcess backEnd, Guest guest, Map<String, List<Double>> rates)
            implements AutoCloseable {
        void run(String load) throws IOException {
            String rate = guest.query("python3 /fs/speed.py " + load, "rate");
            rates.computeIfAbsent(load, _ -> new ArrayList<>()).add(Double.valueOf(rate));
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
        try {
            List<String> own = words(System.getProperty("vhost.speed.ours", "--disable-feature=INBAND_NOTIFICATIONS"));
            add("vhost-device", FsBackEnd.ours().plus(own));
            for (String options : System.getProperty("vhost.speed.peers", ",--thread-pool-size=4")
                    .split(",", -1)) {
                HostProgram peer = FsBackEnd.peer().orElseThrow();
                add(("virtiofsd " + options).strip(), peer.plus(words(options)));
            }
            List<String> loads =
                    List.of(System.getProperty("vhost.speed.loads", LOADS).split(",", -1));
            compare(loads);
            System.err.println(table(loads));
        } finally {
            for (Contender contender : contenders.values()) {
                contender.close();
            }
        }
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split(" +", -1));
    }

    private void add(String name, HostProgram program) throws IOException {
        GuestTools tools = GuestAvailability.require();
        Path own = Files.createDirectory(folder.resolve("c" + contenders.size()));
        Path shared = Files.createDirectory(own.resolve("shared"));
        byte[] data = new byte[DATA_BYTES];
        new Random(1).nextBytes(data);
        Files.write(shared.resolve("data"), data);
        BackEndProcess backEnd = FsBackEnd.start(program, own, shared, common);
        GuestSpec spec = new GuestSpec(
                        DEVICE, backEnd.socket(), 1, FsGuestScripts.files(tools), FsGuestScripts.INTERACTIVE)
                .withMemory(MEMORY_MIB);
        Contender contender = new Contender(backEnd, new UmlGuest(tools, own).start(spec), new LinkedHashMap<>());
        contenders.put(name, contender);
        contender.guest().awaitReady();
        contender.run("prepare");
    }

    private void compare(List<String> loads) throws IOException {
        List<Contender> order = new ArrayList<>(contenders.values());
        for (int round = 0; round < Integer.getInteger("vhost.speed.rounds", 5); round++) {
            for (String load : loads) {
                for (Contender contender : order) {
                    contender.run(load);
                }
            }
            order.addLast(order.removeFirst());
        }
    }

    /// Medians of the rates, and of the first contender's ratio to each of the others, with the least and the greatest.
    private String table(List<String> loads) {
        StringBuilder table = new StringBuilder("\n| load |");
        contenders.keySet().forEach(name -> table.append(' ').append(name).append(" |"));
        contenders.keySet().stream()
                .skip(1)
                .forEach(name -> table.append(" ratio to ").append(name).append(" |"));
        table.append('\n').append("|---".repeat(2 * contenders.size())).append("|\n");
        for (String load : loads) {
            table.append("| ").append(load).append(" |");
            for (Contender contender : contenders.values()) {
                table.append(String.format(Locale.ROOT, " %,.1f |", sorted(rates(contender, load))[middle(load)]));
            }
            double[] first = rates(contenders.firstEntry().getValue(), load);
            contenders.values().stream().skip(1).forEach(other -> {
                double[] rates = rates(other, load);
                double[] ratios = new double[first.length];
                Arrays.setAll(ratios, round -> first[round] / rates[round]);
                Arrays.sort(ratios);
                table.append(String.format(
                        Locale.ROOT,
                        " %.2f (%.2f – %.2f) |",
                        ratios[middle(load)],
                        ratios[0],
                        ratios[ratios.length - 1]));
            });
            table.append('\n');
        }
        return table.toString();
    }

    private int middle(String load) {
        return rates(contenders.firstEntry().getValue(), load).length / 2;
    }

    private static double[] rates(Contender contender, String load) {
        return contender.rates().getOrDefault(load, List.of()).stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    private static double[] sorted(double... rates) {
        Arrays.sort(rates);
        return rates;
    }
}
