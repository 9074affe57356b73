"""Opening, reading and writing files."""

import array
import errno
import mmap
import os
import select
import shutil

from suite import AT_FDCWD, CONTENT, Skipped, call, case, child, equal, read, refused, start, wait, write

KEEP_SIZE = 1
PUNCH_HOLE = 2
ZERO_RANGE = 16
AT_SYMLINK_FOLLOW = 0x400
MIB = 1 << 20


def pattern(size):
    """Bytes of which every piece says where it belongs."""
    return array.array("Q", range(size // 8)).tobytes()


@case
def create_obeys_the_umask():
    os.umask(0o027)
    os.close(os.open("new", os.O_RDWR | os.O_CREAT, 0o666))
    equal(os.stat("new").st_mode, 0o100640)


@case
def create_opens_what_exists_without_changing_its_mode():
    os.close(os.open("file", os.O_RDWR | os.O_CREAT, 0o777))
    equal(os.stat("file").st_mode, 0o100644)
    equal(read("file"), CONTENT)


@case
def create_follows_a_dangling_link():
    write("dangling", b"x")
    equal(read("missing"), b"x")


@case
def create_for_reading_only_in_mode_0_can_write_by_its_descriptor():
    file = os.open("new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0)
    equal(os.write(file, CONTENT), 10)
    os.close(file)
    equal(os.stat("new").st_mode, 0o100000)
    equal(read("new"), CONTENT)


@case
def open_truncates():
    os.close(os.open("file", os.O_WRONLY | os.O_TRUNC))
    equal(os.stat("file").st_size, 0)
    equal(read("file"), b"")


@case
def open_appends_behind_what_others_wrote():
    first = os.open("file", os.O_WRONLY | os.O_APPEND)
    second = os.open("file", os.O_WRONLY | os.O_APPEND)
    for file in (first, second, first):
        os.write(file, b"%d" % (file == first))
    equal(read("file"), CONTENT + b"101")


@case
def open_appends_wherever_it_seeks():
    file = os.open("file", os.O_RDWR | os.O_APPEND)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, b"x")
    equal(os.lseek(file, 0, os.SEEK_CUR), 11)
    equal(read("file"), CONTENT + b"x")


@case
def open_of_a_path_only_gives_attributes():
    file = os.open("file", os.O_PATH)
    equal(os.fstat(file).st_size, 10)
    refused(errno.EBADF, lambda: os.read(file, 1))


def name_it(file):
    call("linkat", AT_FDCWD, f"/proc/self/fd/{file}", AT_FDCWD, "dir/named", AT_SYMLINK_FOLLOW)


@case
def open_without_a_name_gives_a_file_that_can_be_named():
    file = os.open("dir", os.O_RDWR | os.O_TMPFILE, 0o640)
    os.write(file, CONTENT)
    equal((os.fstat(file).st_nlink, os.listdir("dir")), (0, []))
    name_it(file)
    equal((os.stat("dir/named").st_nlink, os.stat("dir/named").st_mode), (1, 0o100640))
    equal(read("dir/named"), CONTENT)


@case
def open_without_a_name_exclusively_cannot_be_named():
    file = os.open("dir", os.O_RDWR | os.O_TMPFILE | os.O_EXCL, 0o600)
    refused(errno.ENOENT, lambda: name_it(file))


@case
def open_without_a_name_vanishes():
    os.close(os.open("dir", os.O_RDWR | os.O_TMPFILE, 0o600))
    equal(os.listdir("dir"), [])
    os.rmdir("dir")


@case
def open_of_500_files_at_once():
    files = [os.open(f"dir/{number}", os.O_RDWR | os.O_CREAT) for number in range(500)]
    for number, file in enumerate(files):
        os.write(file, b"%d" % number)
    for number, file in enumerate(files):
        equal(os.pread(file, 10, 0), b"%d" % number)
        os.close(file)
    shutil.rmtree("dir")


@case
def read_ends_at_the_end_of_the_file():
    file = os.open("file", os.O_RDONLY)
    equal(os.pread(file, 100, 5), b"56789")
    equal(os.pread(file, 100, 10), b"")
    equal(os.pread(file, 100, 1 << 40), b"")


@case
def write_of_many_sizes_is_read_back():
    for size in (1, 7, 4095, 4096, 4097, 65537, 131073, MIB + 1):
        content = pattern(size + 8)[:size]
        write("new", content)
        equal(os.stat("new").st_size, size)
        assert read("new") == content, size


@case
def write_of_four_mebibytes_in_one_piece():
    content = pattern(4 * MIB)
    write("new", content)
    assert read("new") == content


@case
def write_at_odd_offsets_changes_only_its_bytes():
    expected = bytearray(pattern(MIB))
    write("new", bytes(expected))
    file = os.open("new", os.O_RDWR)
    for number in range(200):
        at, size = (number * 7919 * 131) % (MIB - 9000), 1 + (number * 4099) % 9000
        piece = bytes([number]) * size
        equal(os.pwrite(file, piece, at), size)
        expected[at : at + size] = piece
    assert os.pread(file, MIB, 0) == expected
    assert read("new") == expected


@case
def write_of_several_buffers():
    file = os.open("new", os.O_RDWR | os.O_CREAT)
    equal(os.pwritev(file, [b"ab", b"", b"c" * 5000], 3), 5002)
    buffers = [bytearray(4), bytearray(5001)]
    equal(os.preadv(file, buffers, 0), 5005)
    equal(bytes(buffers[0]) + bytes(buffers[1]), b"\0\0\0ab" + b"c" * 5000)


@case
def write_past_the_end_leaves_zeros():
    file = os.open("file", os.O_RDWR)
    os.pwrite(file, b"x", 100_000)
    equal(os.fstat(file).st_size, 100_001)
    equal(os.pread(file, 100_001, 0), CONTENT + bytes(99_990) + b"x")


@case
def write_far_away_takes_no_room():
    file = os.open("new", os.O_RDWR | os.O_CREAT)
    os.pwrite(file, b"x", (1 << 40) - 1)
    equal(os.fstat(file).st_size, 1 << 40)
    os.fsync(file)
    assert os.fstat(file).st_blocks < 2048, os.fstat(file).st_blocks


@case
def write_past_the_page_cache():
    file = os.open("new", os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    memory = mmap.mmap(-1, 65536)
    memory[:] = pattern(65536)
    equal(os.pwritev(file, [memory], 0), 65536)
    other = mmap.mmap(-1, 65536)
    equal(os.preadv(file, [other], 0), 65536)
    assert memory[:] == other[:]
    assert read("new") == memory[:]


@case
def write_in_step_with_the_disk():
    write("new", CONTENT, os.O_WRONLY | os.O_CREAT | os.O_SYNC)
    write("file", b"x", os.O_WRONLY | os.O_DSYNC)
    equal((read("new"), read("file")), (CONTENT, b"x123456789"))


@case
def writes_of_four_processes_that_append_are_all_there():
    def append(letter):
        file = os.open("new", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for number in range(100):
            os.write(file, b"%c%03d" % (letter, number))

    for pid in [start(lambda letter=letter: append(letter)) for letter in b"abcd"]:
        equal(wait(pid), 0)
    content = read("new")
    pieces = sorted(content[i : i + 4] for i in range(0, len(content), 4))
    equal(pieces, [b"%c%03d" % (letter, number) for letter in b"abcd" for number in range(100)])


@case
def truncate_to_less_and_more_leaves_zeros():
    os.truncate("file", 4)
    os.truncate("file", 12)
    equal(read("file"), b"0123" + bytes(8))


@case
def truncate_by_descriptor_after_unlink():
    file = os.open("file", os.O_RDWR)
    os.unlink("file")
    os.ftruncate(file, 3)
    equal(os.fstat(file).st_size, 3)
    equal(os.pread(file, 10, 0), b"012")


@case
def file_lives_on_after_unlink():
    file = os.open("file", os.O_RDWR)
    os.unlink("file")
    equal(os.fstat(file).st_nlink, 0)
    os.pwrite(file, b"x", 10)
    equal(os.pread(file, 20, 0), CONTENT + b"x")
    os.fchmod(file, 0o600)
    equal(os.fstat(file).st_mode, 0o100600)
    os.utime(file, ns=(1, 2))
    equal(os.fstat(file).st_mtime_ns, 2)
    os.fsync(file)


@case
def file_lives_on_after_replacement():
    file = os.open("file", os.O_RDONLY)
    write("other", b"other")
    os.rename("other", "file")
    equal(os.pread(file, 20, 0), CONTENT)
    equal(read("file"), b"other")


@case
def file_is_the_same_through_a_duplicate():
    file = os.open("file", os.O_RDWR)
    copy = os.dup(file)
    equal(os.read(file, 3), b"012")
    os.close(file)
    equal(os.read(copy, 3), b"345")


@case
def file_that_is_created_and_removed_200_times():
    for number in range(200):
        write("again", b"%d" % number)
        equal(read("again"), b"%d" % number)
        os.unlink("again")


@case
def map_shared_is_seen_by_reads():
    content = pattern(65536)
    write("new", content)
    file = os.open("new", os.O_RDWR)
    try:
        memory = mmap.mmap(file, 65536)
    except OSError as e:
        raise Skipped("no shared mappings with this cache") if e.errno == errno.ENODEV else e
    equal(memory[4096:4104], content[4096:4104])
    memory[5000:5010] = CONTENT
    memory.flush()
    equal(os.pread(file, 12, 4999), content[4999:5000] + CONTENT + content[5010:5011])
    memory.close()
    os.close(file)
    equal(read("new")[5000:5010], CONTENT)


@case
def map_shared_sees_writes():
    file = os.open("file", os.O_RDWR)
    try:
        memory = mmap.mmap(file, 10)
    except OSError as e:
        raise Skipped("no shared mappings with this cache") if e.errno == errno.ENODEV else e
    equal(memory[:], CONTENT)
    os.pwrite(file, b"x", 5)
    equal(memory[:], b"01234x6789")


@case
def map_private_changes_nothing():
    file = os.open("file", os.O_RDONLY)
    memory = mmap.mmap(file, 10, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    memory[0:1] = b"x"
    equal((memory[:], read("file")), (b"x123456789", CONTENT))


@case
def program_runs_from_the_share():
    shutil.copy("/bin/busybox", "busybox")
    os.chmod("busybox", 0o755)
    equal(os.spawnv(os.P_WAIT, "./busybox", ["true"]), 0)
    equal(os.spawnv(os.P_WAIT, "./busybox", ["false"]), 1)


@case
def fallocate_makes_a_file_longer():
    file = os.open("file", os.O_RDWR)
    os.posix_fallocate(file, 5, 100_000)
    status = os.fstat(file)
    equal(status.st_size, 100_005)
    assert status.st_blocks * 512 >= 100_000, status.st_blocks
    equal(os.pread(file, 100_005, 0), CONTENT + bytes(99_995))


@case
def fallocate_keeps_the_size():
    file = os.open("file", os.O_RDWR)
    call("fallocate", file, KEEP_SIZE, 0, MIB)
    status = os.fstat(file)
    equal(status.st_size, 10)
    assert status.st_blocks * 512 >= MIB, status.st_blocks


@case
def fallocate_punches_holes():
    content = pattern(65536)
    write("new", content)
    file = os.open("new", os.O_RDWR)
    call("fallocate", file, PUNCH_HOLE | KEEP_SIZE, 4096, 8192)
    equal(os.fstat(file).st_size, 65536)
    assert os.pread(file, 65536, 0) == content[:4096] + bytes(8192) + content[12288:]


@case
def fallocate_makes_zeros():
    content = pattern(65536)
    write("new", content)
    file = os.open("new", os.O_RDWR)
    call("fallocate", file, ZERO_RANGE, 4096, 100_000)
    equal(os.fstat(file).st_size, 104_096)
    assert os.pread(file, 104_096, 0) == content[:4096] + bytes(100_000)


@case
def lseek_finds_data_and_holes():
    file = os.open("new", os.O_RDWR | os.O_CREAT)
    os.pwrite(file, b"x" * 4096, 0)
    os.pwrite(file, b"y" * 4096, MIB)
    os.fsync(file)
    equal(os.lseek(file, 0, os.SEEK_DATA), 0)
    equal(os.lseek(file, 0, os.SEEK_HOLE), 4096)
    equal(os.lseek(file, 4096, os.SEEK_DATA), MIB)
    equal(os.lseek(file, MIB, os.SEEK_HOLE), MIB + 4096)
    equal(os.lseek(file, -1, os.SEEK_END), MIB + 4095)


@case
def copy_of_a_range_within_the_file_system():
    content = pattern(2 * MIB)
    write("source", content)
    source = os.open("source", os.O_RDONLY)
    target = os.open("target", os.O_RDWR | os.O_CREAT)
    done = 0
    while done < MIB:
        copied = os.copy_file_range(source, target, MIB - done, 4095 + done, 10 + done)
        assert copied > 0, done
        done += copied
    assert read("target") == bytes(10) + content[4095 : 4095 + MIB]


@case
def copy_of_a_range_ends_at_the_end():
    source = os.open("file", os.O_RDONLY)
    target = os.open("target", os.O_RDWR | os.O_CREAT)
    equal(os.copy_file_range(source, target, 100, 8, 0), 2)
    equal(os.copy_file_range(source, target, 100, 10, 0), 0)
    equal(read("target"), b"89")


@case
def copy_by_sendfile():
    source = os.open("file", os.O_RDONLY)
    target = os.open("target", os.O_RDWR | os.O_CREAT)
    equal(os.sendfile(target, source, 2, 5), 5)
    equal(read("target"), b"23456")


@case
def sync_of_files_folders_and_all():
    file = os.open("file", os.O_RDWR)
    os.write(file, b"x")
    os.fsync(file)
    os.fdatasync(file)
    folder = os.open("dir", os.O_RDONLY)
    os.fsync(folder)
    os.fdatasync(folder)
    call("syncfs", folder)
    os.sync()


@case
def poll_of_a_file_is_ready():
    file = os.open("file", os.O_RDWR)
    equal(select.select([file], [file], [], 10), ([file], [file], []))


@case
def pipe_carries_bytes_in_the_guest():
    os.mkfifo("pipe")

    def writer():
        write("pipe", CONTENT, os.O_WRONLY)

    pid = start(writer)
    equal(read("pipe"), CONTENT)
    equal(wait(pid), 0)


@case
def socket_connects_in_the_guest():
    import socket

    server = socket.socket(socket.AF_UNIX)
    server.bind("socket")
    server.listen()

    def client():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect("socket")
            connection.send(CONTENT)

    child(client)
    equal(server.accept()[0].recv(100), CONTENT)


@case
def program_that_is_written_does_not_run():
    shutil.copy("/bin/busybox", "busybox")
    os.chmod("busybox", 0o755)
    file = os.open("busybox", os.O_WRONLY)
    refused(errno.ETXTBSY, lambda: os.execv("./busybox", ["true"]))
    os.close(file)
