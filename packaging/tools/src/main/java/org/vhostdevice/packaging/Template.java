package org.vhostdevice.packaging;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A text with places to fill in, such as `@version@`.
final class Template {
    private static final Pattern PLACE = Pattern.compile("@([a-z][a-z0-9]*)@");

    private Template() {}

    /// Fills all places.
    ///
    /// @throws IllegalArgumentException if there is one for which nothing is known
    static String fill(String text, Map<String, String> values) {
        return PLACE.matcher(text).replaceAll(place -> {
            String value = values.get(place.group(1));
            if (value == null) {
                throw new IllegalArgumentException("nothing is known for " + place.group());
            }
            return Matcher.quoteReplacement(value);
        });
    }
}
