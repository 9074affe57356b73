package org.vhostdevice.fs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vhostdevice.core.sys.Errno;
import org.vhostdevice.core.sys.FileStat;
import org.vhostdevice.core.sys.FileStat.Time;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;
import org.vhostdevice.fs.fuse.FuseRig.Answer;

/// Answers are laid out as in `linux/fuse.h`.
class ReplyLayoutTest {
    private static final long NODE = 5;
    private static final int DAY = 86_400;

    private final FakeFiles files = new FakeFiles();

    @AfterEach
    void close() {
        files.close();
    }

    private FuseRig rig(CachePolicy cache) {
        EnumSet<Ability> abilities = EnumSet.of(Ability.XATTR, Ability.SUBMOUNTS);
        return new FuseRig(files, new FuseOptions(cache, Readdirplus.AUTO, abilities)).begin();
    }

    private static byte[] name() {
        return Wire.le().text("name").bytes();
    }

    private void checkAttributes(ByteBuffer body, int at, int flags) {
        FileStat stat = files.attributes();
        assertEquals(stat.inode(), body.getLong(at));
        assertEquals(stat.size(), body.getLong(at + 8));
        assertEquals(stat.blocks(), body.getLong(at + 16));
        assertEquals(stat.seconds(Time.ACCESS), body.getLong(at + 24));
        assertEquals(stat.seconds(Time.MODIFICATION), body.getLong(at + 32));
        assertEquals(stat.seconds(Time.CHANGE), body.getLong(at + 40));
        assertEquals(stat.nanos(Time.ACCESS), body.getInt(at + 48));
        assertEquals(stat.nanos(Time.MODIFICATION), body.getInt(at + 52));
        assertEquals(stat.nanos(Time.CHANGE), body.getInt(at + 56));
        assertEquals(stat.mode(), body.getInt(at + 60));
        assertEquals(stat.links(), body.getInt(at + 64));
        assertEquals(stat.uid(), body.getInt(at + 68));
        assertEquals(stat.gid(), body.getInt(at + 72));
        assertEquals(0, body.getInt(at + 76));
        assertEquals(stat.blockSize(), body.getInt(at + 80));
        assertEquals(flags, body.getInt(at + 84));
    }

    @Test
    void entryHas128Bytes() {
        Answer answer = rig(CachePolicy.ALWAYS).send(1, NODE, 16 + 128, name());
        ByteBuffer body = answer.body();
        assertEquals(128, body.capacity());
        assertEquals(FakeFiles.NODE, body.getLong(0));
        assertEquals(0, body.getLong(8));
        assertEquals(DAY, body.getLong(16));
        assertEquals(DAY, body.getLong(24));
        assertEquals(0, body.getLong(32));
        checkAttributes(body, 40, 0);
    }

    @Test
    void rootOfAnotherMountIsTold() {
        files.submount(true);
        checkAttributes(rig(CachePolicy.AUTO).send(1, NODE, name()).body(), 40, 1);
    }

    @ParameterizedTest
    @EnumSource
    void attributesAreGoodForAsLongAsThePolicySays(CachePolicy cache) {
        int seconds = switch (cache) {
            case AUTO -> 1;
            case ALWAYS, METADATA -> DAY;
            case NEVER -> 0;
        };
        ByteBuffer body = rig(cache).send(3, NODE, 16 + 104, new byte[16]).body();
        assertEquals(104, body.capacity());
        assertEquals(seconds, body.getLong(0));
        assertEquals(0, body.getLong(8));
        checkAttributes(body, 16, 0);
    }

    @ParameterizedTest
    @EnumSource
    void openFilesAreCachedAsThePolicySays(CachePolicy cache) {
        int fileFlags = switch (cache) {
            case AUTO -> 0;
            case ALWAYS -> 2;
            case NEVER, METADATA -> 1 | 1 << 6;
        };
        int directoryFlags = switch (cache) {
            case AUTO, NEVER -> 0;
            case ALWAYS, METADATA -> 2 | 8;
        };
        FuseRig rig = rig(cache);
        checkOpen(rig.send(14, NODE, 32, new byte[8]).body(), 0, fileFlags);
        checkOpen(rig.send(27, NODE, 32, new byte[8]).body(), 0, directoryFlags);
        ByteBuffer created = rig.send(
                        35, NODE, 160, Wire.le().u64(0).u64(0).text("name").bytes())
                .body();
        assertEquals(144, created.capacity());
        assertEquals(FakeFiles.NODE, created.getLong(0));
        checkOpen(created, 128, fileFlags);
    }

