# SPDX-License-Identifier: MIT
"""A fleet with a gate, to stand where clients are otherwise pointed at the
simulator itself: its addresses and a client's token, in the same words."""
import json
import os
import shutil
import subprocess

from gates import GATE, free_port, gate_pid, wait_gate
from herd import Failed, Fleet, Sim, wait_until
from install import LeftOut

SHARDS, GUILDS = 2, 6
INTENTS = 53608447	# all there are
NAME = "bot"		# of the client in the config


def certificate(folder):
    """Of this machine, by its own authority: the file, and its key."""
    if shutil.which("openssl") is None:
        raise LeftOut("there is no openssl here to make a certificate")
    cert, key = (os.path.join(folder, n) for n in ("cert.pem", "key.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
        "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
        capture_output=True)
    return cert, key


class Gated:
    """The simulator, the fleet in front of it, and its clients: {name: keys of
    its section}."""

    def __init__(self, folder, tls=False, clients=None, **options):
        self.folder = folder
        clients = clients or {NAME: {"presence": "yes"}}
        self.sim = Sim(os.path.join(folder, "sim"), **dict(shards=SHARDS,
            guilds=GUILDS, bots=2, **options))
        self.fleet = Fleet(os.path.join(folder, "fleet"), self.sim)
        self.config = GATE(clients, heartbeat="2s",
            rest_listen="127.0.0.1:%d" % free_port())
        self.config.update({"bot.intents": INTENTS, "log.level": "info",
            "rollout.pause": "500ms", "handler.probation": "1s"})
        for name, keys in clients.items():
            self.config.update({'client "%s".%s' % (name, key): value
                for key, value in keys.items()})
        self.ca = ""
        if tls:
            self.ca, key = certificate(folder)
            self.config.update({"gate.tls_cert": self.ca, "gate.tls_key": key})
        self.plugins = {}
        self.fleet.write_config(self.config, self.plugins)
        self.fleet.start()
        wait_gate(self.fleet)
        self.urls = self.urls_of(next(iter(clients)))

    def urls_of(self, client):
        """What the environment of that client says."""
        file = os.path.join(self.folder, "token." + client)
        with open(file, "w", encoding="utf-8") as f:
            f.write(wait_until(lambda: self._token(client),
                "%s has a token" % client))
        s = "s" if self.ca else ""
        return {"SIM_API": "http%s://%s/api/v10" % (s,
            self.config["gate.rest_listen"]), "SIM_GATEWAY": "ws%s://%s" % (s,
            self.config["gate.listen"]), "SIM_CA": self.ca,
            "SIM_TOKEN_FILE": file}

    def _token(self, client):
        for verb in ("add", "token"):
            done = self.fleet.cli("client", verb, client, "--json")
            if done.returncode == 0:
                return json.loads(done.stdout)["token"]
        return None

    def row(self, client=NAME):
        """What status says of it."""
        return next(c for c in self.fleet.status()["gate"]["clients"]
            if c["name"] == client)

    # ---- what happens to a fleet --------------------------------------

    def wait(self):
        self.fleet.wait_ready()
        wait_gate(self.fleet)

    def kill_gate(self):
        pid = gate_pid(self.fleet)
        os.kill(pid, 9)
        wait_gate(self.fleet, other_than=pid)

    def kill_handler(self):
        pid = self.fleet.handler_pid()
        os.kill(pid, 9)
        self.fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, -1,
            None, pid), "another handler")
        self.wait()

    def rollout(self):
        self.fleet.must("rollout", "--all")
        self.wait()

    def upgrade(self):
        self.fleet.must("upgrade", self.fleet.binary)
        self.wait()

    def reload(self):
        """One that replaces the handler."""
        pid = self.fleet.handler_pid()
        self.plugins["audit"] = self.fleet.audit()
        self.fleet.write_config(self.config, self.plugins)
        self.fleet.must("reload")
        if self.fleet.handler_pid() == pid:
            raise Failed("the reload has not replaced the handler")
        self.wait()

    def stop(self):
        self.fleet.stop()
        self.sim.stop()
