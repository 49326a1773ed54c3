#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A client of the gate: IDENTIFY, RESUME at every point, catch-up, takeover,
and the SIGKILL of the gate under it; nothing missed, nothing twice but what one
heartbeat covers."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from gatealone import Bot, GateAlone, guild, guild_id
from herd import scenario


def identify(t, gate):
    """READY is Discord's but for what is ours; guilds are whole."""
    bot = Bot(gate)
    bot.send({"op": 1, "d": None})
    ready = bot.come()
    bot.until_guilds(3)
    t.equal(ready["user"]["username"], "bot", "READY has Discord's user")
    t.equal(ready["of_the_future"], 7, "... and what nobody knows")
    t.equal(ready["resume_gateway_url"], "ws://gate.example/",
        "... and our URL")
    t.ok(ready["session_id"] != "upstream", "... and our session_id")
    t.equal(ready["shard"], [0, 1], "... and the client's shard")
    t.equal(sorted(g["id"] for g in ready["guilds"]), sorted(
        str(guild_id(n)) for n in (1, 2, 3)), "... and the guilds")
    t.equal(bot.guilds[str(guild_id(2))]["of_the_future"], {"n": 2},
        "a GUILD_CREATE has all that Discord sent")
    numbers = gate.messages(5)
    t.equal(bot.until_number(numbers[-1]), numbers, "live events come")
    t.equal(bot.gaps, [], "s is without gaps")
    t.equal(bot.beat()["op"], 11, "a heartbeat is answered")
    return bot


def resume_everywhere(t, gate, bot):
    """The connection breaks at each s in turn; what comes is exact."""
    first = bot.seq
    wanted = gate.messages(8)
    bot.until_number(wanted[-1])
    bot.drop()
    for n in range(len(wanted) + 1):
        again = Bot(gate)
        again.come_back(bot, first + n)
        again.until(0, "RESUMED")
        if again.numbers != wanted[n:] or again.gaps:
            t.equal(again.numbers, wanted[n:], "RESUME at %d" % n)
        again.drop()
    t.ok(True, "RESUME at each s replays what is behind it, to the end")
    last = Bot(gate)
    last.come_back(bot)
    last.until(0, "RESUMED")
    t.equal(last.numbers, [], "RESUME at the last s replays nothing")
    more = gate.messages(3)
    t.equal(last.until_number(more[-1]), more, "and live events go on")
    return last


def resume_of_nothing(t, gate, bot):
    other = Bot(gate)
    other.session, other.seq = "f" * 32, 3
    other.come_back(other)
    t.equal(other.until(9)["d"], False, "RESUME of nothing: op 9 false")
    other.session = bot.session
    other.resume(other.token, bot.session, bot.seq + 100)
    t.equal(other.until(9)["d"], False, "of an s it never had: the same")
    other.identify(other.token)
    t.ok(other.until(0, "READY"), "and IDENTIFY on the same socket goes")
    t.equal(other.leave(1000), 1000, "closed with 1000")


def killed(t, gate):
    """SIGKILL of the gate at many points: RESUME is exact each time."""
    bot = Bot(gate, "killed")
    bot.come()
    bot.until_guilds(3)
    got, wanted = [], []
    for n in range(8):
        wanted += gate.messages(20)
        while len(got) < 20 * n + 7 and bot.receive():
            got += bot.numbers
            bot.numbers = []
        if n % 2:
            bot.beat()
            got += bot.numbers
            bot.numbers = []
        gate.kill()
        old, bot = bot, None
        wanted += list(range(gate.lane + 1, gate.lane + 6))
        gate.lane += 5
        gate.unsure.append((gate.lane, "burst %d 5 1 1" % (gate.lane - 4)))
        gate.start()
        bot = Bot(gate, "killed")
        bot.come_back(old)
        bot.until(0, "RESUMED")
        got += bot.numbers
        bot.numbers = []
        if bot.gaps:
            t.equal(bot.gaps, [], "gaps after kill %d" % n)
    t.equal(got, wanted, "8 SIGKILLs of the gate: nothing missed, nothing "
        "twice, in order (%d messages)" % len(wanted))
    return bot


def caught_up(t, gate):
    """The bot's process dies and IDENTIFYs afresh."""
    bot = Bot(gate, "fresh")
    bot.come()
    bot.until_guilds(3)
    had = gate.messages(10)
    bot.until_number(had[-1])
    bot.beat()
    unsure = gate.messages(4)
    bot.until_number(unsure[-1])
    bot.drop()
    gate.event("CHANNEL_CREATE", {"id": "99", "guild_id": str(guild_id(1)),
        "type": 0, "name": "new"})
    missed = gate.messages(10)
    gate.event("MESSAGE_REACTION_ADD", {"guild_id": str(guild_id(1)),
        "channel_id": "5", "message_id": "1", "user_id": "2"})
    bot = Bot(gate, "fresh")
    bot.come()
    bot.until_guilds(3)
    t.ok("99" in [c["id"] for c in bot.guilds[str(guild_id(1))]["channels"]],
        "its GUILD_CREATEs are of now")
    later = gate.messages(2)
    names = []
    while not bot.numbers or bot.numbers[-1] != later[-1]:
        names.append(bot.receive().get("t"))
    t.equal(bot.numbers, unsure + missed + later, "then what it missed since "
        "its last heartbeat, then what comes")
    t.ok("MESSAGE_REACTION_ADD" in names, "reactions too")
    t.ok("CHANNEL_CREATE" not in names, "not what the snapshot shows")
    bot.beat()
    bot.leave(1000)
    missed = gate.messages(3)
    bot = Bot(gate, "fresh")
    bot.come()
    later = gate.messages(1)
    t.equal(bot.until_number(later[-1]), missed + later, "of one that said "
        "goodbye, too: nothing that it had confirmed before")
    bot.leave(1000)
    bot = Bot(gate, "forgetful")
    bot.come()
    bot.drop()
    gate.messages(5)
    bot = Bot(gate, "forgetful")
    bot.come()
    later = gate.messages(1)
    t.equal(bot.until_number(later[-1]), later, "catch_up = no: only what "
        "comes")
    bot.leave(1000)


