# SPDX-License-Identifier: MIT
"""What may befall a fleet: each deed takes the world it acts on and the dice,
and returns what it did when that is over, or is the fleet's to mend.  It adds
to the world's account what it may cost: IDENTIFYs (spent), and what handlers
and plugins that died had in their hands (deaths)."""
import harm
import odd
import orders


def at_once(w, dice):
    """Two or three that do not wait for each other; a process that dies between
    IDENTIFY and READY has to IDENTIFY again."""
    w.spent += 2
    kinds = dice.sample((harm.kill_one, harm.kill_bot, odd.cut, odd.fault,
        odd.expire, odd.slow_line, harm.kill_several), dice.randrange(2, 4))
    return "; ".join("%s %s" % (kind.__name__, kind(w, dice))
        for kind in kinds)


# Name: the deed, and how often it comes, beside the others.
DEEDS = {
    "kill": (harm.kill_one, 6), "kill several": (harm.kill_several, 3),
    "kill bot": (harm.kill_bot, 1), "crash loop": (harm.crash_loop, 1),
    "orphans": (harm.orphans, 2), "stand still": (harm.stand_still, 3),
    "host sleeps": (harm.host_sleeps, 1),
    "no descriptors": (harm.no_descriptors, 2), "no memory": (harm.no_memory,
    2), "full disk": (harm.full_disk, 1), "slow network": (harm.slow_network,
    1), "no network": (harm.no_network, 1),
    "cut": (odd.cut, 3), "slow line": (odd.slow_line, 1), "mute": (odd.mute,
    1), "fault": (odd.fault, 8), "expire": (odd.expire, 1),
    "order": (orders.order, 4), "pair": (orders.pair, 5),
    "broken reload": (orders.broken_reload, 1),
    "changed reload": (orders.changed_reload, 1), "at once": (at_once, 3),
}
