# SPDX-License-Identifier: MIT
"""Where the events come from: a folder, or a base URL whose SHA256SUMS says
what is there.  Every file is known by its path and its SHA-256; nothing is
read beyond its limit, outside the repository, or without a deadline."""
import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request

import branding_calendar as calendar

INDEX = "SHA256SUMS"
INDEX_MAX = 1 << 20
META_MAX = 64 << 10
IMAGE_MAX = 5 << 20     # as a data URI it has to fit into one request
EVENTS_MAX = 100
ICONS_MAX = 100         # of one event
READ_S = 10             # without a byte
FILE_S = 20             # for a whole file
IMAGE = r"[^/]+\.(?:png|jpe?g|gif)"
WANTED = re.compile(r"([^/]+)/(meta\.(?:md|json)|banner\.(?:png|jpe?g|gif)|"
    r"icons/%s)" % IMAGE)
SUM = re.compile(r"(\\?)([0-9a-f]{64}) [ *](?:\./)?(.+)")


class Failure(Exception):
    """It cannot be read; again: it may go well later."""

    def __init__(self, text, again=False):
        super().__init__(text)
        self.again = again


def is_safe(path):
    """No way out, no surprises in a URL or a log."""
    return (path.isprintable() and "\\" not in path
        and len(path.encode()) <= 200
        and all(part and part[0] != "." for part in path.split("/")))


def checked(data, sha, path):
    if hashlib.sha256(data).hexdigest() != sha:
        raise Failure("%s is not what its hash says; is the repository being "
            "changed?" % path, again=True)
    return data


# ---- a folder -----------------------------------------------------------

class Folder:
    def __init__(self, root):
        self.root = os.path.realpath(root)

    def index(self):
        """{path: SHA-256} of what may concern us, and what was left out."""
        found, refused = {}, []
        try:
            for path in self.paths():
                try:
                    found[path] = hashlib.sha256(
                        self.content(path, IMAGE_MAX)).hexdigest()
                except Failure as e:
                    refused.append("%s." % e)
        except OSError as e:
            raise Failure("%s cannot be read: %s" % (self.root, e.strerror)
                ) from None
        return found, refused

    def paths(self):
        for event in sorted(os.listdir(self.root)):
            for folder in (event, event + "/icons"):
                if not os.path.isdir(os.path.join(self.root, folder)):
                    continue
                for name in sorted(os.listdir(os.path.join(self.root,
                        folder))):
                    path = folder + "/" + name
                    if WANTED.fullmatch(path) and is_safe(path):
                        yield path

    def content(self, path, most):
        full = os.path.realpath(os.path.join(self.root, path))
        if os.path.commonpath([full, self.root]) != self.root:
            raise Failure("%s leads out of the repository" % path)
        if not os.path.isfile(full):
            raise Failure("%s is not a file" % path)
        try:
            with open(full, "rb") as f:
                data = f.read(most + 1)
        except OSError as e:
            raise Failure("%s cannot be read: %s" % (path, e.strerror)
                ) from None
        if len(data) > most:
            raise Failure("%s is longer than %d KiB" % (path, most >> 10))
        return data

    def read(self, path, sha, most):
        return checked(self.content(path, most), sha, path)


# ---- a base URL ----------------------------------------------------------

class Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urllib.parse.urlsplit(newurl).scheme not in ("http", "https"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Web:
    def __init__(self, base):
        self.base = base.rstrip("/") + "/"
        self.opener = urllib.request.build_opener(Redirects)

    def index(self):
        found, refused = {}, []
        text = self.fetch(INDEX, INDEX_MAX).decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            match = SUM.fullmatch(line)
            if not match:
                raise Failure("line %d of %s is not what sha256sum writes"
                    % (number, INDEX))
            escaped, sha, path = match.groups()
            if escaped or not is_safe(path):
                refused.append("Line %d of %s names a path that is not "
                    "taken." % (number, INDEX))
            elif WANTED.fullmatch(path):
                found[path] = sha
        return found, refused

    def fetch(self, path, most):
        url = self.base + urllib.parse.quote(path)
        end = time.monotonic() + FILE_S
        try:
            with self.opener.open(url, timeout=READ_S) as answer:
                return self.body(answer, path, most, end)
        except urllib.error.HTTPError as e:
            raise Failure("%s: HTTP %d" % (url, e.code),
                again=e.code >= 500) from None
        except (OSError, http.client.HTTPException) as e:
            raise Failure("%s: %s" % (url, getattr(e, "reason", e)),
                again=True) from None
        except ValueError as e:
            raise Failure("%s: %s" % (url, e)) from None

    @staticmethod
    def body(answer, path, most, end):
        data = b""
        while len(data) <= most:
            if time.monotonic() > end:
                raise Failure("%s takes longer than %d s" % (path, FILE_S),
                    again=True)
            piece = answer.read1(65536)
            if not piece:
                return data
            data += piece
        raise Failure("%s is longer than %d KiB" % (path, most >> 10))

    def read(self, path, sha, most):
        return checked(self.fetch(path, most), sha, path)


def open_repository(where):
    return (Web if re.match("https?://", where) else Folder)(where)


# ---- the events in it -----------------------------------------------------

def read_event(repository, name, files, known):
    """One event; as it is known already when its meta has not changed."""
    metas = [path for path in files if "/meta." in path]
    banners = sorted(path for path in files if "/banner." in path)
    icons = sorted(path for path in files if "/icons/" in path)
    if len(metas) != 1:
        raise ValueError("it has %d meta files, not one" % len(metas))
    if len(banners) > 1:
        raise ValueError("it has %d banners, not one" % len(banners))
    if len(icons) > ICONS_MAX:
        raise ValueError("it has more than %d icons" % ICONS_MAX)
    sha = files[metas[0]]
    if known is not None and known.meta == sha:
        event = calendar.dataclasses.replace(known)
    else:
        text = repository.read(metas[0], sha, META_MAX).decode("utf-8")
        event = calendar.parse_meta(name, text, metas[0].endswith(".json"))
    event.meta = sha
    event.icons = {path: files[path] for path in icons}
    event.banner = (banners[0], files[banners[0]]) if banners else None
    return event


def read_events(repository, known):
    """(events by name, what is wrong with them); Failure."""
    index, wrong = repository.index()
    folders, events = {}, {}
    for path, sha in index.items():
        folders.setdefault(path.split("/")[0], {})[path] = sha
    if len(folders) > EVENTS_MAX:
        wrong.append("There are more than %d events: the first count."
            % EVENTS_MAX)
    for name in sorted(folders)[:EVENTS_MAX]:
        try:
            events[name] = read_event(repository, name, folders[name],
                known.get(name))
        except (ValueError, RecursionError) as e:
            wrong.append("%s is left out: %s." % (name, e))
        except Failure as e:
            if e.again:
                raise
            wrong.append("%s is left out: %s." % (name, e))
    return events, wrong + calendar.problems(events.values())
