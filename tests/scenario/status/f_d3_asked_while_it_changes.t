#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""D3: files of a running fleet that somebody tidied up, and questions put while
the supervisor becomes another program: nobody calls a fleet that runs crashed
or never started, no second one starts beside it, nothing waits for ever, and
what the supervisor has not read is asked again."""
import os
import socket
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, scenario, wait_until, which
from processes import alive


def without_lock(t, fleet, pid):
    os.unlink(fleet.path("state", "lock"))
    t.equal(fleet.cli("status").returncode, 0, "no lock: status: exit status")
    t.equal(fleet.status()["cluster"]["state"], "ready", "it is ready")
    t.equal(fleet.cli("ensure", PATIENT).returncode, 0, "ensure is content")
    t.sentence(fleet.cli("run", timeout=20), 75, "pid %d" % pid,
        "a second one is refused")
    t.equal(fleet.supervisor_pid(), pid, "the supervisor is the same")
    fleet.must("reload")


def without_page(t, fleet):
    os.unlink(fleet.path("state", "stats"))
    done = fleet.cli("status")
    t.sentence(done, 3, r"The fleet runs, but .*/stats.* is gone.*restart",
        "no page: status")
    t.equal(fleet.cli("check").returncode, 3, "no page: check: unknown")
    t.equal(fleet.cli("ensure").returncode, 0, "no page: ensure is content")


def unread_once(server, got):
    """As the kernel does for who had not been accepted before an exec."""
    server.accept()[0].close()
    with server.accept()[0] as c:
        got.append(c.makefile().readline())
        c.sendall(b'{"ok":true,"level":"info"}\n')


def asked_again(t, fleet):
    path, got = fleet.path("run", "control.sock"), []
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(4)
    server.settimeout(300)
    thread = threading.Thread(target=unread_once, args=(server, got))
    thread.start()
    done = fleet.cli("logs", "level")
    thread.join()
    server.close()
    os.unlink(path)
    t.equal(done.returncode, 0, "what was not read is asked again")
    t.match("".join(got), '"cmd"', "the same")


def killed(t, fleet):
    """The shards go on, and whoever asks is told what there is to do."""
    pid = fleet.kill_supervisor()
    for verb in (("reload",), ("plugin", "restart", "audit"),
            ("budget", "--ask"), ("upgrade", "--dry-run")):
        t.sentence(fleet.cli(*verb), 2, r"supervisor \(pid %d\) ended without "
            r"a word.*2 shards live on.*shardherd start" % pid,
            "killed: " + verb[0])
    fleet.must("start", PATIENT)


def closed(t, fleet):
    """Of a directory nobody may look into it is not said that all is well."""
    if os.geteuid() == 0 and not which("setpriv"):
        return
    before = () if os.geteuid() else ("setpriv",
        "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search")
    os.chmod(fleet.path("state"), 0)
    done = fleet.cli("ensure", before=before)
    os.chmod(fleet.path("state"), 0o700)
    t.sentence(done, 78, "state_dir|Permission denied", "ensure of a state_dir "
        "that is closed")


def without_proc(t, fleet):
    """As in a chroot that lacks it: nothing is made up."""
    if "build-asan" in fleet.binary:
        t.note("the sanitizers need /proc themselves")
        return
    done = fleet.cli("check", before=("unshare", "-rm", "sh", "-c",
        'mount -t tmpfs none /proc || exit 77; exec "$0" "$@"'))
    if done.returncode == 77 or not done.stdout:
        t.note("/proc can't be taken away here")
        return
    t.equal(done.returncode, 3, "no /proc: check: unknown")
    t.match(done.stdout, "cannot be told.*/proc", "which says why")


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim, {"handler.probation": "0"})
    fleet.start()
    pid = fleet.supervisor_pid()
    without_proc(t, fleet)
    without_lock(t, fleet, pid)
    without_page(t, fleet)
    done = fleet.cli("restart", PATIENT)
    if not t.equal(done.returncode, 0, "restart mends it"):
        t.note(done.stderr)
    wait_until(lambda: not alive(pid), "the fleet of before has ended")
    fleet.wait_ready()
    killed(t, fleet)
    os.unlink(fleet.path("state", "lock"))
    fleet.stop()
    t.equal(fleet.status()["cluster"]["state"], "stopped",
        "stop works without a lock")
    closed(t, fleet)
    asked_again(t, fleet)


scenario(main)
