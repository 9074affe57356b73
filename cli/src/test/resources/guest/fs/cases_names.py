"""Folders, links and names."""

import ctypes
import os
import shutil
import stat

from suite import AT_FDCWD, CONTENT, call, case, equal, libc, read, start, wait, write

NOREPLACE = 1
EXCHANGE = 2
WHITEOUT = 4
MANY = 400


def rename2(old, new, flags):
    call("renameat2", AT_FDCWD, old, AT_FDCWD, new, flags)


@case
def mkdir_obeys_the_umask_and_counts_links():
    os.umask(0o027)
    links = os.stat(".").st_nlink
    os.mkdir("new", 0o777)
    equal(os.stat("new").st_mode, 0o040750)
    equal((os.stat("new").st_nlink, os.stat(".").st_nlink), (2, links + 1))
    os.rmdir("new")
    equal(os.stat(".").st_nlink, links)


@case
def rmdir_of_the_current_folder_leaves_it_empty():
    os.chdir("dir")
    os.rmdir("../dir")
    equal(os.listdir("."), [])
    equal(os.stat(".").st_nlink, 0)


@case
def folder_a_hundred_levels_deep():
    path = "deep"
    for level in range(100):
        os.mkdir(path)
        path = f"{path}/{level}"
    write(path)
    equal(read(path), CONTENT)
    os.rename("deep/0/1", "moved")
    equal(read(path.replace("deep/0/1", "moved")), CONTENT)
    shutil.rmtree("moved")


@case
def folder_reached_through_its_parent():
    equal(os.stat("dir/../full/../file").st_ino, os.stat("file").st_ino)
    os.chdir("dir")
    equal(read("../file"), CONTENT)
    os.rename("../dir", "../full/moved")
    equal(os.stat("..").st_ino, os.stat("../../full").st_ino)


@case
def names_of_every_byte_but_slash_and_nul():
    names = [b"x" + bytes([byte]) for byte in range(1, 256) if byte != 0x2F]
    os.mkdir(b"bytes")
    os.chdir(b"bytes")
    for name in names:
        write(name, name)
    equal(sorted(os.listdir(b".")), names)
    for name in names:
        equal(read(name), name)


@case
def names_of_unusual_shape():
    names = ["n" * 255, "...", " ", "-rf", "a\\b", "日本語", "\u00e9", "e\u0301", "case", "CASE", "x\ny"]
    os.mkdir("names")
    os.chdir("names")
    for name in names:
        write(name, os.fsencode(name))
    equal(sorted(os.listdir(".")), sorted(names))
    for name in names:
        equal(read(name), os.fsencode(name))


@case
def list_of_400_names_has_each_once():
    for number in range(MANY):
        os.close(os.open(f"dir/{number}", os.O_CREAT | os.O_WRONLY))
    equal(sorted(os.listdir("dir"), key=int), [str(number) for number in range(MANY)])
    equal(sorted((int(entry.name), entry.inode()) for entry in os.scandir("dir")),
          [(number, os.stat(f"dir/{number}").st_ino) for number in range(MANY)])


@case
def list_tells_types():
    os.mkfifo("pipe")
    found = {entry.name: (entry.is_dir(follow_symlinks=False), entry.is_file(follow_symlinks=False),
                          entry.is_symlink()) for entry in os.scandir(".")}
    equal(found, {
        "file": (False, True, False), "dir": (True, False, False), "full": (True, False, False),
        "link": (False, False, True), "link-to-dir": (False, False, True), "dangling": (False, False, True),
        "loop": (False, False, True), "pipe": (False, False, False),
    })


class Dirent(ctypes.Structure):
    _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("reclen", ctypes.c_uint16),
                ("type", ctypes.c_uint8), ("name", ctypes.c_char * 256)]


