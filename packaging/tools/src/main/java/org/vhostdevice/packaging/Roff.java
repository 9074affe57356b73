package org.vhostdevice.packaging;

import java.util.Collection;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes the language of manual pages, man(7), of which every roff and mandoc understands this little.
final class Roff {
    /// Names of options and of the program, placeholders of values (words of capitals), and words with a syntax.
    private static final Pattern MARKED = Pattern.compile("(?<option>(?<![\\w-])--?[a-z][\\w-]*)"
            + "|(?<program>\\bvhost-device\\b[a-z-]*)|(?<syntax>[^\\s-]*-[^\\s]*[=/:][^\\s]*)"
            + "|(?<value>\\b[A-Z][A-Z0-9_]*\\b)");

    private final StringBuilder out = new StringBuilder();

    /// Begins a section.
    Roff section(String title) {
        return line(".SH " + title);
    }

    /// Begins an item of a list.
    ///
    /// @param term what the item is about, in roff
    Roff item(String term) {
        return line(".TP").line(term);
    }

    /// Adds a line of roff.
    Roff line(String roff) {
        out.append(roff).append('\n');
        return this;
    }

    /// Adds paragraphs of plain text.
    ///
    /// @param between the macro between two of them
    /// @param placeholders words that stand for values
    Roff paragraphs(List<String> paragraphs, String between, Collection<String> placeholders) {
        for (int i = 0; i < paragraphs.size(); i++) {
            if (i > 0) {
                Roff _ = line(between);
            }
            for (String sentence : Sentences.of(paragraphs.get(i))) {
                Roff _ = line(text(sentence, placeholders));
            }
        }
        return this;
    }

    /// Plain text as roff: options in bold, placeholders in italics.
    static String text(String plain, Collection<String> placeholders) {
        String marked = MARKED.matcher(escaped(plain)).replaceAll(found -> mark(found, placeholders));
        // A dot or a quote at the beginning of a line would be a macro.
        return marked.startsWith(".") || marked.startsWith("'") ? "\\&" + marked : marked;
    }

    private static String mark(MatchResult found, Collection<String> placeholders) {
        String word = found.group();
        String roff = word;
        if (found.group("option") != null || found.group("program") != null) {
            roff = bold(word);
        } else if (found.group("syntax") != null) {
            roff = word.replace("-", "\\-");
        } else if (placeholders.contains(word)) {
            roff = italic(word);
        }
        return Matcher.quoteReplacement(roff);
    }

    /// A word that is typed as it is.
    static String bold(String word) {
        return "\\%\\fB" + literal(word) + "\\fR";
    }

    /// A word that stands for others.
    static String italic(String word) {
        return "\\fI" + literal(word) + "\\fR";
    }

    /// Text whose dashes are those of commands.
    static String literal(String plain) {
        return escaped(plain).replace("-", "\\-");
    }

    private static String escaped(String plain) {
        return plain.replace("\\", "\\e").replace("…", "...").replace("–", "\\(en");
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
