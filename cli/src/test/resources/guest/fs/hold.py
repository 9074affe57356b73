"""Holds open files and locks until it is killed: hold.py FOLDER NUMBER; makes the file `held` when it has them all."""

import fcntl
import os
import sys
import time

os.chdir(sys.argv[1])
files = [os.open(f"held{number}", os.O_RDWR | os.O_CREAT) for number in range(int(sys.argv[2]))]
fcntl.lockf(files[0], fcntl.LOCK_EX)
fcntl.flock(files[1], fcntl.LOCK_EX)
os.unlink("held2")
os.close(os.open("held", os.O_CREAT))
time.sleep(3600)
