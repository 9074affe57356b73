package org.vhostdevice.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Values that two commands gave in alternation: the n-th of both were taken one right after the other.
///
/// @param a of the first command
/// @param b of the second command
/// @param <T> what was measured
record Comparison<T>(List<T> a, List<T> b) {
    /// Copies the lists.
    Comparison {
        a = List.copyOf(a);
        b = List.copyOf(b);
    }

    /// What is measured of a command.
    ///
    /// @param <T> the result
    @FunctionalInterface
    interface Trial<T> {
        /// Measures once.
        ///
        /// @param command the first or the second
        /// @param label for the progress line
        /// @return the result
        /// @throws Exception if it fails
        T run(String command, String label) throws Exception;
    }

    /// Measures both, as often as there are rounds, in turns; the order changes with each round.
    static <T> Comparison<T> alternate(List<String> commands, int rounds, Trial<T> trial) throws Exception {
        List<List<T>> results = List.of(new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < 2; turn++) {
                int side = (round + turn) % 2;
                String label = "round " + (round + 1) + " of " + rounds + ", " + "AB".charAt(side) + ", ";
                results.get(side).add(trial.run(commands.get(side), label));
            }
        }
        return new Comparison<>(results.getFirst(), results.getLast());
    }

    /// Something of all measurements of one command.
    static <T> Spread spread(List<T> side, ToDoubleFunction<T> value) {
        return Spread.of(side.stream().map(value::applyAsDouble).toList());
    }

    /// The quotients A/B of the pairs.
    Spread ratio(ToDoubleFunction<T> value) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < a.size(); i++) {
            ratios.add(value.applyAsDouble(a.get(i)) / value.applyAsDouble(b.get(i)));
        }
        return Spread.of(ratios);
    }
}
