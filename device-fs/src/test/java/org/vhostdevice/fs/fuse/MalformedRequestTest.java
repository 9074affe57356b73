package org.vhostdevice.fs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;

/// Whatever a guest sends that a driver would not, costs an answer with an error and nothing else.
class MalformedRequestTest {
    private static final int EROFS = 30;
    private static final int EINVAL = 22;
    private static final int ENAMETOOLONG = 36;
    private static final int ENOSYS = 38;
    private static final long NODE = 5;

    private final FakeFiles files = new FakeFiles();
    private final FuseRig rig = new FuseRig(files, FuseOptions.DEFAULT);

    @BeforeEach
    void begin() {
        FuseRig _ = rig.begin();
        List<String> _ = files.calls();
    }

    @AfterEach
    void nothingWasDone() {
        assertEquals(List.of(), files.calls());
        files.close();
    }

    private void refused(int error, int opcode, byte... body) {
        assertEquals(error, rig.send(opcode, NODE, body).error());
    }

    @ParameterizedTest
    @EnumSource
    void tooFewArgumentsAreInvalid(Opcode opcode) {
        for (int bytes = 0; bytes < opcode.leastArguments(); bytes++) {
            FuseRig.Answer answer = rig.send(opcode.number(), NODE, new byte[bytes]);
            assertEquals(opcode.silent() ? 0 : EINVAL, answer.error());
            assertEquals(opcode.silent() ? 0 : 16, answer.bytes());
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersWithoutRoomAreInvalid(Opcode opcode) {
        byte[] body = new byte[opcode.leastArguments()];
        if (opcode.leastAnswer() > 0) {
            FuseRig.Answer answer = rig.send(opcode.number(), NODE, 16 + opcode.leastAnswer() - 1, body);
            assertEquals(EINVAL, answer.error());
        }
        if (!opcode.silent()) {
            assertEquals(0, rig.send(opcode.number(), NODE, 15, body).bytes());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 39})
    void shorterThanItsHeaderHasNoAnswer(int bytes) {
        assertEquals(0, rig.raw(new byte[bytes], 4096).bytes());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 39, 40, 55, 57, 1 << 20, -1})
    void anotherLengthThanItSaysIsInvalid(int length) {
        assertEquals(
                EINVAL,
                rig.raw(rig.request(3, NODE, new byte[16], length), 4096).error());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 19, 37, 40, 41, 48, 49, 54, 200, 4096, 1_048_576, Integer.MAX_VALUE, -1})
    void unknownOperationsAreNotServed(int opcode) {
        assertEquals(ENOSYS, rig.send(opcode, NODE, new byte[64]).error());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "/", "a/b", "../a", "/etc", "a/"})
    void badNamesAreInvalid(String name) {
        byte[] one = Wire.le().text(name).bytes();
        byte[] first = Wire.le().text(name).text("b").bytes();
        refused(EINVAL, 1, one);
        refused(EINVAL, 6, first);
        refused(EINVAL, 8, Wire.le().u64(0).u64(0).text(name).bytes());
        refused(EINVAL, 9, Wire.le().u64(0).text(name).bytes());
        refused(EINVAL, 10, one);
        refused(EINVAL, 11, one);
        refused(EINVAL, 12, Wire.le().u64(6).text(name).text("b").bytes());
        refused(EINVAL, 12, Wire.le().u64(6).text("b").text(name).bytes());
        refused(EINVAL, 45, Wire.le().u64(6).u64(0).text(name).text("b").bytes());
        refused(EINVAL, 45, Wire.le().u64(6).u64(0).text("b").text(name).bytes());
        refused(EINVAL, 13, Wire.le().u64(6).text(name).bytes());
        refused(EINVAL, 35, Wire.le().u64(0).u64(0).text(name).bytes());
    }

    @Test
    void nameWithoutNulIsInvalid() {
        refused(EINVAL, 1, Wire.le().raw("name").bytes());
        refused(EINVAL, 6, Wire.le().text("name").raw("target").bytes());
        refused(EINVAL, 12, Wire.le().u64(6).text("name").raw("other").bytes());
    }

    @Test
    void longNamesAreTooLong() {
        byte[] most = Wire.le().text("x".repeat(255)).bytes();
        assertEquals(0, rig.send(1, NODE, most).error());
        assertEquals(1, files.calls().size());
        refused(ENAMETOOLONG, 1, Wire.le().text("x".repeat(256)).bytes());
        refused(ENAMETOOLONG, 6, Wire.le().text("name").text("x".repeat(4096)).bytes());
    }

    @Test
    void lengthsInArgumentsThatLieAreInvalid() {
        FuseRig with = new FuseRig(files, new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, Set.of(Ability.XATTR)));
        FuseRig _ = with.begin();
        List<String> _ = files.calls();
        byte[] value = Wire.le().u32(6).u32(0).text("user.a").raw("value").bytes();
        assertEquals(EINVAL, with.send(21, NODE, value).error());
        byte[] negative = Wire.le().u32(-1).u32(0).text("user.a").raw("value").bytes();
        assertEquals(EINVAL, with.send(21, NODE, negative).error());
        refused(
                EINVAL,
                16,
                Wire.le().u64(1).u64(0).u32(4).u32(0).u64(0).u64(0).raw("abc").bytes());
        refused(
                EINVAL,
                16,
                Wire.le().u64(1).u64(0).u32(-1).u32(0).u64(0).u64(0).raw("abc").bytes());
        refused(
                EINVAL,
                39,
                Wire.le().u64(1).u32(0).u32(1).u64(0).u32(9).u32(0).raw("abc").bytes());
        refused(
                EINVAL,
                39,
                Wire.le().u64(1).u32(0).u32(1).u64(0).u32(0).u32(100_000).bytes());
        refused(EINVAL, 28, Wire.le().u64(1).u64(0).u32(-1).u32(0).u64(0).u64(0).bytes());
    }

    @Test
    void batchThatIsShorterThanItSaysEndsThere() {
        byte[] body = Wire.le().u32(1000).u32(0).u64(11).u64(1).bytes();
        assertEquals(0, rig.send(42, 0, 0, body).bytes());
        assertEquals(List.of("forget 11 1"), files.calls());
    }

    @Test
    void numbersOutOfRangeAreInvalid() {
        refused(EINVAL, 15, Wire.le().u64(1).u64(-1).u32(4).u32(0).u64(0).u64(0).bytes());
        refused(EINVAL, 16, Wire.le().u64(1).u64(-1).u32(0).u32(0).u64(0).u64(0).bytes());
        refused(EINVAL, 46, Wire.le().u64(1).u64(0).u32(0).u32(0).bytes());
        refused(
                EINVAL,
                47,
                Wire.le().u64(1).u64(-1).u64(0).u64(0).u64(0).u64(1).u64(0).bytes());
        refused(
                EINVAL,
                47,
                Wire.le().u64(1).u64(0).u64(0).u64(0).u64(0).u64(1).u64(1).bytes());
        refused(
                EINVAL,
                32,
                Wire.le().u64(1).u64(0).u64(5).u64(4).u32(0).u32(0).u64(0).bytes());
        refused(
                EINVAL,
                32,
                Wire.le().u64(1).u64(0).u64(-5).u64(4).u32(0).u32(0).u64(0).bytes());
        refused(
                EINVAL,
                32,
                Wire.le().u64(1).u64(0).u64(0).u64(4).u32(3).u32(0).u64(0).bytes());
        byte[] time = new byte[88];
        time[0] = 1 << 4;
        Arrays.fill(time, 56, 60, (byte) 0x7f);
        refused(EINVAL, 4, time);
    }

    @Test
    void requestsOfMoreThanAllMayHaveAreInvalid() {
        refused(EINVAL, 1, new byte[300 << 10]);
    }

    @Test
    void answersOfAnyLengthNeedRoomToo() {
        FuseRig with = new FuseRig(files, new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, Set.of(Ability.XATTR)));
        FuseRig _ = with.begin();
        List<String> _ = files.calls();
        byte[] length = Wire.le().u32(0).u32(0).text("user.a").bytes();
        byte[] value = Wire.le().u32(9).u32(0).text("user.a").bytes();
        assertEquals(EINVAL, with.send(5, NODE, 16).error());
        assertEquals(EINVAL, with.send(22, NODE, 16, value).error());
        assertEquals(EINVAL, with.send(22, NODE, 23, length).error());
        assertEquals(EINVAL, with.send(23, NODE, 16, value).error());
        assertEquals(EINVAL, with.send(23, NODE, 23, length).error());
    }

    @Test
    void readOnlyRefusesChanges() {
        FuseRig readOnly =
                new FuseRig(files, new FuseOptions(CachePolicy.AUTO, Readdirplus.AUTO, Set.of(Ability.READONLY)));
        FuseRig _ = readOnly.begin();
        for (int opcode : new int[] {4, 6, 8, 9, 10, 11, 12, 13, 16, 21, 24, 35, 43, 45, 47, 51, 53}) {
            assertEquals(EROFS, readOnly.send(opcode, NODE, new byte[100]).error(), "operation " + opcode);
        }
        assertEquals(
                EROFS, readOnly.send(14, NODE, Wire.le().u32(2).u32(0).bytes()).error());
        assertEquals(
                EROFS,
                readOnly.send(14, NODE, Wire.le().u32(01000).u32(0).bytes()).error());
        assertEquals(
                EROFS, readOnly.send(34, NODE, Wire.le().u32(2).u32(0).bytes()).error());
        byte[] set =
                Wire.le().u64(1).u32(0).u32(0x4008_6602).u64(0).u32(0).u32(0).bytes();
        assertEquals(EROFS, readOnly.send(39, NODE, set).error());
        assertEquals(List.of("reset"), files.calls());
        assertNotEquals(EROFS, readOnly.send(14, NODE, new byte[8]).error());
        assertEquals(1, files.calls().size());
    }

    @Test
    void withoutExtendedAttributesTheyAreNotServed() {
        refused(ENOSYS, 21, Wire.le().u32(0).u32(0).text("user.a").bytes());
        refused(ENOSYS, 22, Wire.le().u32(0).u32(0).text("user.a").bytes());
        refused(ENOSYS, 23, new byte[8]);
        refused(ENOSYS, 24, Wire.le().text("user.a").bytes());
    }
}
