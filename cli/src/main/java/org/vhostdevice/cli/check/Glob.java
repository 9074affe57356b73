package org.vhostdevice.cli.check;

import java.util.List;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;

/// Chooses checks by patterns in which `*` stands for any characters and `?` for one, in either case of letters.
///
/// @param patterns one of them has to match; none means that everything is chosen
record Glob(List<Pattern> patterns) implements BiPredicate<String, String> {
    static Glob any(List<String> globs) {
        return new Glob(globs.stream().map(Glob::pattern).toList());
    }

    private static Pattern pattern(String glob) {
        String regex = Pattern.quote(glob).replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q");
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }

    /// Whether a check is chosen.
    @Override
    public boolean test(String id, String suite) {
        return patterns.isEmpty()
                || patterns.stream()
                        .anyMatch(
                                p -> p.matcher(id).matches() || p.matcher(suite).matches());
    }
}
