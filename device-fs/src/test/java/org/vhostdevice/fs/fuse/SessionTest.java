package org.vhostdevice.fs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;
import org.vhostdevice.fs.fuse.FuseRig.Answer;

/// INIT begins a session, with what both sides can do.
class SessionTest {
    private static final int EIO = 5;
    private static final int EPROTO = 71;
    private static final byte[] NAME = Wire.le().text("name").bytes();

    /// What is granted without options: bits 0, 1, 3, 5, 10 to 15, 18, 22, 27, 30, 34, 40.
    private static final long USUAL = 1L | 1 << 1 | 1 << 3 | 1 << 5 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14
            | 1 << 15 | 1 << 18 | 1 << 22 | 1 << 27 | 1 << 30 | 1L << 34 | 1L << 40;

    private final FakeFiles files = new FakeFiles();

    @AfterEach
    void close() {
        files.close();
    }

    private static long flags(Answer answer) {
        return Integer.toUnsignedLong(answer.body().getInt(12))
                | Integer.toUnsignedLong(answer.body().getInt(32)) << 32;
    }

    private long granted(CachePolicy cache, Readdirplus plus, Ability... abilities) {
        Set<Ability> set = EnumSet.noneOf(Ability.class);
        set.addAll(List.of(abilities));
        return flags(new FuseRig(files, new FuseOptions(cache, plus, set)).init(45, -1L));
    }

    @Test
    void sessionIsBegunOfTheNewestVersion() {
        Answer answer = new FuseRig(files, FuseOptions.DEFAULT).init(45, -1L);
        ByteBuffer body = answer.body();
        assertEquals(0, answer.error());
        assertEquals(64, body.capacity());
        assertEquals(7, body.getInt(0));
        assertEquals(45, body.getInt(4));
        assertEquals(65_536, body.getInt(8));
        assertEquals(65_535, Short.toUnsignedInt(body.getShort(16)));
        assertEquals(49_149, Short.toUnsignedInt(body.getShort(18)));
        assertEquals(1 << 20, body.getInt(20));
        assertEquals(1, body.getInt(24));
        assertEquals(256, body.getShort(28));
        assertEquals(USUAL, flags(answer));
        assertEquals(List.of("reset"), files.calls());
    }

    @ParameterizedTest
    @CsvSource({"27, 27", "38, 38", "45, 45", "46, 45", "1000, 45"})
    void commonVersionIsTheSmaller(int guests, int common) {
        assertEquals(
                common,
                new FuseRig(files, FuseOptions.DEFAULT).init(guests, -1L).body().getInt(4));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 26})
    void olderVersionsAreRefused(int minor) {
        assertEquals(
                EPROTO, new FuseRig(files, FuseOptions.DEFAULT).init(minor, -1L).error());
    }

    @Test
    void newerMajorVersionIsAskedToComeBack() {
        FuseRig rig = new FuseRig(files, FuseOptions.DEFAULT);
        byte[] body = Arrays.copyOf(rig.wire().u32(8).u32(1).bytes(), 64);
        Answer answer = rig.send(26, 0, body);
        assertEquals(0, answer.error());
        assertEquals(7, answer.body().getInt(0));
        assertEquals(EIO, rig.send(1, 1, NAME).error());
        assertEquals(0, rig.init(45, -1L).error());
        assertEquals(
                EPROTO,
                rig.send(26, 0, Arrays.copyOf(rig.wire().u32(6).u32(45).bytes(), 64))
                        .error());
    }

    @Test
    void flagsAreOnlyThoseThatTheGuestOffers() {
        FuseRig rig = new FuseRig(files, FuseOptions.DEFAULT);
        assertEquals(1 << 5, flags(rig.init(45, 1 << 5)));
        long withoutMore = -1L & ~(1 << 30); // the second word means nothing then
        assertEquals(USUAL & 0xffff_ffffL & withoutMore, flags(rig.init(45, withoutMore)));
    }

    @Test
    void requestsAreSmallWithoutMaxPages() {
        ByteBuffer body =
                new FuseRig(files, FuseOptions.DEFAULT).init(45, 1 << 5).body();
        assertEquals(131_072, body.getInt(20));
        assertEquals(0, body.getShort(28));
    }

    @Test
    void flagsFollowOptions() {
        CachePolicy auto = CachePolicy.AUTO;
        long plain = USUAL & ~(1 << 27);
        assertEquals(plain, granted(auto, Readdirplus.AUTO));
        assertEquals(plain & ~(1 << 14), granted(auto, Readdirplus.ALWAYS));
        assertEquals(plain & ~(3 << 13), granted(auto, Readdirplus.NEVER));
        assertEquals(plain | 1 << 23, granted(CachePolicy.ALWAYS, Readdirplus.AUTO));
        assertEquals(plain | 1 << 16, granted(auto, Readdirplus.AUTO, Ability.WRITEBACK));
        assertEquals(plain | 1 << 28, granted(auto, Readdirplus.AUTO, Ability.KILLPRIV_V2));
        assertEquals(plain | 1L << 36, granted(auto, Readdirplus.AUTO, Ability.ALLOW_MMAP));
        assertEquals(plain | 1L << 32, granted(auto, Readdirplus.AUTO, Ability.SECURITY_LABEL));
        assertEquals(plain & ~(1 << 1 | 1 << 10), granted(auto, Readdirplus.AUTO, Ability.GUEST_LOCKS));
        assertEquals(plain | 1 << 6 | 1 << 20 | 1 << 29, granted(auto, Readdirplus.AUTO, Ability.POSIX_ACL));
        assertEquals(plain, granted(auto, Readdirplus.AUTO, Ability.READONLY, Ability.XATTR, Ability.DIRECT_IO));
    }

    @Test
    void shortInitOfOldGuestsIsEnough() {
        FuseRig rig = new FuseRig(files, FuseOptions.DEFAULT);
        byte[] body = rig.wire().u32(7).u32(31).u32(65_536).u32(1 << 5).bytes();
        Answer answer = rig.send(26, 0, body);
        assertEquals(0, answer.error());
        assertEquals(1 << 5, flags(answer));
    }

    @Test
    void nothingIsServedBeforeInitAndAfterDestroy() {
        FuseRig rig = new FuseRig(files, FuseOptions.DEFAULT);
        assertEquals(EIO, rig.send(1, 1, NAME).error());
        rig.begin();
        assertEquals(0, rig.send(1, 1, NAME).error());
        assertEquals(0, rig.send(38, 0).error());
        assertEquals(EIO, rig.send(1, 1, NAME).error());
        assertEquals(List.of("reset", "lookup 1000:1001 1 name", "reset"), files.calls());
    }

    @Test
    void initBeginsAnotherSessionPerhapsInTheOtherOrder() {
        FuseOptions options = FuseOptions.DEFAULT;
        FuseServer server = new FuseServer(files, options);
        FuseRig little = new FuseRig(files, server, ByteOrder.LITTLE_ENDIAN);
        FuseRig big = new FuseRig(files, server, ByteOrder.BIG_ENDIAN);
        assertEquals(0, little.init(45, -1L).error());
        assertEquals(0, little.send(1, 1, NAME).error());
        assertEquals(0, big.init(45, -1L).error());
        assertEquals(0, big.send(1, 1, NAME).error());
        assertEquals(0, little.init(38, -1L).error());
        assertEquals(0, little.send(1, 1, NAME).error());
        assertEquals(3, files.calls().stream().filter("reset"::equals).count());
    }
}
