package org.vhostdevice.core.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// The program that this process runs, on Linux.
public final class Program {
    private static final Path FILE = Path.of("/proc/self/exe");
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final Path ENVIRONMENT = Path.of("/proc/self/environ");
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int STANDARD_ERROR = 2;
    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private Program() {}

    /// How a program is started again: as this process was, with a few variables more.
    ///
    /// @param file the program
    /// @param words of the command line, as bytes
    /// @param variables as bytes
    public record Start(Path file, List<byte[]> words, List<byte[]> variables) {
        /// This start by another program, which runs the command line behind its own words.
        ///
        /// @param command that program, by its path, and its words
        /// @return how to start that
        public Start through(List<String> command) {
            List<byte[]> all = new ArrayList<>();
            for (String word : command) {
                all.add(word.getBytes(StandardCharsets.UTF_8));
            }
            all.add(NativePath.bytes(file));
            all.addAll(words.subList(1, words.size()));
            return new Start(Path.of(command.getFirst()), all, variables);
        }
    }

    /// Says how this process was started.
    ///
    /// @param more variables to add or to replace
    /// @return how to start its program again
    /// @throws IOException if the host does not tell
    public static Start start(Map<String, String> more) throws IOException {
        List<byte[]> variables = new ArrayList<>();
        for (byte[] variable : split(Files.readAllBytes(ENVIRONMENT))) {
            String text = new String(variable, StandardCharsets.ISO_8859_1);
            if (more.keySet().stream().noneMatch(name -> text.startsWith(name + "="))) {
                variables.add(variable);
            }
        }
        more.forEach((name, value) -> variables.add((name + "=" + value).getBytes(StandardCharsets.UTF_8)));
        return new Start(Files.readSymbolicLink(FILE), split(Files.readAllBytes(COMMAND_LINE)), variables);
    }

    private static List<byte[]> split(byte[] list) {
        List<byte[]> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < list.length; i++) {
            if (list[i] == 0) {
                parts.add(Arrays.copyOfRange(list, start, i));
                start = i + 1;
            }
        }
        return parts;
    }

    /// Says which files this process has mapped, its program and libraries among them.
    ///
    /// @return absolute paths, each once
    /// @throws IOException if the host does not tell
    public static List<Path> mappedFiles() throws IOException {
        return Files.readAllLines(MAPPINGS, StandardCharsets.ISO_8859_1).stream()
                .filter(line -> line.indexOf('/') >= 0)
                .map(line -> Path.of(line.substring(line.indexOf('/'))))
                .distinct()
                .toList();
    }

    /// Runs another program in place of this one, in the same process. All threads end; nothing of this program
    /// is run any more.
    ///
    /// @param start how
    /// @param kept descriptors that stay open, beside 0 to 2
    /// @throws IOException if the host refuses; otherwise it does not return
    public static void replace(Start start, Set<Integer> kept) throws IOException {
        for (int fd : descriptors()) {
            // The JVM leaves some of its own open.
            int _ = Libc.fcntl(fd, F_SETFD, fd <= STANDARD_ERROR || kept.contains(fd) ? 0 : FD_CLOEXEC);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = NativePath.allocate(start.file, arena);
            MemorySegment words = pointers(start.words, arena);
            MemorySegment variables = pointers(start.variables, arena);
            int result = Downcall.toInt(Symbol.EXECVE, path.address(), words.address(), variables.address(), 0, 0, 0);
            ErrnoException.check("execve", start.file, result);
        }
    }

    private static List<Integer> descriptors() throws IOException {
        try (Stream<Path> names = Files.list(DESCRIPTORS)) {
            return names.map(name -> Integer.valueOf(String.valueOf(name.getFileName())))
                    .toList();
        }
    }

    /// Makes a `char *[]` with a null pointer at its end.
    private static MemorySegment pointers(List<byte[]> strings, Arena arena) {
        MemorySegment array = arena.allocate(ADDRESS, strings.size() + 1L);
        for (int i = 0; i < strings.size(); i++) {
            byte[] bytes = strings.get(i);
            MemorySegment string = arena.allocate(bytes.length + 1L);
            MemorySegment.copy(bytes, 0, string, ValueLayout.JAVA_BYTE, 0, bytes.length);
            array.setAtIndex(ADDRESS, i, string);
        }
        return array;
    }
}
