package org.vhostdevice.cli.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares a port of our device with one of QEMU's own device, in guests of QEMU that are alike, and prints
/// a table; nothing is asserted. The host's end of both is a Unix socket.
///
/// Loads run in one guest after the other, in rounds whose order turns; a ratio is the median of the rounds'
/// ratios. Needs a QEMU with `vhost-user-test-device-pci` (`-Dvhost.guest.qemu=COMMAND`).
/// `-Dvhost.speed.rounds=` says how many rounds, 5 by default; `-Dvhost.speed.ours=` further options of our
/// device.
@Tag("guest")
@Tag("slow")
class ConsoleSpeedIT {
    private static final int TEST_DEVICE = 1002;
    private static final int MEBIBYTES = 512;
    private static final int KEYS = 500;
    private static final String PORT = "/dev/virtio-ports/data";
    private static final String SCRIPT = ". /console.sh\n" + Guest.INTERACTIVE;

    private final SequencedMap<String, Contender> contenders = new LinkedHashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);

    @TempDir
    private Path folder;

    /// A guest with the host's side of its port, and what was measured.
    private record Contender(Guest guest, SocketChannel host, Closeable device, Map<String, List<Double>> results)
            implements AutoCloseable {
        void add(String load, double result) {
            results.computeIfAbsent(load, _ -> new ArrayList<>()).add(result);
        }

        double[] of(String load) {
            return results.getOrDefault(load, List.of()).stream()
                    .mapToDouble(Double::doubleValue)
                    .toArray();
        }

        @Override
        public void close() throws IOException {
            guest.close();
            host.close();
            device.close();
        }
    }

    @Test
    void speedsAreCompared() throws Exception {
        GuestTools tools = GuestAvailability.require();
        assumeTrue(QemuGuest.version(tools.qemuSystem()) >= TEST_DEVICE, "needs QEMU 10.2 or newer");
        try {
            contenders.put("vhost-device", ours(tools));
            contenders.put("QEMU", qemus(tools));
            List<Contender> order = new ArrayList<>(contenders.values());
            for (Contender contender : order) {
                measure(contender); // so that what is measured has been compiled
            }
            order.forEach(contender -> contender.results().clear());
            for (int round = 0; round < Integer.getInteger("vhost.speed.rounds", 5); round++) {
                for (Contender contender : order) {
                    measure(contender);
                }
                order.addLast(order.removeFirst());
            }
            System.err.println(table());
        } finally {
            for (Contender contender : contenders.values()) {
                contender.close();
            }
        }
    }

    private Contender ours(GuestTools tools) throws Exception {
        Path own = Files.createDirectory(folder.resolve("ours"));
        Path socket = own.resolve("s");
        Path port = own.resolve("p");
        List<String> options = new ArrayList<>(List.of("console", "--socket", socket.toString()));
        options.addAll(List.of("--port", "name=data,backend=unix:" + port));
        String more = System.getProperty("vhost.speed.ours", "");
        options.addAll(more.isBlank() ? List.of() : List.of(more.strip().split(" +", -1)));
        BackEndProcess device = BackEndProcess.start(HostProgram.ofThisBuild().with(options), socket);
        Guest guest = boot(tools, own, GuestDevice.console(1), socket);
        SocketChannel host = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean _ = host.connect(UnixDomainSocketAddress.of(port));
        return new Contender(guest, host, device::close, new LinkedHashMap<>());
    }

    private Contender qemus(GuestTools tools) throws Exception {
        Path own = Files.createDirectory(folder.resolve("qemu"));
        Path socket = own.resolve("s");
        try (ServerSocketChannel listener =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket))) {
            Guest guest = boot(tools, own, GuestDevice.QEMU_CONSOLE, socket);
            return new Contender(guest, listener.accept(), () -> {}, new LinkedHashMap<>());
        }
    }

    private static Guest boot(GuestTools tools, Path own, GuestDevice device, Path socket) throws IOException {
        Map<String, byte[]> files = Map.of("console.sh", GuestResource.bytes("console.sh"));
        Guest guest = new QemuGuest(tools, own).start(new GuestSpec(device, socket, 1, files, SCRIPT));
        guest.awaitReady();
        guest.run("console_await 1");
        return guest;
    }

    private void measure(Contender contender) throws IOException {
        contender.add("guest to host, MB/s", send(contender));
        contender.add("host to guest, MB/s", receive(contender));
        double[] times = echo(contender);
        contender.add("one byte and back, µs (median)", times[times.length / 2]);
        contender.add("one byte and back, µs (p99)", times[times.length * 99 / 100]);
    }

    private double send(Contender contender) throws IOException {
        long bytes = (long) MEBIBYTES << 20;
        Guest.Pending sent = contender
                .guest()
                .submit("dd if=/dev/zero of=" + PORT + " bs=64k count=" + 16 * MEBIBYTES + " 2>/dev/null");
        long left = bytes - read(contender.host());
        long start = System.nanoTime();
        while (left > 0) {
            left -= read(contender.host());
        }
        double rate = bytes * 1e3 / (System.nanoTime() - start);
        sent.await().requireSuccess();
        return rate;
    }

    private int read(SocketChannel from) throws IOException {
        int n = from.read(buffer.clear());
        if (n < 0) {
            throw new IOException("the port was closed");
        }
        return n;
    }

    private double receive(Contender contender) throws IOException {
        long bytes = (long) MEBIBYTES << 20;
        Guest.Pending received = contender.guest().submit(read(bytes / 65536) + "; echo >" + PORT);
        long start = System.nanoTime();
        for (long left = bytes; left > 0; ) {
            left -= contender.host().write(buffer.clear().limit((int) Math.min(left, buffer.capacity())));
        }
        assertEquals(1, read(contender.host()));
        double rate = bytes * 1e3 / (System.nanoTime() - start);
        received.await().requireSuccess();
        return rate;
    }

    private static String read(long blocks) {
        return "dd if=" + PORT + " of=/dev/null bs=64k iflag=fullblock count=" + blocks + " 2>/dev/null";
    }

    /// Times in microseconds, in their order.
    private double[] echo(Contender contender) throws IOException {
        Guest.Pending echoes = contender.guest().submit("dd bs=1 count=" + KEYS + " <>" + PORT + " 1>&0 2>/dev/null");
        double[] times = new double[KEYS];
        for (int i = 0; i < KEYS; i++) {
            long start = System.nanoTime();
            int _ = contender.host().write(buffer.clear().limit(1));
            assertEquals(1, read(contender.host()));
            times[i] = (System.nanoTime() - start) / 1e3;
        }
        echoes.await().requireSuccess();
        Arrays.sort(times);
        return times;
    }

    private String table() {
        Contender ours = contenders.firstEntry().getValue();
        Contender peer = contenders.lastEntry().getValue();
        StringBuilder table = new StringBuilder("\n| load | vhost-device | QEMU | ratio |\n|---|---|---|---|\n");
        for (String load : ours.results().keySet()) {
            double[] first = ours.of(load);
            double[] second = peer.of(load);
            double[] ratios = new double[first.length];
            Arrays.setAll(ratios, round -> first[round] / second[round]);
            Arrays.sort(first);
            Arrays.sort(second);
            Arrays.sort(ratios);
            int middle = ratios.length / 2;
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %,.1f | %,.1f | %.2f (%.2f – %.2f) |%n",
                    load,
                    first[middle],
                    second[middle],
                    ratios[middle],
                    ratios[0],
                    ratios[ratios.length - 1]));
        }
        return table.toString();
    }
}