    @Test
    void closingIsOfNoInterestWithoutLocksOfTheHost() {
        FuseOptions options = new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, EnumSet.of(Ability.GUEST_LOCKS));
        FuseRig rig = new FuseRig(files, options).begin();
        checkOpen(rig.send(14, NODE, 32, new byte[8]).body(), 0, 1 << 5);
        checkOpen(rig.send(27, NODE, 32, new byte[8]).body(), 0, 0);
    }

    @ParameterizedTest
    @EnumSource
    void namesThatAreNotThereAreRememberedForASecond(CachePolicy cache) {
        files.fail("lookup", Errno.ENOENT);
        Answer answer = rig(cache).send(1, NODE, name());
        if (cache == CachePolicy.NEVER) {
            assertEquals(2, answer.error());
            return;
        }
        assertEquals(0, answer.error());
        ByteBuffer wanted =
                ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN).putLong(16, 1);
        assertEquals(wanted, answer.body());
    }

    private static void checkOpen(ByteBuffer body, int at, int flags) {
        assertEquals(at + 16, body.capacity());
        assertEquals(FakeFiles.HANDLE, body.getLong(at));
        assertEquals(flags, body.getInt(at + 8));
        assertEquals(0, body.getInt(at + 12));
    }

    @Test
    void statxHasTheTimeOfBirth() {
        ByteBuffer body =
                rig(CachePolicy.AUTO).send(52, NODE, 16 + 288, new byte[24]).body();
        FileStat stat = files.attributes();
        assertEquals(288, body.capacity());
        assertEquals(1, body.getLong(0));
        assertEquals(stat.birthKnown() ? 0xfff : 0x7ff, body.getInt(32));
        assertEquals(stat.blockSize(), body.getInt(36));
        assertEquals(stat.links(), body.getInt(48));
        assertEquals(stat.uid(), body.getInt(52));
        assertEquals(stat.gid(), body.getInt(56));
        assertEquals(stat.mode(), Short.toUnsignedInt(body.getShort(60)));
        assertEquals(stat.inode(), body.getLong(64));
        assertEquals(stat.size(), body.getLong(72));
        assertEquals(stat.blocks(), body.getLong(80));
        Time[] times = {Time.ACCESS, Time.BIRTH, Time.CHANGE, Time.MODIFICATION};
        for (int i = 0; i < times.length; i++) {
            assertEquals(stat.seconds(times[i]), body.getLong(96 + 16 * i));
            assertEquals(stat.nanos(times[i]), body.getInt(96 + 16 * i + 8));
        }
    }

    @Test
    void dataIsBehindTheHeader() {
        byte[] read = Wire.le().u64(1).u64(0).u32(100).u32(0).u64(0).u64(0).bytes();
        ByteBuffer body = rig(CachePolicy.AUTO).send(15, NODE, read).body();
        assertEquals("content", StandardCharsets.UTF_8.decode(body).toString());
        ByteBuffer cut = rig(CachePolicy.AUTO).send(15, NODE, 16 + 3, read).body();
        assertEquals("con", StandardCharsets.UTF_8.decode(cut).toString());
    }

    @Test
    void writtenBytesAreTold() {
        byte[] write =
                Wire.le().u64(1).u64(0).u32(3).u32(0).u64(0).u64(0).raw("abc").bytes();
        ByteBuffer body = rig(CachePolicy.AUTO).send(16, NODE, 24, write).body();
        assertEquals(8, body.capacity());
        assertEquals(3, body.getLong(0));
    }

    @Test
    void entriesOfDirectoriesAreAligned() {
        byte[] read = Wire.le()
                .u64(1)
                .u64(0)
                .u32(24 + 8 + 24 + 8)
                .u32(0)
                .u64(0)
                .u64(0)
                .bytes();
        ByteBuffer body = rig(CachePolicy.AUTO).send(28, NODE, read).body();
        assertEquals(64, body.capacity()); // without room for the third
        checkEntry(body, 0, 100, 1, 0);
        checkEntry(body, 32, 101, 1, 1);
        byte[] more = Wire.le().u64(1).u64(0).u32(4000).u32(0).u64(0).u64(0).bytes();
        ByteBuffer all = rig(CachePolicy.AUTO).send(28, NODE, more).body();
        assertEquals(64 + 24 + 16, all.capacity());
        checkEntry(all, 64, 102, 11, 2);
        assertEquals('e', all.get(64 + 24));
        assertEquals(0, all.get(64 + 24 + 11));
    }

    private static void checkEntry(ByteBuffer body, int at, long inode, int nameBytes, int type) {
        assertEquals(inode, body.getLong(at));
        assertEquals(inode + 100, body.getLong(at + 8));
        assertEquals(nameBytes, body.getInt(at + 16));
        assertEquals(type, body.getInt(at + 20));
    }

    @Test
    void entriesMayHaveAttributes() {
        byte[] read = Wire.le().u64(1).u64(0).u32(4000).u32(0).u64(0).u64(0).bytes();
        ByteBuffer body = rig(CachePolicy.AUTO).send(44, NODE, read).body();
        assertEquals(3 * 152 + 8 + 8 + 16, body.capacity());
        assertEquals(0, body.getLong(0)); // a dot is not looked up
        checkEntry(body, 128, 100, 1, 0);
        assertEquals(FakeFiles.NODE, body.getLong(160));
        checkAttributes(body, 160 + 40, 0);
        checkEntry(body, 160 + 128, 101, 1, 4); // a directory, as the attributes say
    }

    @Test
    void statfsHas80Bytes() {
        ByteBuffer body = rig(CachePolicy.AUTO).send(17, NODE, 96).body();
        assertEquals(80, body.capacity());
        assertEquals(3, body.getLong(0));
        assertEquals(4, body.getLong(8));
        assertEquals(5, body.getLong(16));
        assertEquals(6, body.getLong(24));
        assertEquals(7, body.getLong(32));
        assertEquals(1, body.getInt(40));
        assertEquals(8, body.getInt(44));
        assertEquals(2, body.getInt(48));
    }

    @Test
    void lengthOfAttributeIsToldOrItsValue() {
        FuseRig rig = rig(CachePolicy.AUTO);
        byte[] ask = Wire.le().u32(0).u32(0).text("user.a").bytes();
        assertEquals(7, rig.send(22, NODE, 24, ask).body().getLong(0));
        assertEquals(7, rig.send(23, NODE, 24, new byte[8]).body().getLong(0));
        byte[] take = Wire.le().u32(7).u32(0).text("user.a").bytes();
        assertEquals(
                "content",
                StandardCharsets.UTF_8
                        .decode(rig.send(22, NODE, 16 + 7, take).body())
                        .toString());
        byte[] few = Wire.le().u32(3).u32(0).text("user.a").bytes();
        assertEquals(Errno.linux(Errno.ERANGE.number()), rig.send(22, NODE, few).error());
    }

    @Test
    void largeAttributesHaveRoom() {
        files.content("x".repeat(60_000));
        byte[] take = Wire.le().u32(65_536).u32(0).text("user.a").bytes();
        assertEquals(
                60_000,
                rig(CachePolicy.AUTO).send(22, NODE, 70_000, take).body().capacity());
    }

    @Test
    void lockInTheWayIsTold() {
        byte[] lock = Wire.le()
                .u64(1)
                .u64(2)
                .u64(0)
                .u64(9)
                .u32(0)
                .u32(0)
                .u32(0)
                .u32(0)
                .bytes();
        ByteBuffer body = rig(CachePolicy.AUTO).send(31, NODE, 40, lock).body();
        assertEquals(24, body.capacity());
        assertEquals(11, body.getLong(0));
        assertEquals(22, body.getLong(8));
        assertEquals(1, body.getInt(16));
        assertEquals(33, body.getInt(20));
    }

    @Test
    void positionsAndCopiesAreTold() {
        FuseRig rig = rig(CachePolicy.AUTO);
        byte[] seek = Wire.le().u64(1).u64(1L << 40).u32(3).u32(0).bytes();
        assertEquals((1L << 40) + 1, rig.send(46, NODE, 24, seek).body().getLong(0));
        byte[] copy = Wire.le()
                .u64(1)
                .u64(0)
                .u64(0)
                .u64(2)
                .u64(0)
                .u64(1L << 40)
                .u64(0)
                .bytes();
        assertEquals(0x7fff_f000L, rig.send(47, NODE, 24, copy).body().getLong(0));
        assertEquals(1L << 40, rig.send(53, NODE, 24, copy).body().getLong(0));
    }

    @Test
    void resultOfIoctlIsInFrontOfItsData() {
        byte[] ioctl =
                Wire.le().u64(1).u32(0).u32(0x8008_6601L).u64(0).u32(0).u32(7).bytes();
        ByteBuffer body = rig(CachePolicy.AUTO).send(39, NODE, ioctl).body();
        assertEquals(16 + 7, body.capacity());
        assertEquals(0, body.getLong(0));
        assertEquals('c', body.get(16));
    }

    @Test
    void linkIsWithoutNul() {
        Answer answer = rig(CachePolicy.AUTO).send(5, NODE);
        assertEquals("content", StandardCharsets.UTF_8.decode(answer.body()).toString());
    }

    @Test
    void answersHaveTheGuestsOrder() {
        try (FuseRig rig = new FuseRig(new FakeFiles(), FuseOptions.DEFAULT, ByteOrder.BIG_ENDIAN)) {
            ByteBuffer body = rig.begin().send(1, NODE, name()).body();
            assertEquals(FakeFiles.NODE, body.getLong(0));
            checkAttributes(body, 40, 0);
        }
    }
}
