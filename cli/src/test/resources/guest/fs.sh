# Functions of a guest for tests of its file system device.
export PYTHONDONTWRITEBYTECODE=1

fs_mount() {
    mount -t virtiofs share /mnt
}

# Runs the cases whose name begins like one of the arguments, or all.
fs_cases() {
    mkdir /mnt/cases && python3 /fs/main.py /mnt/cases "$@" && rmdir /mnt/cases
}

# Waits until something has a name, for five seconds.
fs_await() {
    for _ in $(seq 50); do
        [ -e "$1" ] && return
        sleep 0.1
    done
    return 1
}

# Makes what FsGuestContract looks for on the host.
fs_make() {
    (
        set -e
        mkdir /mnt/made
        cd /mnt/made
        tail -c +4098 /payload >file
        chmod 640 file
        chown 1000:2000 file
        mkdir -m 1750 folder
        touch folder/inner
        ln file folder/hard
        ln -s ../file folder/soft
        mkfifo -m 600 pipe
        mknod -m 660 device c 1 3
        python3 -c 'import os
os.setxattr("file", "user.kind", b"payload")
os.utime("file", ns=(1_000_000_001, 2_000_000_002))'
        sync
    )
}

# Opens files in a process of its own, of which one has no name any more, locks them, and stays.
fs_hold() {
    python3 /fs/hold.py /mnt "$1" &
    while [ ! -e /mnt/held ]; do
        kill -0 $! && sleep 0.1 || return
    done
}
