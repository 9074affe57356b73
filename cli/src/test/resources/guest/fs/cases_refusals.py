"""What every operation refuses, and with which number."""

import fcntl
import os
import socket
from errno import (
    EEXIST,
    EFBIG,
    EINVAL,
    EIO,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENODATA,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    ENOTTY,
    ENXIO,
    EOPNOTSUPP,
    EPERM,
    ERANGE,
    EXDEV,
)

from suite import AT_FDCWD, TOO_LONG, add, call, case, refusals, refused

NOREPLACE = 1
EXCHANGE = 2
KEEP_SIZE = 1
PUNCH_HOLE = 2
COLLAPSE_RANGE = 8
BEYOND = 1 << 60


def rename2(old, new, flags):
    call("renameat2", AT_FDCWD, old, AT_FDCWD, new, flags)


def opened(path, flags, action):
    def run():
        file = os.open(path, flags)
        try:
            action(file)
        finally:
            os.close(file)

    return run


refusals("stat", [
    (ENOENT, "of-a-missing-name", lambda: os.stat("missing")),
    (ENOENT, "of-a-dangling-link", lambda: os.stat("dangling")),
    (ENOENT, "in-a-missing-folder", lambda: os.stat("missing/x")),
    (ENOTDIR, "below-a-file", lambda: os.stat("file/x")),
    (ENOTDIR, "of-a-file-with-a-slash", lambda: os.stat("file/")),
    (ELOOP, "of-a-loop", lambda: os.stat("loop")),
    (ELOOP, "below-a-loop", lambda: os.stat("loop/x")),
    (ENAMETOOLONG, "of-a-name-of-256-bytes", lambda: os.stat(TOO_LONG)),
])

refusals("open", [
    (ENOENT, "of-a-missing-name", lambda: os.open("missing", os.O_RDONLY)),
    (ENOENT, "creating-in-a-missing-folder", lambda: os.open("missing/x", os.O_RDWR | os.O_CREAT)),
    (ENOTDIR, "creating-below-a-file", lambda: os.open("file/x", os.O_RDWR | os.O_CREAT)),
    (ENAMETOOLONG, "creating-a-name-of-256-bytes", lambda: os.open(TOO_LONG, os.O_RDWR | os.O_CREAT)),
    (EEXIST, "exclusively-of-a-file", lambda: os.open("file", os.O_RDWR | os.O_CREAT | os.O_EXCL)),
    (EEXIST, "exclusively-of-a-folder", lambda: os.open("dir", os.O_RDWR | os.O_CREAT | os.O_EXCL)),
    (EEXIST, "exclusively-of-a-dangling-link", lambda: os.open("dangling", os.O_RDWR | os.O_CREAT | os.O_EXCL)),
    (EISDIR, "of-a-folder-for-writing", lambda: os.open("dir", os.O_WRONLY)),
    (EISDIR, "of-a-folder-with-creation", lambda: os.open("dir", os.O_RDONLY | os.O_CREAT)),
    (EISDIR, "of-a-folder-with-truncation", lambda: os.open("dir", os.O_RDWR | os.O_TRUNC)),
    (ENOTDIR, "of-a-file-as-a-folder", lambda: os.open("file", os.O_RDONLY | os.O_DIRECTORY)),
    (ELOOP, "of-a-link-not-followed", lambda: os.open("link", os.O_RDONLY | os.O_NOFOLLOW)),
    (ELOOP, "of-a-loop", lambda: os.open("loop", os.O_RDONLY)),
    (ENOTDIR, "without-a-name-in-a-file", lambda: os.open("file", os.O_RDWR | os.O_TMPFILE)),
    (ENOENT, "without-a-name-in-a-missing-folder", lambda: os.open("missing", os.O_RDWR | os.O_TMPFILE)),
    (ENXIO, "of-a-pipe-without-a-reader", lambda: (os.mkfifo("p"), os.open("p", os.O_WRONLY | os.O_NONBLOCK))),
    (ENXIO, "of-a-socket", lambda: (socket.socket(socket.AF_UNIX).bind("s"), os.open("s", os.O_RDWR))),
])

refusals("mkdir", [
    (EEXIST, "of-a-file", lambda: os.mkdir("file")),
    (EEXIST, "of-a-folder", lambda: os.mkdir("dir")),
    (EEXIST, "of-a-dangling-link", lambda: os.mkdir("dangling")),
    (ENOENT, "in-a-missing-folder", lambda: os.mkdir("missing/x")),
    (ENOTDIR, "below-a-file", lambda: os.mkdir("file/x")),
    (ENAMETOOLONG, "of-a-name-of-256-bytes", lambda: os.mkdir(TOO_LONG)),
    (ELOOP, "below-a-loop", lambda: os.mkdir("loop/x")),
])

