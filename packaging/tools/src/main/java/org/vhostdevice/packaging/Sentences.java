package org.vhostdevice.packaging;

import java.util.List;
import java.util.regex.Pattern;

/// Sentences of descriptions.
final class Sentences {
    private static final Pattern BETWEEN = Pattern.compile("(?<=[.?!])\\s+(?=[A-Z])");
    private static final Pattern BRACKETS = Pattern.compile(" \\([^()]*\\)$");
    private static final String MORE = " ...";

    private Sentences() {}

    /// Splits a paragraph.
    static List<String> of(String paragraph) {
        return List.of(BETWEEN.split(paragraph.strip()));
    }

    /// The first sentence, without its full stop.
    static String first(String paragraph) {
        String sentence = of(paragraph).getFirst();
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    /// A sentence without what its end has in brackets, and no longer than `most` characters.
    static String cut(String sentence, int most) {
        String text = BRACKETS.matcher(sentence).replaceFirst("");
        if (text.length() <= most) {
            return text;
        }
        return text.substring(0, text.lastIndexOf(' ', most - MORE.length())) + MORE;
    }
}
