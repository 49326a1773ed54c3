# SPDX-License-Identifier: MIT
"""The example that the libraries for tests bring for a client's library
(tools/sim/lib/examples/NAME): its own test, run in the client's directory,
with the library that the client's lock file pins."""
import os
import re
import shutil
import subprocess

from herd import BUILD, ROOT, Failed

LIB = os.path.join(ROOT, "tools", "sim", "lib")
TEST_S = 300
# kind: what says which version it wants, and how its test is run
TESTS = {
    "npm": ("package.json", ["node", "--test"]),
    "pip": ("requirements.txt", ["../venv/bin/python", "test_bot.py"]),
}


def _wants(path, name):
    """The version it asks for; pip spells a name with a dot or a dash."""
    with open(path, encoding="utf-8") as f:
        found = re.search(r'^[ "]*%s[=": ]+([0-9.]+)' % name.replace(".",
            "[.-]"), f.read(), re.MULTILINE)
    return found and found[1]


def example(row, where):
    """Failed with what the test said."""
    source = os.path.join(LIB, "examples", row.name)
    to = os.path.join(where, "example")
    file, argv = TESTS[row.kind]
    asked, pinned = (_wants(os.path.join(folder, file), row.name)
        for folder in (source, where))
    if asked is None or asked != pinned:
        raise Failed("the example wants %s, the client's lock file has %s" % (
            asked, pinned))
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(os.path.join(LIB, "node"),
        os.path.join(to, "node_modules", "shardherd-sim"))
    try:
        done = subprocess.run(argv, cwd=to, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            timeout=TEST_S, env=dict(os.environ,
            SHARDHERD_SIM=os.path.join(BUILD, "shardherd-sim"),
            PYTHONPATH=os.path.join(LIB, "python"),
            PYTHONDONTWRITEBYTECODE="1"))
    except subprocess.TimeoutExpired as e:
        raise Failed("its test does not end: %s" % (e.stdout or b"").decode(
            errors="replace")) from None
    if done.returncode != 0:
        raise Failed(done.stdout.decode(errors="replace"))