def take_over(t, gate):
    """A deploy, start first."""
    old = Bot(gate, "deploy")
    old.come()
    old.until_guilds(3)
    first = gate.messages(5)
    old.until_number(first[-1])
    old.beat()
    new = Bot(gate, "deploy")
    new.come()
    t.equal(old.until(7)["op"], 7, "the old process is told to reconnect")
    t.ok(old.close_code() is not None, "and closed")
    comes = gate.messages(5)
    t.equal(new.until_number(comes[-1]), comes, "the new one goes on from "
        "where the old one was")
    back = Bot(gate, "deploy")
    back.come_back(old)
    back.beat()
    t.equal(back.numbers, [], "the old one's RESUME waits")
    new.leave(1000)
    t.equal(back.until(9)["d"], False, "and is void when the new one is gone")
    back.identify(back.token)
    back.until(0, "READY")
    last = gate.messages(2)
    t.equal(back.until_number(last[-1]), comes + last,
        "so that the old one comes back and misses nothing")
    back.leave(1000)
    for name in ("share", "refuse"):
        one, two = Bot(gate, name), Bot(gate, name)
        one.come()
        if name == "share":
            two.come()
            n = gate.messages(1)[-1]
            t.equal((one.until_number(n)[-1], two.until_number(n)[-1]), (n, n),
                "on_second = share: both get events")
        else:
            two.until(10)
            two.identify(two.token)
            t.equal(two.close_code(), 4000, "on_second = refuse: 4000")
        one.drop()
        two.drop()


def ends(t, gate):
    for code, stays in ((1000, False), (1001, False), (4200, True),
            (3000, True), (None, True)):
        bot = Bot(gate)
        bot.come()
        bot.until_guilds(3)
        bot.leave(code)
        again = Bot(gate)
        again.come_back(bot)
        document = again.receive()
        t.equal((document["op"], document["d"]) == (9, False), not stays,
            "closed with %s: the session %s" % (code, "stays" if stays else
                "ends"))
        again.leave(1000)


def routing(t, gate):
    """Any shard count; each event to one of them."""
    bots = [Bot(gate, "routed") for _ in range(3)]
    for i, bot in enumerate(bots):
        bot.come((i, 3))
        bot.until_guilds(1)
    t.equal([sorted(int(g) >> 22 for g in b.guilds) for b in bots], [[3], [1],
        [2]], "guilds of [i, 3] by (g >> 22) % 3")
    gate.messages(9, guilds=3)
    gate.event("USER_UPDATE", {"id": "1", "username": "renamed"})
    for i, bot in enumerate(bots):
        while len(bot.numbers) < 3:
            bot.receive()
    bots[0].until(0, "USER_UPDATE")
    t.equal(sum(len(b.numbers) for b in bots), 9, "each message went to one")
    for bot in bots:
        bot.leave(1000)


def replaced(t, gate):
    """The gate is replaced as in an upgrade: told, saved, gone on with."""
    bot = Bot(gate, "replaced")
    bot.come()
    bot.until_guilds(3)
    had = gate.messages(5)
    gate.order("stop")
    bot.until(7)
    bot.close_code()
    t.equal(gate.process.wait(60), 0, "a gate that is replaced tells its "
        "clients and ends")
    gate.process.stdin.close()
    missed = list(range(gate.lane + 1, gate.lane + 4))
    gate.lane += 3
    gate.unsure.append((gate.lane, "burst %d 3 1 1" % missed[0]))
    gate.start()
    back = Bot(gate, "replaced")
    back.come_back(bot)
    back.until(0, "RESUMED")
    while len(bot.numbers) + len(back.numbers) < 8:
        back.receive()
    t.equal(bot.numbers + back.numbers, had + missed, "with the next one it "
        "goes on where it was")
    back.leave(1000)


def outage(t, gate):
    """A new session upstream looks like an outage, not like joining guilds."""
    bot = Bot(gate)
    bot.come()
    bot.until_guilds(3)
    gate.world(2, of_the_future=7)
    gone = {}
    for _ in range(3):
        d = bot.until(0, "GUILD_DELETE")["d"]
        gone[int(d["id"]) >> 22] = d.get("unavailable")
    t.equal(gone, {1: True, 2: True, 3: None}, "guilds that stay are "
        "unavailable for a moment, the one that left is gone")
    t.equal(int(bot.until(0, "GUILD_CREATE")["d"]["id"]) >> 22, 1,
        "then they come")
    gate.event("GUILD_CREATE", guild(3))
    bot.leave(1000)


def main(t):
    gate = GateAlone(t, "client=a", "client=fresh", "client=forgetful,forgets",
        "client=deploy", "client=share,share", "client=refuse,refuse",
        "client=routed", "client=killed",
        "client=replaced")
    gate.world(3, of_the_future=7)
    bot = identify(t, gate)
    bot = resume_everywhere(t, gate, bot)
    bot.drop()
    resume_of_nothing(t, gate, bot)
    bot = killed(t, gate)
    bot.leave(1000)
    caught_up(t, gate)
    take_over(t, gate)
    ends(t, gate)
    routing(t, gate)
    replaced(t, gate)
    outage(t, gate)
    t.equal(gate.end(), 0, "the gate ends")


scenario(main)
