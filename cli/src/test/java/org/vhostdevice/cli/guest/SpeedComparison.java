package org.vhostdevice.cli.guest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/// Compares contenders by loads that run in one after the other, in rounds whose order turns; a ratio is the median of
/// the rounds' ratios. `-Dvhost.speed.rounds=` says how many; 5 by default.
final class SpeedComparison implements AutoCloseable {
    private final SequencedMap<String, Entry> entries = new LinkedHashMap<>();

    /// A back end with its guest.
    interface Contender extends AutoCloseable {
        /// Runs a load once.
        ///
        /// @return a rate, of which more is better
        double rate(String load) throws IOException;

        @Override
        void close() throws IOException;
    }

    private record Entry(Contender contender, Map<String, List<Double>> rates) {
        void run(String load) throws IOException {
            rates.computeIfAbsent(load, _ -> new ArrayList<>()).add(contender.rate(load));
        }

        double[] of(String load) {
            return rates.getOrDefault(load, List.of()).stream()
                    .mapToDouble(Double::doubleValue)
                    .toArray();
        }
    }

    /// The words between spaces.
    static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split(" +", -1));
    }

    /// Adds a contender, closed with this object. The first is compared with each of the others.
    void add(String name, Contender contender) {
        Entry _ = entries.putLast(name, new Entry(contender, new LinkedHashMap<>()));
    }

    /// Runs all loads in all rounds.
    void run(List<String> loads) throws IOException {
        List<Entry> order = new ArrayList<>(entries.values());
        for (int round = 0; round < Integer.getInteger("vhost.speed.rounds", 5); round++) {
            for (String load : loads) {
                for (Entry entry : order) {
                    entry.run(load);
                }
            }
            order.addLast(order.removeFirst());
        }
    }

    /// Medians of the rates, and of the first contender's ratio to each of the others, with the least and the greatest.
    String table(List<String> loads) {
        StringBuilder table = new StringBuilder("\n| load |");
        entries.keySet().forEach(name -> table.append(' ').append(name).append(" |"));
        entries.keySet().stream()
                .skip(1)
                .forEach(name -> table.append(" ratio to ").append(name).append(" |"));
        table.append('\n').append("|---".repeat(2 * entries.size())).append("|\n");
        for (String load : loads) {
            table.append("| ").append(load).append(" |");
            for (Entry entry : entries.values()) {
                table.append(String.format(Locale.ROOT, " %,.1f |", middle(sorted(entry.of(load)))));
            }
            double[] first = entries.firstEntry().getValue().of(load);
            entries.values().stream().skip(1).forEach(other -> {
                double[] rates = other.of(load);
                double[] ratios = new double[first.length];
                Arrays.setAll(ratios, round -> first[round] / rates[round]);
                Arrays.sort(ratios);
                table.append(String.format(
                        Locale.ROOT, " %.2f (%.2f – %.2f) |", middle(ratios), ratios[0], ratios[ratios.length - 1]));
            });
            table.append('\n');
        }
        return table.toString();
    }

    private static double middle(double... sorted) {
        return sorted[sorted.length / 2];
    }

    private static double[] sorted(double... rates) {
        Arrays.sort(rates);
        return rates;
    }

    @Override
    public void close() throws IOException {
        for (Entry entry : entries.values()) {
            entry.contender().close();
        }
    }
}
