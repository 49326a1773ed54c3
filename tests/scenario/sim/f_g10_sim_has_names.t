#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""G10: the simulator's TLS holds for the address it listens on and for the
names others have for it, and its URLs lead there."""
import socket
import ssl
import subprocess
import sys
import urllib.parse

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOM, SIMULATOR, scenario

SHARDS = 2
ADDRESS = "127.0.0.3"	# loopback, and not what the certificate always has
NAMES = "sim.example,127.0.0.4,::2"


def trusted(sim, name):
    """Why the certificate does not hold for a name, or None."""
    context = ssl.create_default_context(cafile=sim.urls["SIM_CA"])
    port = urllib.parse.urlsplit(sim.urls["SIM_API"]).port
    try:
        with socket.create_connection((ADDRESS, port), 30) as raw:
            context.wrap_socket(raw, server_hostname=name).close()
    except ssl.SSLCertVerificationError as e:
        return e.verify_message
    return None


def main(t):
    sim = t.sim(shards=SHARDS, listen=ADDRESS, max_concurrency=SHARDS)
    fleet = t.fleet(sim)
    fleet.start()
    t.match(sim.urls["SIM_GATEWAY"], "^wss://127.0.0.3:", "a gateway there")
    t.ok(True, "a fleet is served at another address than 127.0.0.1")
    fleet.stop()
    sim.stop()

    named = t.sim(shards=SHARDS, listen=ADDRESS, names=NAMES)
    for key in ("SIM_API", "SIM_GATEWAY"):
        t.equal(urllib.parse.urlsplit(named.urls[key]).hostname,
            "sim.example", key + " has the first name")
    for name in ("localhost", "127.0.0.1", ADDRESS, *NAMES.split(",")):
        t.equal(trusted(named, name), None, "trusted as " + name)
    t.ok(trusted(named, "other.example"), "and as nothing else")
    named.stop()

    for bad in ("0.0.0.0", "a b,c_d", "x,IP:1.2.3.4", "-x", "a" * 300,
            ",".join("n%d" % i for i in range(17))):
        done = subprocess.run([SIMULATOR, "run", "--dir", t.dir + "/bad",
            "--names", bad], capture_output=True, text=True, timeout=ROOM * 30,
            check=False)
        t.sentence(done, 64, "--names", "refused: " + bad[:20])


scenario(main)
