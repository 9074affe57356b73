"""Modes, owners, times and extended attributes, and who may do what."""

import ctypes
import errno
import fcntl
import os
import stat
import struct
import time

from suite import (
    AT_FDCWD,
    CONTENT,
    GROUP,
    OTHER_GROUP,
    USER,
    Skipped,
    as_user,
    call,
    case,
    equal,
    libc,
    read,
    refused,
    write,
)

OMIT = (1 << 30) - 2
NOW = (1 << 30) - 1
YEARS = {"1969": -1, "1970": 0, "2026": 1_790_000_000, "2039": 1 << 31, "2200": 7_258_118_400}


@case
def stat_of_a_file():
    status = os.stat("file")
    equal((status.st_mode, status.st_nlink, status.st_size, status.st_uid, status.st_gid), (0o100644, 1, 10, 0, 0))
    equal((status.st_dev, status.st_rdev), (os.stat(".").st_dev, 0))
    assert status.st_blksize >= 512 and status.st_ino > 0
    assert abs(status.st_mtime - time.time()) < 3600, status.st_mtime


@case
def stat_is_the_same_by_name_link_and_descriptor():
    file = os.open("file", os.O_RDONLY)
    equal(os.stat("file"), os.stat("link"))
    equal(os.stat("file"), os.fstat(file))
    assert os.lstat("link").st_ino != os.stat("file").st_ino


@case
def statx_tells_when_a_file_was_made():
    room = ctypes.create_string_buffer(256)
    call("statx", AT_FDCWD, "file", 0, 0xFFF, room)
    if tuple(map(int, os.uname().release.split(".")[:2])) < (6, 6):
        raise Skipped("this kernel does not ask file systems")
    mask, = struct.unpack_from("<I", room, 0)
    seconds, = struct.unpack_from("<q", room, 80)
    assert mask & 0x800, f"mask {mask:#x}"
    assert abs(seconds - time.time()) < 3600, seconds


@case
def statvfs_tells_plausible_figures():
    figures = os.statvfs(".")
    equal(figures.f_namemax, 255)
    assert figures.f_bsize >= 512 and 0 < figures.f_bfree <= figures.f_blocks and figures.f_files > 0, figures


@case
def chmod_of_all_bits():
    for mode in (0, 0o777, 0o4755, 0o2755, 0o1777, 0o7777, 0o644):
        os.chmod("file", mode)
        equal(os.stat("file").st_mode, 0o100000 | mode)
        os.chmod("dir", mode)
        equal(os.stat("dir").st_mode, 0o040000 | mode)


@case
def chmod_follows_a_link_and_knows_descriptors():
    os.chmod("link", 0o600)
    equal(os.stat("file").st_mode, 0o100600)
    file = os.open("file", os.O_RDONLY)
    os.fchmod(file, 0o640)
    equal(os.stat("file").st_mode, 0o100640)


@case
def chown_of_one_both_and_links():
    os.chown("file", USER, -1)
    equal((os.stat("file").st_uid, os.stat("file").st_gid), (USER, 0))
    os.chown("link", -1, GROUP)
    equal((os.stat("file").st_uid, os.stat("file").st_gid), (USER, GROUP))
    os.lchown("link", 5, 6)
    equal((os.lstat("link").st_uid, os.lstat("link").st_gid, os.stat("file").st_uid), (5, 6, USER))
    os.chown("dir", 3_000_000_000, 4_000_000_000)
    equal((os.stat("dir").st_uid, os.stat("dir").st_gid), (3_000_000_000, 4_000_000_000))


@case
def chown_clears_the_set_id_bits():
    os.chmod("file", 0o6755)
    os.chown("file", USER, GROUP)
    equal(os.stat("file").st_mode, 0o100755)


@case
def write_of_others_clears_the_set_id_bits():
    os.chmod("file", 0o6777)
    as_user(lambda: write("file", b"x", os.O_WRONLY))
    equal(os.stat("file").st_mode, 0o100777)


@case
def truncation_by_others_clears_the_set_id_bits():
    os.chmod("file", 0o6777)
    as_user(lambda: os.truncate("file", 1))
    equal(os.stat("file").st_mode, 0o100777)


@case
def utime_keeps_nanoseconds_of_every_year():
    for seconds in YEARS.values():
        times = (seconds * 10**9 + 123_456_789, seconds * 10**9 + 987_654_321)
        os.utime("file", ns=times)
        equal((os.stat("file").st_atime_ns, os.stat("file").st_mtime_ns), times)


