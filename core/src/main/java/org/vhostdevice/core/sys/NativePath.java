package org.vhostdevice.core.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Paths as the bytes that system calls take.
final class NativePath {
    /// What the JDK itself encodes paths with.
    private static final Charset ENCODING =
            Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"), StandardCharsets.UTF_8);

    private NativePath() {}

    /// The bytes of a path, without a NUL at the end.
    static byte[] bytes(Path path) {
        return path.toString().getBytes(ENCODING);
    }

    /// A path as a C string.
    static MemorySegment allocate(Path path, Arena arena) {
        byte[] bytes = bytes(path);
        MemorySegment string = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, string, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return string;
    }
}
