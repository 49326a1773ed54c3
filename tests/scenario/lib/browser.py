# SPDX-License-Identifier: MIT
"""A headless Chromium, driven over its DevTools protocol on a pair of pipes:
what a page looks like is a fact that can be asked for.  None where there is no
Chromium: it is no part of tools/setup, being larger than all the rest."""
import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

ANSWER_S = 120	# a page that is not there by then never will be


def chromium():
    """Its path, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """with Browser() as b: b.open(url); b.run("document.title")"""

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="shardherd-browser-")
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()
        self.log = open(os.path.join(self.dir, "log"), "w+b")

        def place():
            # 3 and 4 may be among the four.
            a, b = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(a, 3)
            os.dup2(b, 4)

        argv = [chromium(), "--headless", "--remote-debugging-pipe",
            "--user-data-dir=" + self.dir, "--disable-gpu", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
            "--hide-scrollbars", "--force-device-scale-factor=1",
            "--font-render-hinting=none"]
        if os.geteuid() == 0:
            argv.append("--no-sandbox")	# it has none for root
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, close_fds=False,
            preexec_fn=place, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer, self.serial, self.events = b"", 0, []
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")
        self.session = self.ask("Target.attachToTarget", flatten=True,
            targetId=target["targetId"])["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            os.close(self.out)	# it ends with its pipe
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.into)
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- the protocol -------------------------------------------------

    def _read(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.into], [], [], left)[0]:
                raise TimeoutError("Chromium does not answer")
            more = os.read(self.into, 1 << 20)
            if not more:
                self.log.seek(0)
                raise EOFError("Chromium ended: %r" % self.log.read()[-2000:])
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def ask(self, method, **params):
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        deadline = time.monotonic() + ANSWER_S
        while True:
            got = self._read(deadline)
            if got.get("id") == self.serial:
                if "error" in got:
                    raise RuntimeError("%s: %s" % (method, got["error"]))
                return got["result"]
            self.events.append(got)

    def until(self, method):
        deadline = time.monotonic() + ANSWER_S
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self._read(deadline))

    # ---- what a person does -------------------------------------------

    def size(self, width, height, scale=1):
        self.ask("Emulation.setDeviceMetricsOverride", width=width,
            height=height, deviceScaleFactor=scale, mobile=False)

    def prefer(self, **features):
        """prefers_color_scheme="dark" and their like"""
        self.ask("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value}
            for name, value in features.items()])

    def scripts(self, allowed):
        self.ask("Emulation.setScriptExecutionDisabled", value=not allowed)

    def open(self, url):
        self.events = []
        said = self.ask("Page.navigate", url=url)
        if said.get("errorText"):
            raise RuntimeError("%s: %s" % (url, said["errorText"]))
        if said.get("loaderId"):	# or it was a step within the page
            self.until("Page.loadEventFired")

    def press(self, key, code, text=""):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}))

    def complaints(self):
        """What the console has of errors and warnings, and what the page
        asked of the network beside itself."""
        found = []
        for e in self.events:
            params = e.get("params", {})
            if e.get("method") == "Log.entryAdded":
                found.append(params["entry"]["text"])
            elif e.get("method") in ("Runtime.consoleAPICalled",
                    "Runtime.exceptionThrown"):
                found.append(json.dumps(params))
        return found

    def requests(self):
        return [e["params"]["request"]["url"] for e in self.events
            if e.get("method") == "Network.requestWillBeSent"]

    def run(self, script):
        """The value of a JavaScript expression, as JSON has it.  The page's
        own scripts may be off, this one runs."""
        said = self.ask("Runtime.evaluate", expression=script,
            returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise RuntimeError(json.dumps(said["exceptionDetails"]))
        return said["result"].get("value")

    def picture(self, path, whole=True):
        data = self.ask("Page.captureScreenshot", format="png",
            captureBeyondViewport=whole, optimizeForSpeed=False)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))