refusals("rmdir", [
    (ENOENT, "of-a-missing-name", lambda: os.rmdir("missing")),
    (ENOTDIR, "of-a-file", lambda: os.rmdir("file")),
    (ENOTDIR, "of-a-link-to-a-folder", lambda: os.rmdir("link-to-dir")),
    (ENOTDIR, "below-a-file", lambda: os.rmdir("file/x")),
    (ENOTEMPTY, "of-a-full-folder", lambda: os.rmdir("full")),
    (ENOTEMPTY, "of-the-parent", lambda: os.rmdir("full/..")),
    (EINVAL, "of-the-folder-itself", lambda: os.rmdir("dir/.")),
    (ENAMETOOLONG, "of-a-name-of-256-bytes", lambda: os.rmdir(TOO_LONG)),
])

refusals("unlink", [
    (ENOENT, "of-a-missing-name", lambda: os.unlink("missing")),
    (EISDIR, "of-a-folder", lambda: os.unlink("dir")),
    (ENOTDIR, "below-a-file", lambda: os.unlink("file/x")),
    (ENOTDIR, "of-a-file-with-a-slash", lambda: os.unlink("file/")),
    (ENAMETOOLONG, "of-a-name-of-256-bytes", lambda: os.unlink(TOO_LONG)),
])

refusals("rename", [
    (ENOENT, "of-a-missing-name", lambda: os.rename("missing", "new")),
    (ENOENT, "into-a-missing-folder", lambda: os.rename("file", "missing/x")),
    (ENOTDIR, "to-below-a-file", lambda: os.rename("dir", "file/x")),
    (ENOTDIR, "of-a-folder-over-a-file", lambda: os.rename("dir", "file")),
    (EISDIR, "of-a-file-over-a-folder", lambda: os.rename("file", "dir")),
    (ENOTEMPTY, "over-a-full-folder", lambda: os.rename("dir", "full")),
    (EINVAL, "of-a-folder-into-itself", lambda: os.rename("dir", "dir/x")),
    (ENOTEMPTY, "over-the-parent", lambda: os.rename("full/entry", "full")),
    (ENAMETOOLONG, "to-a-name-of-256-bytes", lambda: os.rename("file", TOO_LONG)),
    (EXDEV, "to-another-file-system", lambda: os.rename("file", "/tmp/new")),
    (EEXIST, "without-replacing-a-file", lambda: rename2("file", "full/entry", NOREPLACE)),
    (EEXIST, "without-replacing-a-folder", lambda: rename2("dir", "full", NOREPLACE)),
    (ENOENT, "exchanging-with-a-missing-name", lambda: rename2("file", "missing", EXCHANGE)),
    (EINVAL, "exchanging-without-replacing", lambda: rename2("file", "dir", EXCHANGE | NOREPLACE)),
    (EINVAL, "with-an-unknown-flag", lambda: rename2("file", "new", 1 << 20)),
])

refusals("link", [
    (ENOENT, "of-a-missing-name", lambda: os.link("missing", "new")),
    (ENOENT, "in-a-missing-folder", lambda: os.link("file", "missing/x")),
    (EEXIST, "over-a-file", lambda: os.link("file", "full/entry")),
    (EEXIST, "over-itself", lambda: os.link("file", "file")),
    (EPERM, "of-a-folder", lambda: os.link("dir", "new")),
    (ENAMETOOLONG, "of-a-name-of-256-bytes", lambda: os.link("file", TOO_LONG)),
    (EXDEV, "to-another-file-system", lambda: os.link("file", "/tmp/new")),
])

refusals("symlink", [
    (EEXIST, "over-a-file", lambda: os.symlink("x", "file")),
    (EEXIST, "over-a-dangling-link", lambda: os.symlink("x", "dangling")),
    (ENOENT, "in-a-missing-folder", lambda: os.symlink("x", "missing/x")),
    (ENOTDIR, "below-a-file", lambda: os.symlink("x", "file/x")),
    (ENAMETOOLONG, "of-a-name-of-256-bytes", lambda: os.symlink("x", TOO_LONG)),
])

refusals("readlink", [
    (EINVAL, "of-a-file", lambda: os.readlink("file")),
    (EINVAL, "of-a-folder", lambda: os.readlink("dir")),
    (ENOENT, "of-a-missing-name", lambda: os.readlink("missing")),
])

refusals("mknod", [
    (EEXIST, "over-a-file", lambda: os.mkfifo("file")),
    (EEXIST, "over-a-dangling-link", lambda: os.mkfifo("dangling")),
    (ENOENT, "in-a-missing-folder", lambda: os.mkfifo("missing/x")),
    (ENOTDIR, "below-a-file", lambda: os.mkfifo("file/x")),
    (ENAMETOOLONG, "of-a-name-of-256-bytes", lambda: os.mkfifo(TOO_LONG)),
])

