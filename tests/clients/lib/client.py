# SPDX-License-Identifier: MIT
"""A client library at work: a process that does what it is told line by line
and tells what it saw; the protocol is described in lines.mjs."""
import collections
import contextlib
import json
import os
import queue
import subprocess
import threading

from herd import Failed, wait_until

ANSWER_S = 150		# for an order of ours, with all its library's waiting


class Client:
    """argv, with addresses in its environment: the simulator's, or those of a
    gate (gated.py), in the same words."""

    def __init__(self, argv, urls, log, cwd):
        env = dict(os.environ, **urls)
        if urls.get("SIM_CA"):
            env["NODE_EXTRA_CA_CERTS"] = urls["SIM_CA"]
            env["SSL_CERT_FILE"] = urls["SIM_CA"]
        self.seen = collections.defaultdict(list)
        self._answers, self._number = queue.Queue(), 0
        with open(log, "ab") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=out, cwd=cwd, env=env,
                start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            try:
                told = json.loads(line)
            except ValueError:
                told = {"saw": "error", "text": "no JSON: %r" % line}
            if "re" in told:
                self._answers.put(told)
            else:
                self.seen[told.pop("saw")].append(told)
        self._answers.put({"re": None, "error": "the client has ended"})

    def do(self, what, **args):
        """What it made of it; Failed with the library's words otherwise."""
        self._number += 1
        try:
            self.process.stdin.write(json.dumps(
                dict(args, n=self._number, do=what)).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Failed("the client has ended") from None
        while True:
            try:
                told = self._answers.get(timeout=ANSWER_S)
            except queue.Empty:
                raise Failed("%s: the library does not come to an end"
                    % what) from None
            if told["re"] in (None, self._number):
                break
        if "error" in told:
            raise Failed("%s: %s" % (what, told["error"]))
        return told["ok"]

    def count(self, what):
        return len(self.seen[what])

    def sees(self, what, since=0, timeout=30, **like):
        """The first of the kind that is as wanted, waited for."""
        def found():
            for one in self.seen[what][since:]:
                if all(one.get(k) == v for k, v in like.items()):
                    return one
            if self.process.poll() is not None:
                raise Failed("the client has ended")
            return None
        try:
            return wait_until(found, "", timeout)
        except Failed as e:
            raise Failed("it never saw %s %s; last seen: %s%s" % (what,
                like or "", self.seen[what][-3:],
                str(e) and " (%s)" % str(e).strip())) from None

    def kill(self):
        """SIGKILL; what it told until then is seen."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def end(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
