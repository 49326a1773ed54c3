# SPDX-License-Identifier: MIT
"""The demo: a fleet of 16 shards against shardherd-sim, with the accidents a
bot meets in its life, and a proof that none of them cost an event or an
IDENTIFY.  The proof is counted by the simulator, not by the fleet.  Everything
started here is ended by pid, also on Ctrl-C; --stay leaves it running.  With
--bot it is another one: demo_bot.py."""
import argparse
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))), "tests", "scenario", "lib"))
import demo_bot  # noqa: E402
import herd  # noqa: E402
from demo_screen import Step, bar, count, paint, verdict  # noqa: E402
from processes import kill  # noqa: E402

SHARDS = 16
MAX_CONCURRENCY = 4
INTERVAL_S = 2			# Discord's is 5; said on screen
RATE = 2000			# events per second, over all shards
VICTIM = 5


# ---- the fleet's life -------------------------------------------------

def prepare(folder, sim):
    """What an operator does: init, then name the plugins."""
    fleet = herd.Fleet(os.path.join(folder, "bot"), sim)
    os.rmdir(fleet.dir)			# init makes it
    done = subprocess.run([herd.SHARDHERD, "init", fleet.dir,
        "--token-file", sim.urls["SIM_TOKEN_FILE"],
        "--set", "bot.intents=GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT",
        "--set", "gateway.api=" + sim.urls["SIM_API"],
        "--set", "gateway.ca_file=" + sim.urls["SIM_CA"],
        "--set", "gateway.identify_interval=%ds" % INTERVAL_S],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise herd.Failed("`shardherd init`: " + done.stderr)
    with open(fleet.config, "a", encoding="utf-8") as f:
        f.write("""
[plugin "pong"]
exec = %s
events = MESSAGE_CREATE

[plugin "audit"]
exec = %s audit --dir %s
events = *
window = 512
""" % (os.path.join(herd.ROOT, "handler", "plugins", "pong.py"),
            herd.SIMULATOR, sim.dir))
    return fleet


def introduce():
    print("A bot of 16 shards, and a Discord on this desk to connect it to "
        "(shardherd-sim).\n"
        "max_concurrency is %d: four IDENTIFYs at a time.  Discord wants 5 s "
        "between\nthem; here it is %d s, on both sides, to save you a minute."
        "\n" % (MAX_CONCURRENCY, INTERVAL_S))


def identify_all(fleet):
    """Starts the fleet, with the progress of its IDENTIFYs."""
    step = Step("start 16 shards")
    start = subprocess.Popen([herd.SHARDHERD, "-c", fleet.config, "start"])
    while True:
        done = fleet.sim.totals()["identifies"]
        left = math.ceil((SHARDS - done) / MAX_CONCURRENCY) * INTERVAL_S
        step.live("%s %2d/%d identified, about %d s to go" % (
            bar(done, SHARDS), done, SHARDS, left))
        if start.poll() not in (None, 0):
            raise herd.Failed("`shardherd start` ended with %d"
                % start.returncode)
        if done >= SHARDS and start.poll() == 0:
            break
        if step.took() > 60:
            raise herd.Failed("the fleet is not up after 60 s")
        time.sleep(0.1)
    fleet.wait_ready()
    step.done("16 of 16 ready in %.1f s, by IDENTIFY, 4 per %d s" % (
        step.took(), INTERVAL_S))


def flow(fleet, title, events):
    step = Step(title)
    goal = fleet.sim.totals()["handled"] + events

    def enough():
        totals = fleet.sim.totals()
        step.live("%s handled" % count(totals["handled"]))
        return totals["handled"] >= goal
    herd.wait_until(enough, "%d more events are handled" % events)
    report = fleet.sim.report()
    step.done("%s handled, %d pings answered" % (
        count(report["totals"]["handled"]), report["pings"]["answered"]))


def kill_shard(fleet):
    pid = fleet.shard(VICTIM)["pid"]
    step = Step("kill -9 shard %d" % VICTIM)
    kill(pid)

    def back(status):
        shard = status["shards"][VICTIM]
        return shard["state"] == "ready" and shard["pid"] not in (0, pid)
    fleet.wait_status(back, "shard %d is back" % VICTIM)
    step.done("pid %d is now %d, back by RESUME in %.1f s" % (pid,
        fleet.shard(VICTIM)["pid"], step.took()))


def kill_handler(fleet):
    pid = fleet.handler_pid()
    connects = fleet.sim.totals()["connects"]
    step = Step("kill -9 the handler")
    kill(pid)
    fleet.wait_status(lambda s: s["handler"]["state"] == "ready"
        and s["handler"]["pid"] not in (0, pid), "a new handler is ready")
    left = fleet.sim.totals()["connects"] - connects
    step.done("pid %d is now %d in %.1f s; %s" % (pid, fleet.handler_pid(),
        step.took(), "no shard left Discord" if left == 0
        else "%d shards had to reconnect" % left))


def restart(fleet):
    step = Step("stop the whole fleet")
    fleet.stop()
    step.done("stopped in %.1f s; the events keep coming" % step.took())
    before = fleet.sim.totals()
    step = Step("start it again")
    fleet.start()
    after = fleet.sim.totals()
    step.done("16 of 16 ready in %.1f s: %d RESUMEs, %d IDENTIFYs" % (
        step.took(), after["resumes_ok"] - before["resumes_ok"],
        after["identifies"] - before["identifies"]))


def settle(fleet):
    step = Step("no new events, settle")
    fleet.sim.settle()

    def answered():
        pings = fleet.sim.report()["pings"]
        return pings["answered"] >= pings["sent"]
    herd.wait_until(answered, "every ping is answered")
    fleet.sim.settle()	# the answers are messages, too
    step.done("everything sent is handled")


def prove(fleet, first):
    """The simulator's counts; True when they are as promised."""
    report = fleet.sim.report()
    t, pings = report["totals"], report["pings"]
    print("\n" + fleet.cli("status").stdout)
    print(paint("1", "Proof") + ", by the simulator's own counts:")
    print("  events     %s sent, %s handled, %s lost, %s repeated%s" % (
        count(t["sent"]), count(t["handled"]), t["lost"], t["repeated"],
        " (in the killed handler's hands)" if t["repeated"] else ""))
    print("  IDENTIFYs  %d, %d of them at the first start; RESUMEs %d" % (
        t["identifies"], first, t["resumes"]))
    print("  pings      %d sent, %d answered, %d answered twice" % (
        pings["sent"], pings["answered"], pings["repeated"]))
    good = (t["lost"] == 0 and t["pending"] == 0 and t["reordered"] == 0
        and t["corrupt"] == 0 and t["violations"] == 0
        and t["identifies"] == first == SHARDS and pings["sent"] > 0
        and pings["answered"] == pings["sent"] and pings["repeated"] == 0)
    return verdict(good, "nothing lost, no IDENTIFY wasted")


def show(fleet):
    identify_all(fleet)
    first = fleet.sim.totals()["identifies"]
    fleet.sim.ctl("rate", RATE)
    flow(fleet, "%s events a second" % count(RATE), 2 * RATE)
    kill_shard(fleet)
    flow(fleet, "events go on", RATE)
    kill_handler(fleet)
    flow(fleet, "events go on", RATE)
    restart(fleet)
    flow(fleet, "events go on", RATE)
    settle(fleet)
    return prove(fleet, first)


# ---- begin and end ----------------------------------------------------

def stay(fleet, folder):
    fleet.sim.ctl("resume")
    # Whole paths: who started us need not be where we are.
    me = "%s -c %s" % (herd.SHARDHERD, fleet.config)
    ctl = "%s ctl --dir %s" % (herd.SIMULATOR, fleet.sim.dir)
    print("\nIt goes on running.  Try:")
    for command, what in ((me + " status", "the table"),
            (ctl + " report", "the simulator's counts"),
            (ctl + " message 3 hello", "a message on shard 3"),
            ("tail -f %s/log/shardherd.log" % fleet.dir, "the log"),
            # -f: files that nobody may write are asked about otherwise.
            (me + " stop; %s stop; rm -rf %s" % (ctl, folder),
             "end it all")):
        print("  %s\n      %s" % (paint("1", command), what))


def interrupted(signum, frame):
    raise KeyboardInterrupt


def demo(folder, keep):
    """Whether it ended as it should, and whether to leave all as it is."""
    sim = herd.Sim(os.path.join(folder, "discord"), shards=SHARDS,
        max_concurrency=MAX_CONCURRENCY, guilds=200,
        identify_interval="%ds" % INTERVAL_S)
    introduce()
    fleet = prepare(folder, sim)
    good = show(fleet)
    if keep:
        stay(fleet, folder)
    return good, keep


def main():
    parser = argparse.ArgumentParser(prog="tools/demo")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--stay", action="store_true",
        help="leave the fleet and the simulator running")
    what.add_argument("--bot", action="store_true",
        help="a bot of discord.js, unchanged, on a fleet with the gate")
    args = parser.parse_args()
    for sig in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, interrupted)
    herd.adopt_orphans()
    folder = tempfile.mkdtemp(prefix="shardherd-demo-")
    code, leave = 1, False
    try:
        if args.bot:
            good = demo_bot.demo(folder)
        else:
            good, leave = demo(folder, args.stay)
        code = 0 if good else 1
    except demo_bot.LeftOut as e:
        print("\nThe bot of this demo is one of discord.js, but %s.\n"
            "`tools/demo` without --bot needs none of it." % e,
            file=sys.stderr)
        code = 69
    except herd.Failed as e:
        print("\n%s\nThe logs are in %s" % (e, folder), file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopped; cleaning up", file=sys.stderr)
        code = 130
    finally:
        if not leave:
            herd.kill_descendants()
        if not leave and code != 1:
            shutil.rmtree(folder, ignore_errors=True)
    return code


sys.exit(main())
