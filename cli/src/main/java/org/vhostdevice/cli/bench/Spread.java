package org.vhostdevice.cli.bench;

import java.util.List;

/// Several measurements of the same thing.
///
/// @param median the one in the middle; of an even number the mean of the two
/// @param min the least
/// @param max the greatest
record Spread(double median, double min, double max) {
    /// The spread of at least one value.
    static Spread of(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }
}
