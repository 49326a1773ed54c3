#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tools/deploy over a real sshd, to two hosts: a first release, a good one,
and bad ones, which are taken back before the second host is touched."""
import os
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
import herd
from processes import alive
import sshd

DEPLOY = os.path.join(herd.ROOT, "tools", "deploy")
FAILED, USAGE, LATER = 1, 64, 75
SHARDS = 2
RATE = 20	# events pass all the while; how many is no affair of deploy's
FAST = {"handler.probation": "500ms", "rollout.pause": "200ms"}
# A release that fails its first check; one that looks well and then is not.
BROKEN = "#!/bin/sh\necho 'exec format error' >&2\nexit 126\n"


class Remote(herd.Fleet):
    """The fleet in a host's directory, of the release that is current."""

    def __init__(self, path, sim):
        super().__init__(path, sim)
        self.binary = self.path("current", "bin", "shardherd")
        self.spec = "%s:%s" % (os.path.basename(path), path)

    def release(self, link="current"):
        return os.path.basename(os.readlink(self.path(link)))


class Desk:
    """Where it is deployed from: the releases, and the command."""

    def __init__(self, t, ssh):
        self.t, self.ssh = t, ssh
        self.dir = os.path.join(t.dir, "desk")

    def release(self, name, binary=None, tail=b""):
        """The binary with some bytes after it is another release."""
        path = os.path.join(self.dir, name, "bin")
        os.makedirs(path)
        path = os.path.join(path, "shardherd")
        if binary:
            with open(path, "w", encoding="utf-8") as f:
                f.write(binary)
        else:
            shutil.copy(herd.SHARDHERD, path)
            with open(path, "ab") as f:
                f.write(tail)
        os.chmod(path, 0o755)
        return os.path.join(self.dir, name)

    def deploy(self, release, *args, code=0, what):
        done = subprocess.run([DEPLOY, "--ssh", self.ssh.command, "--watch",
            "1", "--timeout", "240", "--release", release, *args],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=600, check=False)
        if not self.t.equal(done.returncode, code, what + ": exit status"):
            self.t.note(done.stdout + done.stderr)
        return done


def first(t, desk, hosts, sims):
    one = desk.release("one")
    specs = [h.spec for h in hosts]
    done = desk.deploy(one, *specs, what="switched, not started")
    t.match(done.stdout, "was left so", "a fleet that does not run is left so")
    desk.deploy(one, "--start", *specs, what="first release")
    for host, sim in zip(hosts, sims):
        host.wait_ready()
        sim.ctl("rate", RATE)
    return one


def good(t, desk, hosts):
    pids = [h.status()["cluster"]["pid"] for h in hosts]
    old = [h.release() for h in hosts]
    shards = [h.shard_pids() for h in hosts]
    two = desk.release("two", tail=b"2")
    done = desk.deploy(two, "-n", *[h.spec for h in hosts], what="dry run")
    t.match(done.stdout, "would become two-", "dry run: what would be")
    t.equal([h.release() for h in hosts], old, "dry run: nothing is switched")
    done = desk.deploy(two, *[h.spec for h in hosts], what="good release")
    t.equal(done.stdout.count(" 0 IDENTIFYs spent"), 2, "at no cost")
    for i, host in enumerate(hosts):
        status = host.status()
        t.equal(status["cluster"]["pid"], pids[i], "the same supervisor")
        t.match(host.release(), "^two-", "the new release is current")
        t.equal(host.release("previous"), old[i], "the old one is previous")
        t.equal([s for s in shards[i].values() if alive(s)], [],
            "every shard was rolled out")


