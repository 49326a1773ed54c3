#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A guild's icon and banner follow a repository of events; see man 7
shardherd-branding.  This file has the commands and the timers; what is done
is in branding/run.py."""
import os
import sys
import threading

from branding import calendar, repository, run, show
import shardherd

DAILY = "00:01"         # UTC

bot = shardherd.Plugin(workers=4)


def settings(given):
    """The plugin's section of the configuration, completed; ValueError."""
    config = dict(repository="", guild="", channel="", log_channel="",
        rotate_days="3", rank="100", dry_run="no", github_token="")
    unknown = set(given) - set(config)
    if unknown:
        raise ValueError('there is no key "%s"' % sorted(unknown)[0])
    config.update(given)
    for key in ("guild", "channel", "log_channel", "rotate_days", "rank"):
        if not config[key].isdecimal() and (config[key] or key == "guild"):
            raise ValueError('%s must be a number, not "%s"'
                % (key, config[key]))
    if not config["repository"]:
        raise ValueError("repository must be a folder or an http(s) URL")
    if config["dry_run"] not in ("yes", "no", "true", "false"):
        raise ValueError("dry_run must be yes or no")
    config["dry_run"] = config["dry_run"] in ("yes", "true")
    for key in ("rotate_days", "rank"):
        config[key] = int(config[key])
    return config


class Branding:
    def __init__(self):
        self.bot, self.memory = bot, run.Memory(bot.kv)
        self.lock = threading.Lock()    # one run at a time
        self.config = self.repository = None
        self.ready = threading.Event()
        self.fault = "Branding is still starting."

    def begin(self):
        try:
            self.set_up()
        except shardherd.Error as e:
            print("branding cannot start: %s" % e, file=sys.stderr, flush=True)
            os._exit(1)     # to be started again
        self.ready.set()

    def set_up(self):
        try:
            self.config = settings(bot.config)
        except ValueError as e:
            self.fault = "Branding is not set up: %s." % e
            bot.call("log", level="error", text=self.fault)
            return
        self.repository = repository.open_repository(
            self.config["repository"], self.config["github_token"])
        self.fault = None
        self.settle()

    def settle(self):
        """A restart changes nothing; what is new in the configuration does
        not wait for midnight."""
        mine = [self.config["guild"], self.config["repository"],
            self.config["dry_run"]]
        old = bot.kv.get("settled")
        if old is None or old[0] != mine[0]:
            bot.kv.delete("state")
        if self.enabled():
            bot.call("timer.set", name="daily", daily=DAILY)
            if old != mine:
                self.soon()
        if old != mine:
            bot.kv.set("settled", mine)

    @staticmethod
    def soon():
        bot.call("timer.set", name="retry", after=0)

    def enabled(self):
        return bot.kv.get("daemon", True)

    def run(self, now_ms, dry=False, check=False, since_ms=None, tries=0):
        """The run, when it is over."""
        with self.lock:
            dry = dry or self.config["dry_run"]
            return run.Run(self, now_ms, dry, check).go(
                since_ms or now_ms, tries)

    def refresh(self, now_ms):
        with self.lock:
            run.Run(self, now_ms, False, False).refresh()


branding = Branding()


@bot.start_up
def begin():
    branding.begin()


@bot.timer("daily")
@bot.timer("retry")
def wake(timer):
    branding.ready.wait()
    if branding.fault or not branding.enabled():
        return
    done = branding.run(timer["now_ms"], **(timer["payload"] or {}))
    if branding.config["dry_run"]:
        for line in done.lines:
            bot.call("log", level="info", text="Branding, dry run: " + line)


# ---- what people are told: each of these makes embeds ------------------------

def shown(up):
    return up["path"] if up else "not set by branding"


def turns(state, config):
    turn = state["turns"].get("icon")
    if (not state["icon"] or not config["rotate_days"] or not turn
            or len(turn["uses"]) < 2):
        return ""
    return ", since %s, changed every %d days" % (state["icon"]["day"],
        config["rotate_days"])


def about(now_ms, options):
    state, config = branding.memory.state(), branding.config
    event = calendar.current(list(branding.memory.events().values()),
        calendar.today(now_ms))
    embed = (show.event(event) if event else show.note("No event is on",
        ["And there is no fallback."], show.RED))
    embed["fields"] = [
        show.field("Icon", [shown(state["icon"]) + turns(state, config)]),
        show.field("Banner", [shown(state["banner"])])]
    if config["dry_run"]:
        embed["fields"].append(show.field("Dry run", ["Nothing is changed."]))
    if state["told"]:
        embed["fields"].append(show.field("What is wrong",
            list(state["told"])))
    return [embed]


