package org.vhostdevice.fs.passthrough;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.vhostdevice.fs.passthrough.Share.name;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vhostdevice.core.memory.SegmentBuffers;
import org.vhostdevice.core.sys.FileCalls;
import org.vhostdevice.core.testkit.OpenFiles;
import org.vhostdevice.core.testkit.Seeded;
import org.vhostdevice.fs.passthrough.PassthroughOptions.Trait;
import org.vhostdevice.fs.vfs.AttributeChange;
import org.vhostdevice.fs.vfs.FileLock;
import org.vhostdevice.fs.vfs.FileSystem;
import org.vhostdevice.fs.vfs.FsException;

@DisplayName("Mixed operations for a long time leave nothing behind")
@ExtendWith(Seeded.class)
class SoakTest {
    private static final int ROUND = 20_000;
    private static final int FEW_ROUNDS = 3;
    private static final int MANY_ROUNDS = 150;
    private static final int HELD = 64;
    private static final int NAMES = 40;
    private static final long SLACK = 8 << 20;

    @TempDir
    Path root;

    private final MemorySegment room = Arena.ofAuto().allocate(4096);
    private final MemorySegment attribute = name("user.a");
    private final MemorySegment[] names =
            IntStream.range(0, NAMES).mapToObj(i -> name("n" + i)).toArray(MemorySegment[]::new);
    private final List<long[]> handles = new ArrayList<>();
    private final long[] nodes = new long[HELD];

    @Test
    void fewRounds(RandomGenerator random) throws Exception {
        run(random, FEW_ROUNDS);
    }

    @Test
    @Tag("slow")
    void manyRounds(RandomGenerator random) throws Exception {
        run(random, MANY_ROUNDS);
    }

    private void run(RandomGenerator random, int rounds) throws Exception {
        PassthroughOptions options =
                PassthroughOptions.of(root).with(new FdLimits(HELD / 2, 1000), FileHandleMode.PREFER);
        try (Share share = new Share(options.with(Trait.XATTR))) {
            round(share, random);
            letGo(share);
            List<String> files = OpenFiles.below(root);
            long memory = usedMemory();
            for (int i = 1; i < rounds; i++) {
                round(share, random);
                letGo(share);
                assertEquals(1, ((PassthroughFileSystem) share.system).nodeCount());
                assertEquals(files, OpenFiles.below(root));
            }
            long grown = usedMemory() - memory;
            assertTrue(grown < SLACK, () -> grown + " bytes more are in use");
        }
    }

    private static long usedMemory() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private void round(Share share, RandomGenerator random) {
        for (int i = 0; i < ROUND; i++) {
            try {
                long node = nodes[random.nextInt(HELD)];
                operation(share, random, node == 0 ? FileSystem.ROOT : node);
            } catch (FsException e) {
                // most often there is no such name, or it is of another type
            }
        }
    }

    private void operation(Share share, RandomGenerator random, long node) throws FsException {
        MemorySegment name = names[random.nextInt(NAMES)];
        FileSystem system = share.system;
        switch (random.nextInt(16)) {
            case 0, 1, 2 -> keep(share, random, system.lookup(share.caller, node, name));
            case 3 -> keep(share, random, system.mkdir(share.caller, node, name, 0755));
            case 4 -> {
                keep(share, random, system.create(share.caller, node, name, 0644, Share.O_RDWR, false));
                open(share, random, node, share.caller.handle());
            }
            case 5 -> open(share, random, node, system.open(share.caller, node, Share.O_RDWR, false));
            case 6 -> system.unlink(share.caller, node, name);
            case 7 -> system.rmdir(share.caller, node, name);
            case 8 -> system.rename(share.caller, node, name, node, names[random.nextInt(NAMES)], 0);
            case 9 -> keep(share, random, system.link(share.caller, nodes[0], node, name));
            case 10 -> keep(share, random, system.symlink(share.caller, node, name, names[1]));
            case 11 -> share.list(node, 7, false);
            case 12 -> share.change(node, AttributeChange.SIZE | AttributeChange.MODE, 0600, random.nextInt(9000));
            case 13 -> {
                system.setxattr(share.caller, node, attribute, room.asSlice(0, 10), 0, false);
                system.getxattr(share.caller, node, attribute, room);
            }
            case 14 -> {
                long owner = random.nextInt(5);
                int type = random.nextInt(3);
                system.setlk(share.caller, node, 0, new FileLock(owner, 0, 9, type, 1, false));
                system.flush(share.caller, node, 0, owner);
                assertTrue(type <= FileCalls.UNLOCK);
            }
            default -> useOpen(share, random);
        }
    }

    private void useOpen(Share share, RandomGenerator random) throws FsException {
        if (!handles.isEmpty()) {
            long handle = handles.get(random.nextInt(handles.size()))[1];
            SegmentBuffers buffers = new SegmentBuffers(room);
            share.system.write(share.caller, handle, random.nextInt(5000), buffers, 0, 10, false);
            share.system.read(share.caller, handle, random.nextInt(5000), buffers, 0, 100, true);
        }
    }

    private void open(Share share, RandomGenerator random, long node, long handle) throws FsException {
        handles.add(new long[] {node, handle});
        if (handles.size() > HELD) {
            long[] old = handles.remove(random.nextInt(HELD));
            share.system.release(share.caller, old[0], old[1]);
        }
    }

    private void keep(Share share, RandomGenerator random, long node) {
        int place = random.nextInt(HELD);
        share.system.forget(nodes[place], 1);
        nodes[place] = node;
    }

    private void letGo(Share share) throws FsException {
        for (int i = 0; i < HELD; i++) {
            share.system.forget(nodes[i], 1);
            nodes[i] = 0;
        }
        for (long[] each : handles) {
            share.system.release(share.caller, each[0], each[1]);
        }
        handles.clear();
    }
}
