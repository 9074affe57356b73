"""Loads on a share mounted at /mnt, for comparisons: speed.py LOAD; prints `@@rate NUMBER`, of which more is better."""

import os
import shutil
import sys
import time

DATA = "/mnt/data"
MIB = 1 << 20
FILES = 10_000
PASSES = 4
SECONDS = "2"
ENVIRONMENT = {"PATH": "/sbin:/bin", "LD_LIBRARY_PATH": "/lib", "HOME": "/tmp", "GIT_TEMPLATE_DIR": "/tmp/none"}


def run(*command):
    status = os.spawnvpe(os.P_WAIT, command[0], command, ENVIRONMENT)
    assert status == 0, (command, status)


def clock(action):
    """The seconds that an action takes when the guest has cached nothing."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as control:
        control.write("3")
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


def fio(access, block, depth):
    """MiB or requests of 4 KiB a second, without the guest's page cache."""
    out = "/tmp/fio"
    run("fio", "--name=load", f"--filename={DATA}", f"--rw={access}", f"--bs={block}", "--direct=1", "--minimal", "--eta=never",
        "--ioengine=libaio", f"--iodepth={depth}", f"--size={os.stat(DATA).st_size}", f"--runtime={SECONDS}",
        "--time_based", f"--output={out}")
    with open(out) as file:
        fields = file.read().split(";")
    kibibytes, requests = (fields[6], fields[7]) if access.endswith("read") else (fields[47], fields[48])
    return float(kibibytes) / 1024 if block == "1m" else float(requests)


def read_through():
    def read():
        with open(DATA, "rb", buffering=0) as file:
            room = bytearray(MIB)
            while file.readinto(room):
                pass

    return PASSES * os.stat(DATA).st_size / MIB / sum(clock(read) for _ in range(PASSES))


def write_through():
    size = 64
    block = os.urandom(MIB)

    def write():
        with open("/mnt/written", "wb", buffering=0) as file:
            for _ in range(size):
                file.write(block)

    def pass_of_writing():
        seconds = clock(write)
        os.unlink("/mnt/written")
        return seconds

    return PASSES * size / sum(pass_of_writing() for _ in range(PASSES))


def each(action):
    """Files a second."""
    os.makedirs("/mnt/many", exist_ok=True)
    os.chdir("/mnt/many")
    return FILES / clock(lambda: [action(f"f{number}") for number in range(FILES)])


def create(name):
    os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))


def listing():
    os.chdir("/mnt/many")
    return FILES / clock(lambda: [entry.stat() for entry in os.scandir(".")])


def prepare():
    """A source tree as an archive in memory and as a repository on the share."""
    for number in range(1500):
        os.makedirs(f"/tmp/source/{number // 25}", exist_ok=True)
        with open(f"/tmp/source/{number // 25}/{number}.c", "w") as file:
            file.write(f"int variable_{number} = {number * 7919};\n" * (1 + number % 300))
    os.chdir("/tmp/source")
    run("/sbin/tar", "-cf", "/tmp/source.tar", ".")
    os.makedirs("/usr/lib/git-core", exist_ok=True)
    os.symlink("/sbin/git", "/usr/lib/git-core/git-upload-pack")
    shutil.copytree("/tmp/source", "/mnt/repository")
    shutil.rmtree("/tmp/source")
    os.chdir("/mnt/repository")
    for command in ("init -q .", "add .", "-c user.name=x -c user.email=x commit -q -m x"):
        run("git", *command.split())
    return 1


def made(*command):
    """How often a minute a command fills the folder /mnt/made, in which it runs."""
    os.makedirs("/mnt/made")
    os.chdir("/mnt/made")
    seconds = clock(lambda: run(*command))
    os.chdir("/")
    shutil.rmtree("/mnt/made")
    return 60 / seconds


LOADS = {
    "prepare": prepare,
    "read-1m": lambda: fio("read", "1m", 4),
    "write-1m": lambda: fio("write", "1m", 4),
    "read-cached": read_through,
    "write-cached": write_through,
    "randread-4k-1": lambda: fio("randread", "4k", 1),
    "randread-4k-16": lambda: fio("randread", "4k", 16),
    "randwrite-4k-1": lambda: fio("randwrite", "4k", 1),
    "randwrite-4k-16": lambda: fio("randwrite", "4k", 16),
    "create": lambda: each(create),
    "stat": lambda: each(os.stat),
    "list": listing,
    "unlink": lambda: each(os.unlink),
    "git-clone": lambda: made("git", "clone", "-q", "--no-local", "/mnt/repository", "clone"),
    "untar": lambda: made("/sbin/tar", "-xf", "/tmp/source.tar"),
}

print(f"@@rate {LOADS[sys.argv[1]]():.3f}", flush=True)
