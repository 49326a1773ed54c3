#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The static binary runs a fleet where there is nothing but itself, /proc and
/dev/null, and finds the CA certificates where each distribution keeps them."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.append(sys.path[0] + "/../lib")
import herd
from cage import make_root
from processes import kill
from screen import Terminal

CONFIG = 78
# A root of our own, in namespaces of our own: $0 is the root.
CAGE = ("unshare", "-rm", "sh", "-ec", """
    mount --rbind /proc "$0/proc"
    mount --bind /dev/null "$0/dev/null"
    exec chroot "$0" "$@" """)
BUNDLES = (
    "etc/ssl/certs/ca-certificates.crt",	# Debian, Ubuntu, Arch
    "etc/pki/tls/certs/ca-bundle.crt",		# RHEL, Fedora, Amazon
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "etc/ssl/ca-bundle.pem",			# openSUSE
    "etc/ssl/cert.pem",				# Alpine
    "etc/ssl/certs/ca-bundle.crt",		# Nix images
)


class Caged(herd.Fleet):
    """A fleet in DIR/root, where it is /bot."""

    def __init__(self, t, sim):
        self.root = os.path.join(t.dir, "root")
        make_root(self.root)
        super().__init__(os.path.join(self.root, "bot"), sim)
        shutil.copy(herd.STATIC, os.path.join(self.root, "shardherd"))
        shutil.copy(sim.urls["SIM_TOKEN_FILE"], self.path("token"))
        self.write_config({"bot.token_file": "token",
            "gateway.ca_file": None}, {})

    def cli(self, *args, timeout=herd.WAIT_S, before=()):
        return subprocess.run([*before, *CAGE, self.root, "/shardherd", "-c",
            "/bot/shardherd.conf", *map(str, args)], text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
            env={}, check=False)


def certificates(t, sim, fleet):
    t.sentence(fleet.cli("start"), CONFIG, "no CA certificates.*tls-ca-bundle",
        "no certificates anywhere")
    for bundle in BUNDLES:
        path = os.path.join(fleet.root, bundle)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(sim.urls["SIM_CA"], path)
        t.equal(fleet.cli("token", "check").returncode, 0, "/" + bundle)
        os.unlink(path)


def has_a_screen(t, fleet):
    """No description of any terminal is there but those compiled in."""
    for kind in ("xterm-256color", "tmux-256color", "linux"):
        term = Terminal(*CAGE, fleet.root, "/shardherd", "-c",
            "/bot/shardherd.conf", "top", env={"TERM": kind})
        term.wait(r"\Acluster herd +ready ")
        term.keys("q")
        t.equal(term.end(), 0, "top on a %s" % kind)
        t.ok(term.is_sane(), "which is left as it was")
        term.close()


def runs(t, sim, fleet):
    bundle = os.path.join(fleet.root, BUNDLES[0])
    shutil.copy(sim.urls["SIM_CA"], bundle)
    fleet.start()
    sim.ctl("rate", 500)
    sim.wait("delivered>=500")
    kill(fleet.shard(0)["pid"])
    sim.wait("resumes_ok=1")
    kill(fleet.handler_pid())
    fleet.wait_ready()
    fleet.stop()
    fleet.start()
    sim.ctl("pause")
    fleet.wait_status(lambda s: all(i["seq"] == i["acked_seq"] > 100
        for i in s["shards"]), "every event is acknowledged")
    has_a_screen(t, fleet)
    fleet.must("db", "stat")
    fleet.stop()
    totals = sim.totals()
    t.equal(totals["identifies"], fleet.shards, "one IDENTIFY for each shard")
    t.equal(totals["resumes_ok"], 1 + fleet.shards, "the rest were RESUMEs")
    t.equal(totals["violations"], 0, "no violation")


def main(t):
    sim = t.sim(shards=2)
    fleet = Caged(t, sim)
    certificates(t, sim, fleet)
    runs(t, sim, fleet)


def can_cage():
    with tempfile.TemporaryDirectory() as probe:
        make_root(probe)
        shutil.copy(herd.STATIC, os.path.join(probe, "shardherd"))
        return subprocess.run([*CAGE, probe, "/shardherd", "--version"],
            capture_output=True, check=False).returncode == 0


herd.need_static()
if not can_cage():
    herd.skip("no right to chroot here")
herd.scenario(main)
