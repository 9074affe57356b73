"""Runs the cases of a file system in a folder of it: main.py FOLDER [BEGINNING OF A NAME...]"""

import sys

import cases_attributes
import cases_contents
import cases_locks
import cases_names
import cases_refusals
import suite

suite.run(sys.argv[1], sys.argv[2:])