@case
def utime_of_a_link_leaves_its_target():
    before = os.stat("file").st_mtime_ns
    os.utime("link", ns=(1, 2), follow_symlinks=False)
    equal((os.lstat("link").st_mtime_ns, os.stat("file").st_mtime_ns), (2, before))


@case
def utime_of_now_and_of_nothing():
    os.utime("file", ns=(1, 2))
    times = struct.pack("<4q", 0, OMIT, 0, NOW)
    call("utimensat", AT_FDCWD, "file", times, 0)
    equal(os.stat("file").st_atime_ns, 1)
    assert abs(os.stat("file").st_mtime - time.time()) < 3600


@case
def times_move_with_what_is_done():
    def changes(path, action):
        old = 10**9
        os.utime(path, ns=(old, old))
        changed = os.stat(path).st_ctime_ns
        time.sleep(0.02)
        action()
        status = os.stat(path)
        return status.st_mtime_ns > old, status.st_ctime_ns > changed

    equal(changes("file", lambda: write("file", b"x", os.O_WRONLY)), (True, True))
    equal(changes("file", lambda: os.truncate("file", 0)), (True, True))
    equal(changes("file", lambda: os.chmod("file", 0o600)), (False, True))
    equal(changes("file", lambda: os.link("file", "other")), (False, True))
    equal(changes("dir", lambda: write("dir/new")), (True, True))
    equal(changes("dir", lambda: os.unlink("dir/new")), (True, True))
    equal(changes("dir", lambda: os.mkdir("dir/new")), (True, True))
    equal(changes("dir", lambda: os.rename("dir/new", "dir/newer")), (True, True))


@case
def user_creates_with_own_ids():
    os.chmod("dir", 0o777)
    os.chdir("dir")

    def create():
        write("made")
        os.mkdir("folder")
        os.symlink("x", "link")
        os.mkfifo("pipe")

    as_user(create)
    for name in ("made", "folder", "link", "pipe"):
        equal((name, os.lstat(name).st_uid, os.lstat(name).st_gid), (name, USER, GROUP))


@case
def user_creates_by_permission_of_a_further_group():
    os.chown("dir", 0, OTHER_GROUP)
    os.chmod("dir", 0o770)

    def create():
        write("dir/new")
        os.mkdir("dir/folder")
        os.rename("dir/new", "dir/newer")
        os.symlink("x", "dir/link")
        os.unlink("dir/link")

    as_user(create, groups=(OTHER_GROUP,))
    equal((os.stat("dir/newer").st_uid, os.stat("dir/newer").st_gid), (USER, GROUP))


@case
def folder_with_set_group_id_hands_its_group_down():
    os.chown("dir", 0, OTHER_GROUP)
    os.chmod("dir", 0o2777)

    def create():
        write("dir/new")
        os.mkdir("dir/folder")

    as_user(create)
    equal(os.stat("dir/new").st_gid, OTHER_GROUP)
    equal((os.stat("dir/folder").st_gid, os.stat("dir/folder").st_mode), (OTHER_GROUP, 0o042755))


@case
def user_is_refused_what_only_owners_may():
    os.chmod("file", 0o600)
    os.chmod("full", 0o700)

    def attempt():
        refused(errno.EACCES, lambda: os.open("file", os.O_RDONLY))
        refused(errno.EACCES, lambda: os.open("file", os.O_WRONLY))
        refused(errno.EACCES, lambda: os.truncate("file", 0))
        refused(errno.EACCES, lambda: os.stat("full/entry"))
        refused(errno.EACCES, lambda: os.listdir("full"))
        refused(errno.EACCES, lambda: os.mkdir("new"))
        refused(errno.EACCES, lambda: os.unlink("file"))
        refused(errno.EACCES, lambda: os.rename("file", "new"))
        refused(errno.EACCES, lambda: os.symlink("x", "new"))
        refused(errno.EPERM, lambda: os.chmod("file", 0o666))
        refused(errno.EPERM, lambda: os.chown("file", USER, GROUP))
        refused(errno.EPERM, lambda: os.utime("file", ns=(1, 1)))
        refused(errno.EACCES, lambda: os.utime("file"))
        refused(errno.EACCES, lambda: call("access", "file", os.R_OK))
        refused(errno.EACCES, lambda: os.setxattr("file", "user.x", b""))

    as_user(attempt)
    equal(read("file"), CONTENT)


@case
def user_changes_what_is_own():
    os.chown("file", USER, GROUP)

    def change():
        os.chmod("file", 0o640)
        os.chown("file", -1, OTHER_GROUP)
        os.utime("file", ns=(1, 2))
        refused(errno.EPERM, lambda: os.chown("file", 0, -1))
        refused(errno.EPERM, lambda: os.chown("file", -1, 3000))

    as_user(change, groups=(OTHER_GROUP,))
    status = os.stat("file")
    equal((status.st_mode, status.st_gid, status.st_mtime_ns), (0o100640, OTHER_GROUP, 2))


