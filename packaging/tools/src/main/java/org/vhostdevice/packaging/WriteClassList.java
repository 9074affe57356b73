package org.vhostdevice.packaging;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.InvokeDynamicEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Makes a list of classes that a JVM has written down (`-XX:DumpLoadedClassList`) the same whichever run wrote it.
///
/// It becomes sorted, and loses its numbers. Which constants of a class the run has resolved (`@cp`) depends on the
/// clock and on the order of sets, which the JVM chooses anew each time. So all references to classes, fields and
/// methods
/// take their place; the JVM passes over those whose class is not in the list. Only call sites (`invokedynamic`) stay
/// those of the run, since each that is resolved adds classes.
public final class WriteClassList {
    private static final String POOL = "@cp";

    private WriteClassList() {}

    /// Writes it. The listed classes are on this program's class path, or in its JVM.
    ///
    /// @param args the list of the JVM, and the file to write
    /// @throws IOException if a file cannot be read or written
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("two arguments are needed: FOUND LIST");
        }
        Set<String> classes = new TreeSet<>();
        Set<String> more = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            if (line.startsWith(POOL + ' ')) {
                more.add(constants(line));
            } else if (line.startsWith("@")) {
                more.add(line);
            } else if (!line.startsWith("#")) {
                classes.add(line.replaceFirst(" id: [0-9]+$", ""));
            }
        }
        List<String> lines = new ArrayList<>(classes);
        // Classes come before what is said of them.
        lines.addAll(more);
        Path _ = Files.write(Path.of(args[1]), lines);
    }

    private static String constants(String line) throws IOException {
        List<String> words = List.of(line.split(" "));
        String name = words.get(1);
        Set<String> found = Set.copyOf(words.subList(2, words.size()));
        Stream<String> indices = StreamSupport.stream(pool(name).spliterator(), false)
                .filter(entry -> isKept(entry, found))
                .map(entry -> String.valueOf(entry.index()));
        return Stream.concat(Stream.of(POOL, name), indices).collect(Collectors.joining(" "));
    }

    static Iterable<PoolEntry> pool(String name) throws IOException {
        try (InputStream in = ClassLoader.getSystemResourceAsStream(name + ".class")) {
            if (in == null) {
                throw new IllegalArgumentException("there is no class " + name);
            }
            return ClassFile.of().parse(in.readAllBytes()).constantPool();
        }
    }

    private static boolean isKept(PoolEntry entry, Set<String> found) {
        return switch (entry) {
            case ClassEntry _, MemberRefEntry _ -> true;
            case InvokeDynamicEntry site -> found.contains(String.valueOf(site.index()));
            default -> false;
        };
    }
}
