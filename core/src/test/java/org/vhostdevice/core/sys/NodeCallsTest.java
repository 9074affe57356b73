package org.vhostdevice.core.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("Files that a descriptor or a name in a directory stands for")
@EnabledOnOs(OS.LINUX)
class NodeCallsTest {
    private static final int NOT_SUPPORTED = -Errno.EOPNOTSUPP.number();

    @TempDir
    Path folder;

    private final Arena arena = Arena.ofAuto();
    private final FileStat stat = new FileStat();
    private OwnedFd directory;

    static Stream<NodeCalls> implementations() {
        return NodeCalls.areNamesOfDescriptors()
                ? Stream.of(new ProcNodeCalls("/proc/self/fd/"), new FdNodeCalls())
                : Stream.of(new FdNodeCalls());
    }

    @BeforeEach
    void open() throws IOException {
        Files.writeString(folder.resolve("file"), "text");
        Files.createDirectory(folder.resolve("dir"));
        Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
        directory = FileIo.openDirectory(folder);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private MemorySegment name(String text) {
        return arena.allocateFrom(text);
    }

    private NodeRef node(NodeCalls calls, String text) {
        stat.load(directory.number(), name(text));
        if (!calls.canName(stat.type())) {
            return NodeRef.named(directory.number(), name(text));
        }
        int fd = calls.open(directory.number(), name(text));
        assertTrue(fd >= 0, () -> Errno.of(-fd).toString());
        return NodeRef.of(fd);
    }

    private static void done(NodeRef node) {
        if (node.isHeld()) {
            FileCalls.close(node.at());
        }
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void attributesOfAFileChange(NodeCalls calls) {
        NodeRef file = node(calls, "file");
        assertEquals(0, calls.setMode(file, 0641));
        assertEquals(0, calls.setOwner(file, -1, -1));
        assertEquals(0, calls.setTimes(file, 100, 5, 200, 6));
        assertEquals(0, stat.load(file));
        assertEquals(FileStat.REGULAR | 0641, stat.mode());
        assertEquals(100, stat.seconds(FileStat.Time.ACCESS));
        assertEquals(200, stat.seconds(FileStat.Time.MODIFICATION));
        assertEquals(6, stat.nanos(FileStat.Time.MODIFICATION));
        assertEquals(0, calls.setTimes(file, 0, NodeCalls.OMIT, 0, NodeCalls.NOW));
        assertEquals(0, stat.load(file));
        assertEquals(100, stat.seconds(FileStat.Time.ACCESS));
        assertNotEquals(200, stat.seconds(FileStat.Time.MODIFICATION));
        done(file);
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void symbolicLinkIsReadAndChangedItself(NodeCalls calls) {
        NodeRef link = node(calls, "link");
        MemorySegment into = arena.allocate(100);
        assertEquals(4, calls.readLink(link, into));
        assertEquals("file", into.getString(0));
        assertEquals(0, calls.setTimes(link, 1, 0, 2, 0));
        assertEquals(0, calls.setOwner(link, -1, -1));
        assertEquals(0, stat.load(link));
        assertEquals(FileStat.SYMLINK, stat.type());
        assertEquals(2, stat.seconds(FileStat.Time.MODIFICATION));
        done(link);
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void fileIsOpenedAgainWhereThatIsPossibleWithoutItsName(NodeCalls calls) {
        NodeRef dir = node(calls, "dir");
        int again = calls.reopen(dir, OpenFlags.READ_ONLY);
        assertTrue(again >= 0);
        assertEquals(0, stat.load(again));
        assertEquals(FileStat.DIRECTORY, stat.type());
        FileCalls.close(again);
        NodeRef file = node(calls, "file");
        int fd = calls.reopen(file, OpenFlags.READ_WRITE);
        assertTrue(fd >= 0 || fd == NOT_SUPPORTED);
        if (fd >= 0) {
            int named = calls.nameOf(fd);
            assertEquals(0, stat.load(named));
            assertEquals(4, stat.size());
            FileCalls.close(named);
            FileCalls.close(fd);
        }
        done(file);
        done(dir);
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void anotherNameIsTheSameFile(NodeCalls calls) {
        NodeRef file = node(calls, "file");
        int result = calls.link(file, directory.number(), name("other"));
        assertTrue(result == 0 || result == NOT_SUPPORTED);
        if (result == NOT_SUPPORTED) {
            assertEquals(0, TreeCalls.link(directory.number(), name("file"), directory.number(), name("other")));
        }
        assertEquals(0, stat.load(file));
        assertEquals(2, stat.links());
        done(file);
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void extendedAttributesAreSetReadListedAndRemoved(NodeCalls calls) {
        NodeRef file = node(calls, "file");
        MemorySegment key = name("user.some");
        MemorySegment value = arena.allocateFrom("value").asSlice(0, 5);
        assertEquals(0, calls.setXattr(file, key, value, 0));
        assertEquals(-Errno.EEXIST.number(), calls.setXattr(file, key, value, 1));
        assertEquals(5, calls.getXattr(file, key, MemorySegment.NULL));
        MemorySegment into = arena.allocate(100);
        assertEquals(5, calls.getXattr(file, key, into));
        assertEquals("value", into.getString(0));
        assertEquals(10, calls.listXattr(file, into));
        assertEquals("user.some", into.getString(0));
        assertEquals(0, calls.removeXattr(file, key));
        assertEquals(-Errno.ENODATA.number(), calls.getXattr(file, key, into));
        done(file);
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void handleLeadsBackToTheFile(NodeCalls calls) {
        NodeRef file = node(calls, "file");
        MemorySegment handle = arena.allocate(NodeCalls.HANDLE_BYTES, 8);
        int bytes = calls.handleOf(file, handle);
        int fd = bytes < 0 ? bytes : calls.openHandle(directory.number(), handle);
        if (fd >= 0) { // root, and a file system that has handles
            assertEquals(0, stat.load(fd));
            assertEquals(4, stat.size());
            FileCalls.close(fd);
        } else if (bytes < 0) {
            assertEquals(NOT_SUPPORTED, bytes);
            assertEquals(NOT_SUPPORTED, calls.openHandle(directory.number(), handle));
        }
        done(file);
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void fileWithoutADescriptorHasNoAttributesOfUsers(NodeCalls calls) {
        int fifo = TreeCalls.makeNode(directory.number(), name("fifo"), 0x1000 | 0600, 0);
        assertEquals(0, fifo);
        NodeRef node = node(calls, "fifo");
        MemorySegment into = arena.allocate(100);
        assertTrue(calls.setXattr(node, name("user.a"), into, 0) < 0);
        assertTrue(calls.getXattr(node, name("user.a"), into) < 0);
        assertTrue(calls.removeXattr(node, name("user.a")) < 0);
        assertTrue(calls.listXattr(node, into) >= 0);
        assertEquals(0, calls.setMode(node, 0600));
        done(node);
    }

    @Test
    void callsAreThoseOfThisHost() {
        boolean path = NodeCalls.areNamesOfDescriptors();
        assertEquals(path, NodeCalls.ofHost() instanceof ProcNodeCalls);
        assertEquals(path, NodeCalls.ofWorkingDirectory() instanceof ProcNodeCalls);
    }

    @Test
    void namesWithLengthsBecomeThoseOfLinux() {
        byte[] names = {1, 'a', 3, 'b', 'c', 'd', 9, 'x'};
        MemorySegment into = arena.allocate(30);
        assertEquals(7 + 9 + 7, FdXattrs.ofLengths(names, into));
        byte[] made = into.asSlice(0, 23).toArray(ValueLayout.JAVA_BYTE);
        assertEquals("user.a\0user.bcd\0user.x\0", new String(made, StandardCharsets.US_ASCII));
        assertEquals(-Errno.ERANGE.number(), FdXattrs.ofLengths(names, arena.allocate(20)));
    }

    @Test
    void emptyNamesStandForTheFileItself() {
        assumeTrue(Capability.PATH_FDS.available(), "no descriptors that only name a file");
        EmptyPathNodeCalls calls = new EmptyPathNodeCalls();
        NodeRef file = node(calls, "file");
        MemorySegment into = arena.allocate(100);
        assertEquals(0, calls.setOwner(file, -1, -1));
        assertEquals(0, calls.setTimes(file, 1, 0, 2, 0));
        assertEquals(0, stat.load(file));
        assertEquals(2, stat.seconds(FileStat.Time.MODIFICATION));
        assertEquals(NOT_SUPPORTED, calls.handleOf(file, into));
        assertEquals(NOT_SUPPORTED, calls.openHandle(0, into));
        // Linux cannot open a file by an empty name.
        assertEquals(-Errno.ENOENT.number(), calls.reopen(file, OpenFlags.READ_ONLY));
        assertEquals(-Errno.ENOENT.number(), calls.nameOf(file.at()));
        assertEquals(-Errno.ENOENT.number(), calls.getXattr(file, name("user.a"), into));
        assertEquals(-Errno.ENOENT.number(), calls.listXattr(file, into));
        assertEquals(-Errno.ENOENT.number(), calls.setXattr(file, name("user.a"), into, 0));
        assertEquals(-Errno.ENOENT.number(), calls.removeXattr(file, name("user.a")));
        int linked = calls.link(file, directory.number(), name("other")); // takes a capability
        assertTrue(linked == 0 || linked == -Errno.ENOENT.number());
        assertTrue(calls.setMode(file, 0600) <= 0);
        NodeRef link = node(calls, "link");
        assertEquals(4, calls.readLink(link, into));
        done(link);
        done(file);
    }
}
