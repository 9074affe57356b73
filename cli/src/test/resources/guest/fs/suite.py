"""Runs cases and prints a line for each: `@@case-NAME ok`, or `@@case-NAME failed` or `skipped` with the reason.

A case is a function that ends without an exception if all is well. It runs in a process and a fresh folder of its own,
which holds what `fixture` makes; refusals of one operation, which change nothing, share them.
"""

import ctypes
import errno
import os
import shutil
import signal
import traceback

GROUPS = {}
LIMIT_SECONDS = 60
CONTENT = b"0123456789"
TOO_LONG = "n" * 256
USER = 1000
GROUP = 1000
OTHER_GROUP = 2000
NEGATIVE = -1
AT_FDCWD = -100

libc = ctypes.CDLL(None, use_errno=True)


class Skipped(Exception):
    """The case means nothing here."""


def case(action):
    """Adds a case, which is called like the function."""
    add(action.__name__.replace("_", "-"), action)
    return action


def add(name, action):
    assert name not in GROUPS, name
    GROUPS[name] = {name: action}


def refused(number, action):
    """Requires that an action fails with this number of errno."""
    try:
        action()
    except OSError as e:
        assert e.errno == number, f"{errno.errorcode.get(e.errno, e.errno)} instead of {errno.errorcode[number]}"
        return
    raise AssertionError(f"success instead of {errno.errorcode[number]}")


def refusals(operation, table):
    """Adds a case for each row: the number of errno, what is wrong, and the action that is refused."""
    GROUPS[operation] = {
        f"{operation}-{what}-is-{errno.errorcode[number]}": lambda number=number, action=action: refused(number, action)
        for number, what, action in table
    }


def call(name, *arguments):
    """Calls a function of libc; integers are 64 bits wide, text is a path."""
    values = [
        os.fsencode(one) if isinstance(one, str) else ctypes.c_long(one) if isinstance(one, int) else one
        for one in arguments
    ]
    function = getattr(libc, name)
    function.restype = ctypes.c_long if name in ("telldir",) else ctypes.c_int
    result = function(*values)
    if result == NEGATIVE:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result


def equal(found, wanted):
    assert found == wanted, f"{found!r:.300} instead of {wanted!r:.300}"


def write(path, content=CONTENT, flags=os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o644):
    file = os.open(path, flags, mode)
    try:
        equal(os.write(file, content), len(content))
    finally:
        os.close(file)


def read(path):
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def child(action):
    """Runs an action in a child process, and requires its success."""
    reads, writes = os.pipe()

    def told():
        try:
            action()
        except BaseException as e:
            os.write(writes, reason(e).encode())
            os._exit(1)

    pid = start(told)
    os.close(writes)
    with open(reads, "rb") as said:
        failure = said.read().decode()
    wait(pid)
    assert not failure, f"a child process: {failure}"


def start(action):
    """Runs an action in a child process; the exit status is 0 if it ended without an exception."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            action()
            status = 0
        except BaseException as e:
            print(reason(e), flush=True)
        finally:
            os._exit(status)
    return pid


def reason(e):
    """What an exception says, and the last line of the cases that it came through."""
    where = [frame for frame in traceback.extract_tb(e.__traceback__) if "cases_" in frame.filename]
    place = f" ({os.path.basename(where[-1].filename)}:{where[-1].lineno} {where[-1].line})" if where else ""
    return " ".join(f"{type(e).__name__}: {e}{place}".split())


def wait(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def as_user(action, user=USER, group=GROUP, groups=()):
    """Runs an action in a child process that is somebody else, and requires its success."""

    def changed():
        os.setgroups(groups)
        os.setgid(group)
        os.setuid(user)
        action()

    child(changed)


def fixture():
    write("file")
    os.mkdir("dir")
    os.mkdir("full")
    write("full/entry")
    os.symlink("file", "link")
    os.symlink("dir", "link-to-dir")
    os.symlink("missing", "dangling")
    os.symlink("loop", "loop")


def outcome(action):
    signal.alarm(LIMIT_SECONDS)
    try:
        action()
        return "ok"
    except Skipped as e:
        return f"skipped {e}"
    except BaseException as e:
        return f"failed {reason(e)}"


def run_group(group, cases, folder):
    def run_cases():
        os.chdir(folder)
        os.umask(0o022)
        fixture()
        for name, action in cases.items():
            print(f"@@case-{name} {outcome(action)}", flush=True)

    os.mkdir(folder)
    status = wait(start(run_cases))
    if status != 0:
        print(f"@@case-{group} failed its process ended with status {status}", flush=True)
    shutil.rmtree(folder)


def run(top, wanted=()):
    """Runs all groups of cases below a folder, or those whose name begins like one of the wanted."""
    chosen = {name: cases for name, cases in GROUPS.items() if not wanted or name.startswith(tuple(wanted))}
    for number, (name, cases) in enumerate(chosen.items()):
        run_group(name, cases, os.path.join(top, f"group{number}"))
    equal(os.listdir(top), [])
    print(f"@@cases {sum(map(len, chosen.values()))}", flush=True)