refusals("truncate", [
    (ENOENT, "of-a-missing-name", lambda: os.truncate("missing", 0)),
    (EISDIR, "of-a-folder", lambda: os.truncate("dir", 0)),
    (EINVAL, "to-less-than-nothing", lambda: os.truncate("file", -1)),
    (EFBIG, "to-more-than-a-file-can-have", lambda: os.truncate("file", BEYOND)),
])


@case
def write_beyond_what_a_file_can_have_is_refused():
    try:
        opened("file", os.O_WRONLY, lambda file: os.pwrite(file, b"x", BEYOND))()
    except OSError as e:
        # A guest that writes back later is told of the failure by close, without the reason.
        assert e.errno in (EFBIG, EIO), e
        return
    raise AssertionError("success")


refusals("attributes", [
    (ENOENT, "mode-of-a-missing-name", lambda: os.chmod("missing", 0)),
    (ENOENT, "owner-of-a-missing-name", lambda: os.chown("missing", 0, 0)),
    (ENOENT, "times-of-a-missing-name", lambda: os.utime("missing")),
    (ENOENT, "statvfs-of-a-missing-name", lambda: os.statvfs("missing")),
    (ENOENT, "access-of-a-missing-name", lambda: call("access", "missing", os.F_OK)),
])

refusals("folder", [
    (ENOTDIR, "list-of-a-file", lambda: os.listdir("file")),
    (ENOENT, "list-of-a-missing-name", lambda: os.listdir("missing")),
    (EISDIR, "read-of-a-folder", opened("dir", os.O_RDONLY, lambda file: os.read(file, 1))),
])

refusals("xattr", [
    (ENODATA, "get-of-a-missing-one", lambda: os.getxattr("file", "user.none")),
    (ENODATA, "removal-of-a-missing-one", lambda: os.removexattr("file", "user.none")),
    (ENODATA, "replacement-of-a-missing-one", lambda: os.setxattr("file", "user.none", b"", os.XATTR_REPLACE)),
    (EEXIST, "creation-of-one-that-exists",
     lambda: [os.setxattr("file", "user.one", b"", os.XATTR_CREATE) for _ in range(2)]),
    (ENOENT, "of-a-missing-name", lambda: os.getxattr("missing", "user.none")),
    (EOPNOTSUPP, "of-no-known-kind", lambda: os.setxattr("file", "other.one", b"")),
    (EPERM, "of-users-on-a-link", lambda: os.setxattr("link", "user.one", b"", follow_symlinks=False)),
    (ERANGE, "in-too-little-room",
     lambda: (os.setxattr("file", "user.one", b"12345"), call("getxattr", "file", "user.one".encode(), bytes(3), 3))),
    (ERANGE, "list-in-too-little-room",
     lambda: (os.setxattr("file", "user.one", b"12345"), call("listxattr", "file", bytes(3), 3))),
])

refusals("lseek", [
    (ENXIO, "data-beyond-the-end", opened("file", os.O_RDONLY, lambda file: os.lseek(file, 11, os.SEEK_DATA))),
    (ENXIO, "hole-beyond-the-end", opened("file", os.O_RDONLY, lambda file: os.lseek(file, 11, os.SEEK_HOLE))),
    (EINVAL, "before-the-start", opened("file", os.O_RDONLY, lambda file: os.lseek(file, -1, os.SEEK_SET))),
])

refusals("fallocate", [
    (EOPNOTSUPP, "of-an-unknown-kind",
     opened("file", os.O_RDWR, lambda file: call("fallocate", file, COLLAPSE_RANGE, 0, 4096))),
    (EOPNOTSUPP, "of-a-hole-that-changes-the-size",
     opened("file", os.O_RDWR, lambda file: call("fallocate", file, PUNCH_HOLE, 0, 4096))),
    (EFBIG, "beyond-what-a-file-can-have",
     opened("file", os.O_RDWR, lambda file: call("fallocate", file, KEEP_SIZE, BEYOND, 4096))),
])

refusals("ioctl", [
    (ENOTTY, "of-a-terminal", opened("file", os.O_RDWR, lambda file: fcntl.ioctl(file, 0x5401, bytes(64)))),
])


def gone_folder(action):
    """Does something in the current folder after that has been removed."""

    def run():
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir("../gone")
        refused(ENOENT, action)

    return run


add("gone-folder-takes-no-file", gone_folder(lambda: os.open("x", os.O_RDWR | os.O_CREAT)))
add("gone-folder-takes-no-folder", gone_folder(lambda: os.mkdir("x")))
add("gone-folder-takes-no-link", gone_folder(lambda: os.symlink("x", "y")))
add("gone-folder-has-no-path", gone_folder(os.getcwd))
