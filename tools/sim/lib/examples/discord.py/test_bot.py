# SPDX-License-Identifier: MIT
import sys
import unittest

from shardherd_sim import Refused, Simulator


class TestBot(unittest.TestCase):
    def test_it(self):
        with Simulator() as sim:
            sim.start([sys.executable, "bot.py"])
            sim.say("#general", "!ping")
            sim.expect("#general", "pong")
            answer = sim.use("/roll", sides=20)
            self.assertRegex(answer.text, r"^You rolled \d+$")
            self.assertIn("again", answer.message.press("Again").text)
            with self.assertRaises(Refused):
                sim.use("/roll", sides=1)


if __name__ == "__main__":
    unittest.main()
