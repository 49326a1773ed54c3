#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Power loss at some instants of a fleet's life: the short form of
tests/chaos/powerloss, which says what is done and judged."""
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import BUILD, CAGED, ROOT, skip

if CAGED or os.environ.get("HERD_BIN"):
    skip("the recorder is a part of another program")
if not os.access(os.path.join(BUILD, "power", "shardherd"), os.X_OK):
    skip("the sanitizers stand where the recorder would")
os.environ["BUILD"] = BUILD
command = os.path.join(ROOT, "tests", "chaos", "powerloss")
os.execv(command, [command, "--short", "--seed", "1"])
