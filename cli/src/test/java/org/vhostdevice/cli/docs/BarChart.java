package org.vhostdevice.cli.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Horizontal bars in pairs, as SVG. The same input always gives the same text.
final class BarChart {
    private static final int WIDTH = 860;
    private static final int LEFT = 190;
    private static final int RIGHT = 170;
    private static final int BAR = 14;
    private static final int GAP = 12;
    private static final int ROW = 2 * BAR + GAP;
    private static final int TOP = 62;
    private static final List<String> COLOURS = List.of("#1f77b4", "#e07b1a");

    private final String title;
    private final List<String> sides;
    private final List<Row> rows = new ArrayList<>();

    /// The median of some rounds, with the least and the greatest.
    record Value(double median, double least, double greatest) {}

    private record Row(String label, List<Value> values) {}

    /// A chart without bars.
    ///
    /// @param title what the numbers are
    /// @param sides what is compared
    BarChart(String title, List<String> sides) {
        this.title = title;
        this.sides = List.copyOf(sides);
    }

    /// Adds a pair of bars.
    void add(String label, List<Value> values) {
        rows.add(new Row(label, List.copyOf(values)));
    }

    /// The text of the file.
    String svg() {
        int height = TOP + rows.size() * ROW + GAP;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"12\">\n",
                WIDTH,
                height,
                WIDTH,
                height));
        svg.append(String.format(Locale.ROOT, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, height));
        svg.append(text(GAP, 22, "start", "15", title));
        for (int side = 0; side < sides.size(); side++) {
            int x = LEFT + side * 200;
            svg.append(bar(x, 34, BAR, COLOURS.get(side)));
            svg.append(text(x + BAR + 6, 45, "start", "12", sides.get(side)));
        }
        double most = rows.stream()
                .flatMap(row -> row.values().stream())
                .mapToDouble(Value::greatest)
                .max()
                .orElse(1);
        for (int i = 0; i < rows.size(); i++) {
            append(svg, rows.get(i), TOP + i * ROW, (WIDTH - LEFT - RIGHT) / most);
        }
        return svg.append("</svg>\n").toString();
    }

    private static void append(StringBuilder svg, Row row, int top, double scale) {
        svg.append(text(LEFT - 8, top + BAR + 4, "end", "12", row.label()));
        for (int side = 0; side < row.values().size(); side++) {
            Value value = row.values().get(side);
            int y = top + side * BAR;
            svg.append(bar(LEFT, y, value.median() * scale, COLOURS.get(side)));
            svg.append(whisker(value, y + BAR / 2.0, scale));
            String number = String.format(
                    Locale.ROOT,
                    value.greatest() < 1000 ? "%.2f (%.2f – %.2f)" : "%,.0f (%,.0f – %,.0f)",
                    value.median(),
                    value.least(),
                    value.greatest());
            svg.append(text(LEFT + value.greatest() * scale + 6, y + BAR - 3, "start", "11", number));
        }
    }

    private static String whisker(Value value, double y, double scale) {
        return String.format(
                Locale.ROOT,
                "<path d=\"M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6\" stroke=\"#222222\" fill=\"none\"/>\n",
                LEFT + value.least() * scale,
                y,
                LEFT + value.greatest() * scale,
                LEFT + value.least() * scale,
                y - 3,
                LEFT + value.greatest() * scale,
                y - 3);
    }

    private static String bar(double x, double y, double width, String colour) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
                x,
                y,
                width,
                BAR - 1,
                colour);
    }

    private static String text(double x, double y, String anchor, String size, String text) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%s\" fill=\"#222222\">%s</text>\n",
                x,
                y,
                anchor,
                size,
                text.replace("&", "&amp;").replace("<", "&lt;"));
    }
}
