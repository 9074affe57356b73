"""Locks of files: by fcntl, by open file, and by flock.

That a wait ends with a signal is no case: Linux's driver has no way yet to tell the device.
"""

import errno
import fcntl
import os
import struct

from suite import case, child, equal, read, refused, start, wait, write

# struct flock of 64-bit Linux.
FLOCK = "hhqqi4x"
F_OFD_SETLK = 37
F_OFD_SETLKW = 38


def lock(file, kind, first=0, length=0, wanted=fcntl.F_SETLK):
    fcntl.fcntl(file, wanted, struct.pack(FLOCK, kind, os.SEEK_SET, first, length, 0))


def question(file, kind, first=0, length=0):
    answer = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(FLOCK, kind, os.SEEK_SET, first, length, 0))
    kind, _, first, length, pid = struct.unpack(FLOCK, answer)
    return kind, first, length, pid


def opened():
    return os.open("file", os.O_RDWR)


def is_refused(kind, first=0, length=0, wanted=fcntl.F_SETLK):
    """Another process, which has no lock, is refused one."""
    child(lambda: refused(errno.EAGAIN, lambda: lock(opened(), kind, first, length, wanted)))


def is_granted(kind, first=0, length=0, wanted=fcntl.F_SETLK):
    child(lambda: lock(opened(), kind, first, length, wanted))


@case
def lock_for_writing_excludes_others():
    lock(opened(), fcntl.F_WRLCK)
    is_refused(fcntl.F_WRLCK)
    is_refused(fcntl.F_RDLCK)


@case
def lock_for_reading_excludes_writers():
    lock(opened(), fcntl.F_RDLCK)
    is_granted(fcntl.F_RDLCK)
    is_refused(fcntl.F_WRLCK)


@case
def lock_covers_its_bytes_only():
    lock(opened(), fcntl.F_WRLCK, 10, 10)
    is_granted(fcntl.F_WRLCK, 0, 10)
    is_granted(fcntl.F_WRLCK, 20, 0)
    is_refused(fcntl.F_WRLCK, 19, 1)
    is_refused(fcntl.F_WRLCK, 0, 11)
    is_refused(fcntl.F_WRLCK, 0, 0)


@case
def lock_is_split_by_an_unlock():
    file = opened()
    lock(file, fcntl.F_WRLCK, 0, 30)
    lock(file, fcntl.F_UNLCK, 10, 10)
    is_granted(fcntl.F_WRLCK, 10, 10)
    is_refused(fcntl.F_WRLCK, 9, 1)
    is_refused(fcntl.F_WRLCK, 20, 1)


@case
def lock_changes_from_writing_to_reading_and_back():
    file = opened()
    lock(file, fcntl.F_WRLCK)
    lock(file, fcntl.F_RDLCK)
    is_granted(fcntl.F_RDLCK)
    lock(file, fcntl.F_WRLCK)
    is_refused(fcntl.F_RDLCK)


@case
def lock_is_told_to_who_asks():
    lock(opened(), fcntl.F_WRLCK, 10, 10)
    # The host need not know which process of a guest it is.
    holders = (os.getpid(), 0, -1)
    child(lambda: equal(question(opened(), fcntl.F_RDLCK, 0, 15)[:3], (fcntl.F_WRLCK, 10, 10)))
    child(lambda: equal(question(opened(), fcntl.F_RDLCK, 0, 15)[3] in holders, True))
    child(lambda: equal(question(opened(), fcntl.F_RDLCK, 0, 10)[0], fcntl.F_UNLCK))


@case
def lock_ends_when_any_descriptor_of_the_file_is_closed():
    lock(opened(), fcntl.F_WRLCK)
    os.close(opened())
    is_granted(fcntl.F_WRLCK)


@case
def lock_ends_with_its_process():
    is_granted(fcntl.F_WRLCK)
    is_granted(fcntl.F_WRLCK)


@case
def lock_at_the_far_end_of_what_can_be_locked():
    last = (1 << 63) - 1
    lock(opened(), fcntl.F_WRLCK, last, 1)
    is_refused(fcntl.F_WRLCK, 1, 0)
    is_granted(fcntl.F_WRLCK, 0, last)


