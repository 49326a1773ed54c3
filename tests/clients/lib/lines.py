# SPDX-License-Identifier: MIT
"""lines.mjs for drivers in Python: the same lines."""
import asyncio
import json
import os
import sys
import traceback

with open(os.environ["SIM_TOKEN_FILE"], encoding="utf-8") as _f:
    TOKEN = _f.read().strip()


def _out(line):
    sys.__stdout__.write(json.dumps(line) + "\n")
    sys.__stdout__.flush()


def saw(what, **more):
    _out(dict(more, saw=what))


def complain(error=None):
    saw("error", text=traceback.format_exc() if error is None else str(error))


async def serve(actions):
    """actions has a coroutine of each name.  Returns when there is no more to
    do."""
    sys.stdout = sys.stderr
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    tasks = set()

    async def act(number, name, args):
        try:
            value = await getattr(actions, name)(**args)
            _out({"re": number, "ok": True if value is None else value})
        except Exception:
            _out({"re": number, "error": traceback.format_exc()})
    while line := await lines.readline():
        args = json.loads(line)
        task = asyncio.create_task(act(args.pop("n"), args.pop("do"), args))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
