"""Tries to lock a file: lock.py FILE fcntl|flock; prints `granted`, or `refused` if somebody else has it."""

import fcntl
import os
import sys

file = os.open(sys.argv[1], os.O_RDWR)
take = fcntl.lockf if sys.argv[2] == "fcntl" else fcntl.flock
try:
    take(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("granted")
except BlockingIOError:
    print("refused")