def bad(t, desk, hosts):
    """What does not pass its check is never switched to."""
    now = [h.release() for h in hosts]
    links = [os.lstat(h.path("current")).st_ino for h in hosts]
    for name, text, why in (("broken", BROKEN, "does not run there"),
            ("picky", picky(hosts[0]), "does not accept")):
        done = desk.deploy(desk.release(name, text), *[h.spec for h in hosts],
            code=FAILED, what=name)
        t.match(done.stderr, why, name + ": it says why")
        t.match(done.stderr, "not touched: " + hosts[1].spec,
            name + ": and stops there")
    t.equal([h.release() for h in hosts], now, "the releases are as before")
    t.equal([os.lstat(h.path("current")).st_ino for h in hosts], links,
        "and were never switched")


def real(host):
    return os.path.join(host.dir, "releases", host.release(), "bin",
        "shardherd")


def picky(host):
    return ("#!/bin/sh\ncase \"$*\" in *'config check'*) echo 'no such key' >&2;"
        " exit 78;; esac\nexec %s \"$@\"\n" % real(host))


def dies(host):
    """Passes every check there is, and dies when it becomes the supervisor."""
    return ("#!/bin/sh\ncase \"$*\" in *--role=supervisor*) exit 1;; esac\n"
        "exec %s \"$@\"\n" % real(host))


def taken_back(t, desk, hosts, sims):
    now = [h.release() for h in hosts]
    done = desk.deploy(desk.release("dies", dies(hosts[0])),
        *[h.spec for h in hosts], code=FAILED, what="dies as supervisor")
    t.match(done.stderr, "went back to " + now[0], "it says so")
    t.equal([h.release() for h in hosts], now, "the releases are as before")
    for host, sim in zip(hosts, sims):
        host.wait_ready()
        sim.ctl("pause")
        sim.settle()
        t.nothing_lost(sim, identifies=SHARDS)


def locked(t, desk, host):
    with open(host.path(".deploy.lock"), "a", encoding="utf-8") as f:
        holder = subprocess.Popen(["flock", "-n", str(f.fileno())],
            pass_fds=[f.fileno()])
        t.equal(holder.wait(herd.WAIT_S), 0, "the lock is held")
        done = desk.deploy(desk.release("late", tail=b"l"), host.spec,
            code=LATER, what="two at once")
    t.match(done.stderr, "another deploy", "two at once: it says so")


def token(t, desk, host, release):
    mine = host.path("token")
    shutil.copy(host.sim.urls["SIM_TOKEN_FILE"], mine)
    host.write_config({"bot.token_file": "token", **FAST})
    os.chmod(mine, 0o600)
    done = desk.deploy(release, "--token", host.sim.urls["SIM_TOKEN_FILE"],
        host.spec, what="token push")
    with open(mine, encoding="utf-8") as f:
        secret = f.read().strip()
    t.equal(os.stat(mine).st_mode & 0o777, 0o600, "the token is 0600")
    t.ok(secret not in done.stdout + done.stderr, "and not printed")
    wrong = os.path.join(desk.dir, "wrong")
    with open(wrong, "w", encoding="utf-8") as f:
        f.write(secret[:-1] + ("a" if secret[-1] != "a" else "b") + "\n")
    done = desk.deploy(release, "--token", wrong, host.spec, code=FAILED,
        what="wrong token")
    t.match(done.stderr, "did not take the token", "wrong token: it says so")
    with open(mine, encoding="utf-8") as f:
        t.equal(f.read().strip(), secret, "and the file is as it was")


def main(t):
    ssh = sshd.Sshd(os.path.join(t.dir, "sshd"))
    desk = Desk(t, ssh)
    sims = [t.sim(shards=SHARDS, max_concurrency=SHARDS) for _ in range(2)]
    hosts = []
    for name, sim in zip("ab", sims):
        hosts.append(Remote(os.path.join(t.dir, name), sim))
        hosts[-1].write_config(FAST)
        t.fleets.append(hosts[-1])
    first(t, desk, hosts, sims)
    locked(t, desk, hosts[0])
    good(t, desk, hosts)
    bad(t, desk, hosts)
    taken_back(t, desk, hosts, sims)
    token(t, desk, hosts[0], os.path.join(desk.dir, "two"))
    for host in hosts:
        host.stop()


sshd.need()
herd.scenario(main)
