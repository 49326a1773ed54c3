#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The roads to Discord: plain ws://, IPv6, an HTTP proxy, and a name server
that swallows every question; each with sessions lost and resumed on it, with
zstd-stream, which compression_matrix.t compares with the others.

The name server needs a network of its own: the scenario runs in new
namespaces where that is allowed, and leaves that road out where it is not.
"""
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import CAGED, ROOM, scenario, skip, wait_until
from ordeal import healthy

ALONE = "HERD_ROADS_ALONE"	# set: these namespaces are our own
SHARDS = 4
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
NAME = "proxy.test"


class Proxy(threading.Thread):
    """An HTTP proxy that can CONNECT.  refusing: the status it answers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connects, self.refusing, self.open = [], None, []
        self.start()

    def run(self):
        while True:
            client = self.listener.accept()[0]
            threading.Thread(target=self.serve, args=(client,),
                daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return
            head += data
        verb, target = head.split()[:2]
        if self.refusing or verb != b"CONNECT":
            client.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n"
                % (self.refusing or 405))
            client.close()
            return
        host, _, port = target.decode().rpartition(":")
        self.connects.append(int(port))
        server = socket.create_connection((host.strip("[]"), int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.open += [client, server]
        self.pump(client, server)

    @staticmethod
    def pump(a, b):
        other = {a: b, b: a}
        try:
            while True:
                for one in select.select([a, b], [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    other[one].sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            a.close()
            b.close()

    def hang_up(self):
        for one in self.open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []


def say(sim, text):
    for shard in range(SHARDS):
        sim.ctl("message", shard, text)


def travel(t, name, sim_options, config, during=None):
    """One road: there, lost, back by RESUME, nothing missing."""
    sim = t.sim(shards=SHARDS, guilds=8 * SHARDS, heartbeat_interval="8s",
        **sim_options)
    fleet = t.fleet(sim, dict({"gateway.compress": "zstd-stream",
        "limits.connect_timeout": "2s"}, **config))
    fleet.start()
    say(sim, "on the way")
    sim.settle()
    began = time.monotonic()
    resumed = SHARDS
    sim.ctl("drop", "all")
    say(sim, "meanwhile")
    sim.wait("connected=%d,resumes_ok=%d" % (SHARDS, resumed), 10)
    t.soon(began, 10, name + ": back")
    if during:
        during(t, sim, fleet)
    fleet.wait_ready()
    say(sim, "after")
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS)
    wire = fleet.shard(0)
    t.ok(wire["bytes_raw"] > 1.5 * wire["bytes_wire"],
        name + ": compressed all the way")
    healthy(t, fleet)
    fleet.stop()
    sim.stop()


def back(t, sim, before, began, limit, what):
    sim.wait("connected=%d,resumes_ok>=%d" % (SHARDS, before + SHARDS),
        limit + 5)
    t.soon(began, limit + 2, what + ": all back")


def through_proxy(t):
    proxy = Proxy()

    def during(t, sim, fleet):
        gates = {int(sim.urls[u].rpartition(":")[2])
            for u in ("SIM_GATEWAY", "SIM_RESUME")}
        t.ok(gates <= set(proxy.connects), "proxy: it carried both hosts")
        rest = int(sim.urls["SIM_API"].split(":")[2].split("/")[0])
        t.ok(rest in proxy.connects, "proxy: and REST")
        before, began = sim.totals()["resumes_ok"], time.monotonic()
        proxy.refusing = 503
        proxy.hang_up()
        wait_until(lambda: "503" in fleet.log_text(), "the log says what the "
            "proxy answered")
        proxy.refusing = None
        back(t, sim, before, began, 8, "proxy that refuses for a while")
    travel(t, "proxy", {}, {"gateway.proxy": "http://127.0.0.1:%d"
        % proxy.port}, during)


# ---- a name server that hangs ------------------------------------------

def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def own_network(folder):
    """lo is up, and names come from two files of ours."""
    s = socket.socket()
    fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    files = {name: os.path.join(folder, name) for name in ("hosts",
        "resolv.conf", "nsswitch.conf")}
    write(files["hosts"], "127.0.0.1 localhost %s\n" % NAME)
    write(files["nsswitch.conf"], "hosts: files dns\n")
    write(files["resolv.conf"], "nameserver 127.0.0.1\n"
        "options timeout:30 attempts:5\n")
    for name, path in files.items():
        if os.path.exists("/etc/" + name):
            subprocess.run(["mount", "--bind", path, "/etc/" + name],
                check=True)
    hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hole.bind(("127.0.0.1", 53))
    return files["hosts"], hole


def names_hang(t):
    hosts, hole = own_network(t.dir)
    proxy = Proxy()

    def during(t, sim, fleet):
        before, began = sim.totals()["resumes_ok"], time.monotonic()
        write(hosts, "127.0.0.1 localhost\n")
        proxy.hang_up()
        hole.settimeout(ROOM * 10)
        hole.recv(512)		# the question nobody answers
        fleet.wait_status(lambda s: all(x["connects"] >= 4
            for x in s["shards"]), "each shard gives a hanging name up and "
            "asks again")
        asked = time.monotonic()
        fleet.must("shard", "0", "reconnect")
        fleet.cli("status")
        t.soon(asked, 3, "DNS hangs: commands are answered")
        write(hosts, "127.0.0.1 localhost %s\n" % NAME)
        back(t, sim, before, began, 15, "DNS that hangs")
    travel(t, "DNS", {}, {"gateway.proxy": "http://%s:%d" % (NAME,
        proxy.port)}, during)


def six():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def main(t):
    if os.environ.get(ALONE):
        names_hang(t)
    else:
        t.note("no namespaces: DNS that hangs is left out")
    travel(t, "plain", {"plain": True}, {})
    if six():
        travel(t, "IPv6", {"listen": "::1"}, {})
    else:
        t.note("no IPv6 loopback here")
    through_proxy(t)


if CAGED:
    skip("it needs /etc/hosts and namespaces of its own")
if not os.environ.get(ALONE) and subprocess.run(["unshare", "-Urnm", "true"],
        stderr=subprocess.DEVNULL, check=False).returncode == 0:
    os.environ[ALONE] = "1"
    os.execvp("unshare", ["unshare", "-Urnm", sys.executable] + sys.argv)
scenario(main)
