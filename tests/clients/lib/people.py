# SPDX-License-Identifier: MIT
"""What people do, through `shardherd-sim ctl` alone: one person, who owns the
guild, in one of its channels.  Each gives the id of what came of it."""


class People:
    def __init__(self, sim, channel):
        self.sim, self.channel = sim, channel

    def _act(self, *args):
        return self.sim.ctl(*args).split()[0]

    def _here(self, *args):
        return self._act(*args, "--in", self.channel)

    def say(self, text):
        return self._act("say", self.channel, text)

    def edit(self, message, text):
        return self._here("edit", message, text)

    def delete(self, message):
        return self._here("delete", message)

    def react(self, message, emoji):
        return self._here("react", message, emoji)

    def use(self, name, **options):
        """A slash command."""
        return self._here("use", "/" + name,
            *("%s=%s" % option for option in options.items()))

    def type(self, name, option, text):
        """Into an option that completes."""
        return self._here("complete", "/" + name, "%s=%s" % (option, text))

    def press(self, message, button):
        return self._here("press", message, button)

    def submit(self, **fields):
        """The form that is open."""
        return self._act("submit",
            *("%s=%s" % field for field in fields.items()))