def show_calendar(now_ms, options):
    wrong = []
    if options.get("do") == "refresh":
        try:
            branding.refresh(now_ms)
        except repository.Failure as e:
            wrong.append("The repository could not be read: %s." % e)
    events = list(branding.memory.events().values())
    now = calendar.current(events, calendar.today(now_ms))
    wrong += branding.memory.wrong()
    if not events:
        return [show.note("No events found!", wrong or ["The calendar was "
            "not read yet: say `calendar refresh`."], show.RED)]
    return [show.calendar(events, now)] + show.troubles(wrong)


def sync(now_ms, options):
    """What was done, and all that could not be."""
    dry = options.get("mode") == "dry-run" or branding.config["dry_run"]
    done = branding.run(now_ms, dry=dry, check=True)
    wrong = branding.memory.wrong()
    lines = done.lines or ["Everything is as it should be." if not wrong
        else "Icon and banner are as they should be."]
    if done.failed:
        embed = show.note("Synchronisation unsuccessful", ["Failed to apply: "
            "%s." % ", ".join(done.failed)] + lines, show.RED)
    else:
        embed = show.note("Dry run" if dry else "Synchronisation successful",
            lines, show.GREEN)
    return [embed] + show.troubles(wrong)


def daemon_enable(now_ms, options):
    """What is due is not left to midnight."""
    was = branding.enabled()
    bot.kv.set("daemon", True)
    due = bot.call("timer.set", name="daily", daily=DAILY)["due_ms"]
    branding.soon()
    return [show.note("Daemon is already enabled!" if was else
        "Daemon enabled!", ["Branding follows the calendar, from now on; next "
        "at %s." % moment(due)], show.GREEN)]


def daemon_disable(now_ms, options):
    bot.kv.set("daemon", False)
    for name in ("daily", "retry"):
        bot.call("timer.cancel", name=name)
    return [show.note("Daemon disabled!", ["Branding stays as it is until "
        "`daemon enable`."], show.GREEN)]


def daemon_status(now_ms, options):
    if not branding.enabled():
        return [show.note("Daemon is disabled", ["Say `daemon enable` to "
            "start it."], show.RED)]
    return [show.note("Daemon is enabled", ["%s at %s." % (
        "Next run" if t["name"] == "daily" else "Another try",
        moment(t["due_ms"])) for t in bot.call("timer.list")["timers"]],
        show.GREEN)]


def moment(ms):
    return "<t:%d:f>" % (ms // 1000)


def option(kind, name, description, **more):
    return dict(more, type=kind, name=name, description=description)


def choice(name, value, description):
    """One word that may be said or not."""
    return option(TEXT, name, description,
        choices=[dict(name=value, value=value)])


TEXT, SUB, GROUP = 3, 1, 2
OPEN = {"about", "calendar", "daemon status"} # unless they refresh
DO = {"about": about, "calendar": show_calendar, "sync": sync,
    "daemon enable": daemon_enable, "daemon disable": daemon_disable,
    "daemon status": daemon_status}
OPTIONS = [
    option(SUB, "about", "What is on, and what is shown"),
    option(SUB, "sync", "Brings icon and banner up to date", options=[
        choice("mode", "dry-run", "Only say what would be done")]),
    option(SUB, "calendar", "The events of the year", options=[
        choice("do", "refresh", "Read the repository again")]),
    option(GROUP, "daemon", "The daily run", options=[
        option(SUB, "enable", "Follow the calendar every day"),
        option(SUB, "disable", "Leave icon and banner as they are"),
        option(SUB, "status", "Whether it is enabled, and when it runs")])]


def work(cmd, fn):
    """Answers later: this may take longer than Discord waits."""
    try:
        embeds = fn(cmd.event["received_ms"], cmd.options)
    except Exception as e:
        bot.call("log", level="error", text="Branding: %r" % e)
        embeds = [show.note("That went wrong", [str(e)], show.RED)]
    try:
        bot.answer(cmd, "", embeds=embeds)
    except shardherd.Error as e:
        bot.call("log", level="warn", text="Branding: no answer could be "
            "given to a command: %s" % e)


@bot.command("branding", help="Icon and banner follow the calendar",
    options=OPTIONS)
def command(cmd):
    branding.ready.wait()
    if branding.fault:
        bot.answer(cmd, branding.fault)
    elif cmd.sub not in DO:
        bot.answer(cmd, "Say one of: %s." % ", ".join(DO))
    elif (cmd.rank < branding.config["rank"]
            and (cmd.sub not in OPEN or cmd.options)):
        bot.answer(cmd, "Sorry, `%s` is not for you: it needs rank %d."
            % (cmd.sub, branding.config["rank"]))
    else:
        bot.defer(cmd)
        bot.pool.submit(work, cmd, DO[cmd.sub])


if __name__ == "__main__":
    bot.run()
