#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A wrong token, a wrong config, a missing CA file, an occupied run directory:
one clear sentence each, the right exit code, and nothing left running."""
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import SHARDHERD, scenario
from processes import alive, children

CONFIG = 78


def quiet(t, sim, what):
    t.equal(sim.totals()["connects"], 0, what + ": no connection was made")
    left = [p for p in children(os.getpid()) if alive(p)
        and p != sim.process.pid]
    t.equal(left, [], what + ": nothing is left running")


def wrong_token(t, sim):
    fleet = t.fleet(sim)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    path = fleet.path("token")
    with open(path, "w", opener=lambda p, fl: os.open(p, fl, 0o600),
            encoding="utf-8") as f:
        f.write(wrong + "\n")
    fleet.write_config({"bot.token_file": path}, {})
    done = fleet.cli("start")
    t.sentence(done, CONFIG, "token", "wrong token")
    t.ok(wrong not in done.stderr + fleet.log_text(), "and does not print it")
    done = fleet.cli("run")
    t.equal(done.returncode, CONFIG, "wrong token, run: exit status")
    t.match(done.stderr, "error .*token", "wrong token, run: the log says why")
    os.chmod(path, 0o644)
    t.sentence(fleet.cli("start"), CONFIG, path, "token file others can read")
    os.unlink(path)
    t.sentence(fleet.cli("start"), CONFIG, path, "no token file")
    quiet(t, sim, "wrong token")


def config_errors(t, sim):
    fleet = t.fleet(sim)
    with open(fleet.config, encoding="utf-8") as f:
        good = f.read()
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(good.replace("[gateway]",
            "[gateway]\nshards = fuor\ncompres = none"))
    line = good.splitlines().index("[gateway]") + 2
    done = fleet.cli("start")
    t.equal(done.returncode, CONFIG, "config errors: exit status")
    t.match(done.stderr, r'shardherd\.conf:%d: \[gateway\] shards: .*"fuor"'
        % line, "the bad value, with its line")
    t.match(done.stderr, r'shardherd\.conf:%d: \[gateway\] compres: .*compress'
        % (line + 1), "the unknown key, with the nearest known one")
    os.unlink(fleet.config)
    t.sentence(fleet.cli("start"), CONFIG, "shardherd.conf", "no config file")
    quiet(t, sim, "config errors")


def missing_ca(t, sim):
    fleet = t.fleet(sim, {"gateway.ca_file": "/nowhere/ca.pem"})
    t.sentence(fleet.cli("start"), CONFIG, "/nowhere/ca.pem", "missing CA file")
    fleet.write_config({"gateway.ca_file": fleet.config}, {})
    t.sentence(fleet.cli("start"), CONFIG, "shardherd.conf",
        "a CA file that is none")
    t.sentence(fleet.cli("config", "check"), CONFIG, "shardherd.conf",
        "config check sees it too")
    quiet(t, sim, "missing CA file")


def no_api(t, sim):
    """--wait bounds the whole start, and the sentence says what keeps it."""
    fleet = t.fleet(sim, {"gateway.api": "http://127.0.0.1:1/api/v10"})
    done = fleet.cli("start", "--wait=2")
    t.sentence(done, 99, "API can't be reached", "nothing listens at the API")
    t.equal(done.stdout, "", "and nothing on standard output")
    t.equal(fleet.cli("stop").returncode, 0, "its supervisor can be stopped")
    done = subprocess.run([SHARDHERD, "--config=" + fleet.config, "status"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    t.match(done.stdout, "^cluster .* stopped", "--config=FILE before a verb")
    t.equal(done.returncode, 2, "a stopped fleet is down")
    done = fleet.cli("token", "check")
    t.sentence(done, 75, "connect", "token check without an API")


def occupied(t, sim):
    first = t.fleet(sim, {"paths.run_dir": os.path.join(t.dir, "run")})
    first.start()
    second = t.fleet(sim, {"paths.run_dir": os.path.join(t.dir, "run")})
    t.sentence(second.cli("start"), 75, os.path.join(t.dir, "run"),
        "run directory of another fleet")
    t.equal(first.cli("status").returncode, 0, "the first is not disturbed")
    done = first.cli("start")
    t.match(done.stderr, "running", "start of a running fleet says so")
    first.stop()
    path = second.path("file")
    with open(path, "w", encoding="utf-8") as f:
        f.write("not a directory\n")
    for key in ("paths.run_dir", "paths.state_dir", "paths.log_dir"):
        second.write_config({key: path}, {})
        t.sentence(second.cli("start"), CONFIG, path, key + " is a file")


def few_fds(t, sim):
    """Too few even to begin: the numbers, not what failed first."""
    fleet = t.fleet(sim)
    for n in 12, 60:
        done = fleet.cli("start", before=("sh", "-c",
            'ulimit -n %d && exec "$@"' % n, "sh"))
        t.sentence(done, CONFIG, "file descriptors.*LimitNOFILE",
            "ulimit -n %d" % n)
    quiet(t, sim, "few fds")


def for_cron(t, sim):
    """Nothing to say when all is well."""
    fleet = t.fleet(sim)
    for verb in "token", "config":
        done = fleet.cli(verb, "check", "--quiet")
        t.equal((done.returncode, done.stdout + done.stderr), (0, ""),
            "%s check --quiet" % verb)
    sim.ctl("token", "reset")
    t.sentence(fleet.cli("token", "check", "-q"), CONFIG, "401",
        "token check -q, refused")


def bad_token_at_init(t, sim):
    """The file that is named is the one that was given."""
    fleet = t.fleet(sim)
    with open(fleet.path("two"), "w", encoding="utf-8") as f:
        f.write("two words\n")
    done = fleet.cli("init", fleet.path("new"), "--offline", "--token-file",
        fleet.path("two"))
    t.sentence(done, CONFIG, fleet.path("two"), "init with a bad token file")
    t.ok(not os.path.exists(fleet.path("new")), "and leaves nothing")


def main(t):
    sim = t.sim(shards=2)
    wrong_token(t, sim)
    config_errors(t, sim)
    missing_ca(t, sim)
    no_api(t, sim)
    few_fds(t, sim)
    occupied(t, sim)
    bad_token_at_init(t, sim)
    for_cron(t, sim)


scenario(main)