class Folder:
    """A folder read by the functions of libc, which can go back to a place."""

    def __init__(self, path):
        libc.opendir.restype = ctypes.c_void_p
        libc.readdir.restype = ctypes.POINTER(Dirent)
        self.stream = ctypes.c_void_p(libc.opendir(path.encode()))
        assert self.stream

    def next(self):
        entry = libc.readdir(self.stream)
        return entry.contents.name.decode() if entry else None

    def rest(self):
        return list(iter(self.next, None))

    def tell(self):
        return call("telldir", self.stream)

    def seek(self, place):
        libc.seekdir(self.stream, ctypes.c_long(place))


@case
def list_has_itself_and_its_parent():
    equal(sorted(Folder("full").rest()), [".", "..", "entry"])


@case
def list_goes_on_from_every_place_it_has_been():
    for number in range(300):
        write(f"dir/{number}", b"")
    folder = Folder("dir")
    places, names = [], []
    while True:
        place = folder.tell()
        name = folder.next()
        if name is None:
            break
        places.append(place)
        names.append(name)
    equal(len(set(names)), 302)
    for at in list(range(0, 302, 29)) + [301]:
        folder.seek(places[at])
        equal(folder.rest(), names[at:])


@case
def list_from_the_start_again_sees_what_is_new():
    folder = Folder("dir")
    equal(sorted(folder.rest()), [".", ".."])
    write("dir/new")
    libc.rewinddir(folder.stream)
    equal(sorted(folder.rest()), [".", "..", "new"])


@case
def list_while_names_go_has_each_of_those_that_stay_once():
    for number in range(MANY):
        write(f"dir/{number}", b"")
    folder = Folder("dir")
    seen = [folder.next() for _ in range(20)]
    for number in range(0, MANY, 2):
        os.unlink(f"dir/{number}")
    seen += folder.rest()
    equal(len(seen), len(set(seen)))
    equal([number for number in range(1, MANY, 2) if str(number) not in seen], [])


@case
def list_while_names_come_has_each_of_those_before_once():
    for number in range(200):
        write(f"dir/{number}", b"")
    folder = Folder("dir")
    seen = [folder.next() for _ in range(20)]
    for number in range(200, MANY):
        write(f"dir/{number}", b"")
    seen += folder.rest()
    equal(len(seen), len(set(seen)))
    equal([number for number in range(200) if str(number) not in seen], [])


@case
def list_and_removal_in_turns_empty_a_folder():
    for number in range(MANY):
        write(f"dir/{number}", b"")
    for entry in os.scandir("dir"):
        os.unlink(entry.path)
    equal(os.listdir("dir"), [])
    os.rmdir("dir")


@case
def creation_in_four_processes_makes_each_name_once():
    def create():
        made = 0
        for number in range(100):
            try:
                os.close(os.open(f"dir/{number}", os.O_CREAT | os.O_EXCL))
                made += 1
            except FileExistsError:
                pass
        os._exit(made)

    equal(sum(wait(pid) for pid in [start(create) for _ in range(4)]), 100)
    equal(len(os.listdir("dir")), 100)


@case
def link_is_the_same_file():
    os.link("file", "dir/other")
    equal(os.stat("file").st_ino, os.stat("dir/other").st_ino)
    equal(os.stat("file").st_nlink, 2)
    write("dir/other", b"x", os.O_WRONLY)
    equal(read("file"), b"x123456789")
    os.unlink("file")
    equal((os.stat("dir/other").st_nlink, read("dir/other")), (1, b"x123456789"))


@case
def link_to_a_symbolic_link():
    os.link("link", "other", follow_symlinks=False)
    equal(os.readlink("other"), "file")
    equal(os.lstat("other").st_nlink, 2)


@case
def link_two_hundred_times():
    for number in range(200):
        os.link("file", f"dir/{number}")
    equal(os.stat("file").st_nlink, 201)
    shutil.rmtree("dir")
    equal(os.stat("file").st_nlink, 1)


@case
def symlink_keeps_every_target():
    for number, target in enumerate(["x", "/", "../../../../etc/passwd", "missing/../x", "t" * 4095, "日本\n"]):
        os.symlink(target, f"dir/{number}")
        equal(os.readlink(f"dir/{number}"), target)
        equal(os.lstat(f"dir/{number}").st_size, len(os.fsencode(target)))
        equal(stat.S_IFMT(os.lstat(f"dir/{number}").st_mode), stat.S_IFLNK)