@case
def user_loses_the_set_group_id_bit_of_a_foreign_group():
    os.chown("file", USER, OTHER_GROUP)
    as_user(lambda: os.chmod("file", 0o2755))
    equal(os.stat("file").st_mode, 0o100755)


@case
def user_removes_only_own_names_from_a_sticky_folder():
    os.chmod("dir", 0o1777)
    write("dir/of-root")

    def attempt():
        write("dir/own")
        refused(errno.EPERM, lambda: os.unlink("dir/of-root"))
        refused(errno.EPERM, lambda: os.rename("dir/of-root", "dir/x"))
        refused(errno.EPERM, lambda: os.rename("dir/own", "dir/of-root"))
        os.unlink("dir/own")

    as_user(attempt)


@case
def user_makes_no_devices():
    os.chmod("dir", 0o777)
    as_user(lambda: refused(errno.EPERM, lambda: os.mknod("dir/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))))


@case
def xattr_is_set_read_listed_and_removed():
    for path in ("file", "dir"):
        os.setxattr(path, "user.first", b"1")
        os.setxattr(path, "user.second", b"")
        os.setxattr(path, "user.first", bytes(range(256)))
        equal(sorted(name for name in os.listxattr(path) if name.startswith("user.")), ["user.first", "user.second"])
        equal((os.getxattr(path, "user.first"), os.getxattr(path, "user.second")), (bytes(range(256)), b""))
        os.removexattr(path, "user.first")
        equal([name for name in os.listxattr(path) if name.startswith("user.")], ["user.second"])


@case
def xattr_of_a_thousand_bytes_and_many_names():
    value = bytes(range(250)) * 4
    os.setxattr("file", "user.large", value)
    names = [f"user.{number:03}" for number in range(50)]
    for name in names:
        os.setxattr("file", name, name.encode())
    equal(os.getxattr("file", "user.large"), value)
    equal(sorted(name for name in os.listxattr("file") if name.startswith("user.")), names + ["user.large"])


@case
def xattr_by_descriptor_moves_with_the_file():
    file = os.open("file", os.O_RDWR)
    os.setxattr(file, "user.x", CONTENT)
    os.rename("file", "dir/moved")
    equal((os.getxattr(file, "user.x"), os.getxattr("dir/moved", "user.x")), (CONTENT, CONTENT))
    os.unlink("dir/moved")
    equal(os.getxattr(file, "user.x"), CONTENT)


def acl(user_permission, default_mode=7):
    """An access control list: owner all, user 1000 as said, group and others none."""
    entries = [(1, default_mode, 0xFFFFFFFF), (2, user_permission, USER), (4, 0, 0xFFFFFFFF), (16, 7, 0xFFFFFFFF),
               (32, 0, 0xFFFFFFFF)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@case
def acl_grants_what_the_mode_refuses():
    os.chmod("file", 0o600)
    as_user(lambda: refused(errno.EACCES, lambda: read("file")))
    os.setxattr("file", "system.posix_acl_access", acl(4))
    as_user(lambda: equal(read("file"), CONTENT))
    as_user(lambda: refused(errno.EACCES, lambda: os.open("file", os.O_WRONLY)))
    as_user(lambda: refused(errno.EACCES, lambda: read("file")), user=1001)
    equal(os.stat("file").st_mode, 0o100770)


@case
def acl_of_a_folder_is_handed_down():
    os.umask(0o077)
    os.setxattr("dir", "system.posix_acl_default", acl(7))
    write("dir/new", CONTENT, mode=0o666)
    os.mkdir("dir/folder")
    equal(os.stat("dir/new").st_mode, 0o100660)
    equal(os.getxattr("dir/folder", "system.posix_acl_default"), acl(7))
    as_user(lambda: equal(read("dir/new"), CONTENT))


@case
def ioctl_tells_flags_of_files():
    file = os.open("file", os.O_RDONLY)
    room = bytearray(8)
    try:
        fcntl.ioctl(file, 0x80086601, room)
    except OSError as e:
        assert e.errno in (errno.ENOTTY, errno.EOPNOTSUPP), e


@case
def figures_survive_the_guests_cache():
    write("dir/new", b"x" * 5000)
    os.utime("dir/new", ns=(3, 4))
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as control:
        control.write("3")
    status = os.stat("dir/new")
    equal((status.st_size, status.st_mtime_ns, read("dir/new")), (5000, 4, b"x" * 5000))
