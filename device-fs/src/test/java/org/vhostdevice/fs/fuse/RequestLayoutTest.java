package org.vhostdevice.fs.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.vhostdevice.fs.fuse.FuseOptions.Ability;
import org.vhostdevice.fs.fuse.FuseOptions.Readdirplus;

/// Requests as `linux/fuse.h` lays them out become operations, in both orders of bytes.
class RequestLayoutTest {
    private static final FuseOptions ALL = new FuseOptions(
            CachePolicy.AUTO,
            Readdirplus.AUTO,
            EnumSet.complementOf(EnumSet.of(Ability.READONLY, Ability.SECURITY_LABEL)));

    private static final long NODE = 5;
    private static final long FH = 0xa1a2_a3a4_a5a6_a7a8L;
    private static final String WHO = " 1000:1001 ";

    /// Arguments of a request, and what becomes of them.
    record Case(int opcode, byte[] body, String operation) {
        @Override
        public String toString() {
            return operation;
        }
    }

    private static Stream<Arguments> cases() {
        return Stream.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)
                .flatMap(order -> Stream.of(names(order), opens(order), moves(order), rest(order))
                        .flatMap(List::stream)
                        .map(each -> Arguments.of(order, each)));
    }

    private static List<Case> names(ByteOrder order) {
        return List.of(
                new Case(1, wire(order).text("name").bytes(), "lookup" + WHO + "5 name"),
                new Case(6, wire(order).text("name").text("../target").bytes(), "symlink" + WHO + "5 name ../target"),
                new Case(
                        8,
                        wire(order)
                                .u32(020666)
                                .u32(0x103)
                                .u32(022)
                                .u32(0)
                                .text("null")
                                .bytes(),
                        "mknod 1000:1001 umask 22 5 null 020666 259"),
                new Case(9, wire(order).u32(0755).u32(027).text("dir").bytes(), "mkdir 1000:1001 umask 27 5 dir 0755"),
                new Case(10, wire(order).text("name").bytes(), "unlink" + WHO + "5 name"),
                new Case(11, wire(order).text("name").bytes(), "rmdir" + WHO + "5 name"),
                new Case(12, wire(order).u64(6).text("a").text("b").bytes(), "rename" + WHO + "5 a 6 b 0"),
                new Case(
                        45, wire(order).u64(6).u32(2).u32(0).text("a").text("b").bytes(), "rename" + WHO + "5 a 6 b 2"),
                new Case(13, wire(order).u64(6).text("b").bytes(), "link" + WHO + "6 5 b"));
    }

    private static List<Case> opens(ByteOrder order) {
        return List.of(
                new Case(14, wire(order).u32(01002).u32(1).bytes(), "open" + WHO + "5 01002 true"),
                new Case(
                        35,
                        wire(order)
                                .u32(0102)
                                .u32(0100644)
                                .u32(022)
                                .u32(1)
                                .text("name")
                                .bytes(),
                        "create 1000:1001 umask 22 5 name 0100644 0102 true"),
                new Case(
                        51,
                        wire(order)
                                .u32(020000002)
                                .u32(0100600)
                                .u32(022)
                                .u32(0)
                                .text("/")
                                .bytes(),
                        "tmpfile 1000:1001 umask 22 5 0100600 020000002"),
                new Case(27, wire(order).u32(0).u32(0).bytes(), "opendir" + WHO + "5"),
                new Case(25, wire(order).u64(FH).u32(0).u32(0).u64(9).bytes(), "flush" + WHO + "5 " + FH + " 9"),
                new Case(18, wire(order).u64(FH).u32(0).u32(0).u64(9).bytes(), "release" + WHO + "5 " + FH),
                new Case(29, wire(order).u64(FH).u32(0).u32(0).u64(9).bytes(), "releasedir" + WHO + FH),
                new Case(20, wire(order).u64(FH).u32(1).u32(0).bytes(), "fsync" + WHO + "5 " + FH + " true"),
                new Case(30, wire(order).u64(FH).u32(0).u32(0).bytes(), "fsync" + WHO + "5 " + FH + " false"));
    }

    private static List<Case> moves(ByteOrder order) {
        Wire head =
                wire(order).u64(FH).u64(1L << 33).u32(5).u32(4).u64(9).u32(0).u32(0);
        Wire read =
                wire(order).u64(FH).u64(1L << 33).u32(5).u32(0).u64(9).u32(0).u32(0);
        return List.of(
                new Case(15, read.bytes(), "read" + WHO + FH + " 8589934592 16 5 false"),
                new Case(16, head.raw("bytes").bytes(), "write" + WHO + FH + " 8589934592 bytes true"),
                new Case(28, read.bytes(), "readdir" + WHO + "5 " + FH + " 8589934592 false"),
                new Case(44, read.bytes(), "readdir" + WHO + "5 " + FH + " 8589934592 true"),
                new Case(
                        43, wire(order).u64(FH).u64(1).u64(2).u32(3).u32(0).bytes(), "fallocate" + WHO + FH + " 3 1 2"),
                new Case(46, wire(order).u64(FH).u64(7).u32(4).u32(0).bytes(), "lseek" + WHO + FH + " 7 true"),
                new Case(
                        47,
                        wire(order)
                                .u64(FH)
                                .u64(1)
                                .u64(2)
                                .u64(3)
                                .u64(4)
                                .u64(1L << 40)
                                .u64(0)
                                .bytes(),
                        "copyFileRange" + WHO + FH + " 1 3 4 2147479552"),
                new Case(
                        53,
                        wire(order)
                                .u64(FH)
                                .u64(1)
                                .u64(2)
                                .u64(3)
                                .u64(4)
                                .u64(1L << 40)
                                .u64(0)
                                .bytes(),
                        "copyFileRange" + WHO + FH + " 1 3 4 1099511627776"));
    }

    private static List<Case> rest(ByteOrder order) {
        Wire lock =
                wire(order).u64(FH).u64(8).u64(10).u64(19).u32(1).u32(77).u32(1).u32(0);
        String wanted = "FileLock[owner=8, start=10, end=19, type=1, pid=77, whole=true]";
        return List.of(
                new Case(2, wire(order).u64(3).bytes(), "forget 5 3"),
                new Case(3, wire(order).u32(1).u32(0).u64(FH).bytes(), "getattr" + WHO + "5 " + FH),
                new Case(3, wire(order).u32(0).u32(0).u64(FH).bytes(), "getattr" + WHO + "5 -1"),
                new Case(52, wire(order).u32(1).u32(0).u64(FH).u32(0).u32(0x7ff).bytes(), "getattr" + WHO + "5 " + FH),
                new Case(5, new byte[0], "readlink" + WHO + "5"),
                new Case(17, new byte[0], "statfs" + WHO + "5"),
                new Case(50, wire(order).u64(0).bytes(), "syncfs" + WHO + "5"),
                new Case(34, wire(order).u32(4).u32(0).bytes(), "access" + WHO + "5 4"),
                new Case(
                        21,
                        wire(order)
                                .u32(5)
                                .u32(1)
                                .u32(1)
                                .u32(0)
                                .text("user.a")
                                .raw("value")
                                .bytes(),
                        "setxattr" + WHO + "5 user.a value 1 true"),
                new Case(22, wire(order).u32(64).u32(0).text("user.a").bytes(), "getxattr" + WHO + "5 user.a 64"),
                new Case(23, wire(order).u32(64).u32(0).bytes(), "listxattr" + WHO + "5 64"),
                new Case(24, wire(order).text("user.a").bytes(), "removexattr" + WHO + "5 user.a"),
                new Case(31, lock.bytes(), "getlk" + WHO + "5 " + FH + " " + wanted),
                new Case(32, lock.bytes(), "setlk" + WHO + "5 " + FH + " " + wanted),
                new Case(33, lock.bytes(), "setlk" + WHO + "5 " + FH + " " + wanted),
                new Case(
                        39,
                        wire(order)
                                .u64(FH)
                                .u32(0)
                                .u32(0x8008_6601L)
                                .u64(99)
                                .u32(4)
                                .u32(8)
                                .raw("four")
                                .bytes(),
                        "ioctl" + WHO + "5 " + FH + " " + 0x8008_6601 + " four 8"));
    }

    private static Wire wire(ByteOrder order) {
        return Wire.in(order);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void requestBecomesAnOperation(ByteOrder order, Case each) {
        FakeFiles files = new FakeFiles();
        try (FuseRig rig = new FuseRig(files, ALL, order).begin()) {
            List<String> _ = files.calls();
            assertEquals(0, rig.send(each.opcode, NODE, each.body).error());
            assertEquals(List.of(each.operation), files.calls());
        }
    }

    @Test
    void attributesChangeAsSaid() {
        FakeFiles files = new FakeFiles();
        try (FuseRig rig = new FuseRig(files, ALL).begin()) {
            List<String> _ = files.calls();
            byte[] body = rig.wire()
                    .u32(0x87f)
                    .u32(0)
                    .u64(FH)
                    .u64(1L << 40)
                    .u64(9)
                    .u64(100)
                    .u64(-200)
                    .u64(300)
                    .u32(1)
                    .u32(2)
                    .u32(3)
                    .u32(0640)
                    .u32(0)
                    .u32(7)
                    .u32(8)
                    .u32(0)
                    .bytes();
            assertEquals(0, rig.send(4, NODE, body).error());
            String time = "TimeChange[seconds=";
            assertEquals(
                    List.of("setattr" + WHO + "5 AttributeChange[what=31, handle=" + FH
                            + ", mode=416, uid=7, gid=8, size=1099511627776, access=" + time
                            + "100, nanos=1], modification=" + time + "-200, nanos=2]]"),
                    files.calls());
        }
    }

    @Test
    void timesAreNowOrStay() {
        FakeFiles files = new FakeFiles();
        try (FuseRig rig = new FuseRig(files, ALL).begin()) {
            List<String> _ = files.calls();
            byte[] body = new byte[88];
            byte[] valid = rig.wire().u32(0x90).bytes();
            System.arraycopy(valid, 0, body, 0, 4);
            assertEquals(0, rig.send(4, NODE, body).error());
            assertEquals(
                    List.of("setattr" + WHO + "5 AttributeChange[what=0, handle=-1, mode=0, uid=0, gid=0, size=0,"
                            + " access=TimeChange[seconds=0, nanos=-1], modification=TimeChange[seconds=0, nanos=-2]]"),
                    files.calls());
        }
    }

    @Test
    void severalLookupsAreTakenBackAtOnce() {
        FakeFiles files = new FakeFiles();
        try (FuseRig rig = new FuseRig(files, ALL).begin()) {
            List<String> _ = files.calls();
            byte[] body = rig.wire().u32(2).u32(0).u64(11).u64(1).u64(12).u64(3).bytes();
            assertEquals(0, rig.send(42, 0, 0, body).bytes());
            assertEquals(List.of("forget 11 1", "forget 12 3"), files.calls());
        }
    }
}
