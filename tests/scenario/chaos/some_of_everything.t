#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A few minutes' worth of tests/chaos/all, which goes on for as long as one
likes: each deed it knows in turn, on a small fleet with guilds of real size."""
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import BUILD, CAGED, ROOT, skip

if CAGED:
    skip("no disk is mounted in a cage")
os.environ["BUILD"] = BUILD
ALL = os.path.join(ROOT, "tests", "chaos", "all")
os.execv(ALL, [ALL, "--each", "--seed", "1", "--shards", "4", "--rate", "100"])