@case
def symlink_is_resolved_by_the_guest():
    os.symlink("/proc/self/comm", "dir/absolute")
    os.symlink("../" * 20 + "proc/self/comm", "dir/relative")
    equal(read("dir/absolute"), read("/proc/self/comm"))
    equal(read("dir/relative"), read("/proc/self/comm"))


@case
def unlink_of_a_link_leaves_its_target():
    os.unlink("link")
    equal(read("file"), CONTENT)


@case
def rename_replaces_a_file():
    write("other", b"other")
    node = os.stat("other").st_ino
    os.rename("other", "file")
    equal((os.stat("file").st_ino, read("file"), os.path.exists("other")), (node, b"other", False))


@case
def rename_replaces_an_empty_folder():
    os.rename("full", "dir")
    equal((os.listdir("dir"), os.path.exists("full")), (["entry"], False))


@case
def rename_between_two_names_of_a_file_does_nothing():
    os.link("file", "other")
    os.rename("file", "other")
    equal((os.path.exists("file"), os.path.exists("other"), os.stat("file").st_nlink), (True, True, 2))


@case
def rename_of_a_folder_moves_what_is_in_it():
    os.rename("full", "dir/moved")
    equal(read("dir/moved/entry"), CONTENT)
    equal((os.stat(".").st_nlink, os.stat("dir").st_nlink), (3, 3))


@case
def rename_of_a_link_moves_the_link():
    os.rename("link", "dir/moved")
    equal(os.readlink("dir/moved"), "file")


@case
def rename_of_an_open_file_and_folder():
    file, folder = os.open("file", os.O_RDWR), os.open("full", os.O_RDONLY)
    os.rename("file", "new")
    os.rename("full", "dir/full")
    os.write(file, b"x")
    equal(read("new"), b"x123456789")
    equal(os.listdir(folder), ["entry"])
    equal(os.stat("entry", dir_fd=folder).st_size, 10)


@case
def rename_without_replacing():
    rename2("file", "new", NOREPLACE)
    equal((read("new"), os.path.exists("file")), (CONTENT, False))


@case
def rename_exchanges_a_file_and_a_folder():
    rename2("file", "full", EXCHANGE)
    equal((read("full"), os.listdir("file")), (CONTENT, ["entry"]))


@case
def rename_leaves_a_whiteout():
    rename2("file", "new", WHITEOUT)
    left = os.lstat("file")
    equal((stat.S_IFMT(left.st_mode), left.st_rdev, read("new")), (stat.S_IFCHR, 0, CONTENT))


@case
def rename_in_two_processes_loses_nothing():
    def swap(first, second):
        for _ in range(200):
            rename2(first, second, EXCHANGE)

    write("other", b"other")
    for pid in [start(lambda: swap("file", "other")), start(lambda: swap("file", "other"))]:
        equal(wait(pid), 0)
    equal({read("file"), read("other")}, {CONTENT, b"other"})


@case
def mknod_makes_a_pipe():
    os.umask(0o022)
    os.mkfifo("pipe", 0o666)
    equal(os.stat("pipe").st_mode, stat.S_IFIFO | 0o644)


@case
def mknod_makes_a_file_and_a_socket():
    os.mknod("new", stat.S_IFREG | 0o640)
    os.mknod("socket", stat.S_IFSOCK | 0o640)
    equal((os.stat("new").st_mode, os.stat("socket").st_mode), (stat.S_IFREG | 0o640, stat.S_IFSOCK | 0o640))


@case
def mknod_makes_devices_that_the_guest_knows():
    os.mknod("null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod("block", stat.S_IFBLK | 0o600, os.makedev(259, 70_000))
    equal((os.stat("null").st_rdev, os.stat("block").st_rdev), (os.makedev(1, 3), os.makedev(259, 70_000)))
    write("null", CONTENT, os.O_WRONLY)
    equal(read("null"), b"")