def held_by_child(take):
    """Starts a process that takes a lock and holds it until it is told to end; returns its number and that to tell it
    by."""
    told_start, tells_start = os.pipe()
    told_end, tells_end = os.pipe()

    def hold():
        os.close(tells_end)
        take(opened())
        os.write(tells_start, b"x")
        os.read(told_end, 1)

    pid = start(hold)
    os.close(told_end)
    equal(os.read(told_start, 1), b"x")
    return pid, tells_end


def waits_until_free(take, hold):
    """Requires that a lock is granted when the one that holds it ends, and not before."""
    holder, end = held_by_child(hold)
    granted, grants = os.pipe()

    def waiter():
        os.close(end)
        take(opened())
        os.write(grants, b"granted")

    pid = start(waiter)
    # Meanwhile all else works.
    for number in range(50):
        write("dir/other", b"%d" % number)
        equal(read("dir/other"), b"%d" % number)
    os.set_blocking(granted, False)
    refused(errno.EAGAIN, lambda: os.read(granted, 10))
    os.close(end)
    equal((wait(holder), wait(pid)), (0, 0))
    equal(os.read(granted, 10), b"granted")


@case
def lock_that_waits_is_granted_in_the_end():
    waits_until_free(
        lambda file: lock(file, fcntl.F_WRLCK, 0, 10, fcntl.F_SETLKW), lambda file: lock(file, fcntl.F_WRLCK, 5, 10)
    )


@case
def lock_of_an_open_file_excludes_others_of_the_same_process():
    first, second = opened(), opened()
    lock(first, fcntl.F_WRLCK, 0, 0, F_OFD_SETLK)
    refused(errno.EAGAIN, lambda: lock(second, fcntl.F_WRLCK, 0, 0, F_OFD_SETLK))
    os.close(first)
    lock(second, fcntl.F_WRLCK, 0, 0, F_OFD_SETLK)


@case
def lock_of_an_open_file_outlives_the_process_that_took_it():
    file = opened()
    child(lambda: lock(file, fcntl.F_WRLCK, 0, 0, F_OFD_SETLK))
    is_refused(fcntl.F_WRLCK)
    os.close(file)
    is_granted(fcntl.F_WRLCK)


@case
def flock_for_writing_excludes_others():
    file = opened()
    fcntl.flock(file, fcntl.LOCK_EX)
    refused(errno.EAGAIN, lambda: fcntl.flock(opened(), fcntl.LOCK_SH | fcntl.LOCK_NB))
    fcntl.flock(file, fcntl.LOCK_UN)
    fcntl.flock(opened(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@case
def flock_for_reading_is_shared():
    fcntl.flock(opened(), fcntl.LOCK_SH)
    fcntl.flock(opened(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    refused(errno.EAGAIN, lambda: fcntl.flock(opened(), fcntl.LOCK_EX | fcntl.LOCK_NB))


@case
def flock_belongs_to_all_duplicates():
    file = opened()
    copy = os.dup(file)
    fcntl.flock(file, fcntl.LOCK_EX)
    os.close(file)
    refused(errno.EAGAIN, lambda: fcntl.flock(opened(), fcntl.LOCK_SH | fcntl.LOCK_NB))
    os.close(copy)
    fcntl.flock(opened(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@case
def flock_and_fcntl_know_nothing_of_each_other():
    fcntl.flock(opened(), fcntl.LOCK_EX)
    is_granted(fcntl.F_WRLCK)


@case
def flock_that_waits_is_granted_in_the_end():
    waits_until_free(lambda file: fcntl.flock(file, fcntl.LOCK_EX), lambda file: fcntl.flock(file, fcntl.LOCK_EX))


@case
def locks_of_eight_processes_count_right():
    os.write(opened(), struct.pack("<Q", 0))

    def count():
        file = opened()
        for _ in range(50):
            lock(file, fcntl.F_WRLCK, 0, 8, fcntl.F_SETLKW)
            number, = struct.unpack("<Q", os.pread(file, 8, 0))
            os.pwrite(file, struct.pack("<Q", number + 1), 0)
            lock(file, fcntl.F_UNLCK, 0, 8)

    for pid in [start(count) for _ in range(8)]:
        equal(wait(pid), 0)
    equal(struct.unpack("<Q", os.pread(opened(), 8, 0)), (400,))
