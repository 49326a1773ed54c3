# SPDX-License-Identifier: MIT
"""Where the events come from: a folder, a base URL whose SHA256SUMS says
what is there, or GitHub.  Every file is known by its path and its hash, SHA-256
or Git's; nothing is read beyond its limit, outside the repository, or without
a deadline."""
import hashlib
import http.client
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from branding import calendar

INDEX = "SHA256SUMS"
INDEX_MAX = 4 << 20     # bytes of it, or of one of GitHub's lists
META_MAX = 64 << 10
IMAGE_MAX = 5 << 20     # as a data URI it has to fit into one request
EVENTS_MAX = 100
IMAGES_MAX = 100        # icons, or banners, of one event
READ_S = 10             # without a byte
FILE_S = 20             # for a whole file
EVENTS = "events"       # where the events may lie together
FOLDERS = {"icons": "icons", "server_icons": "icons", "banners": "banners"}
IMAGE = r"[^/]+\.(?:png|jpe?g|gif)"
WANTED = re.compile(r"(events/)?([^/]+)/(?:(meta)\.(?:md|json)|"
    r"(banner)\.(?:png|jpe?g|gif)|(%s)/%s)" % ("|".join(FOLDERS), IMAGE))
SUM = re.compile(r"(\\?)([0-9a-f]{64}) [ *](?:\./)?(.+)")
HUB = re.compile(r"https://github\.com/([^/]+)/([^/]+?)(?:\.git)?"
    r"(?:/tree/([^/]+)((?:/[^/]+)*))?/?")
CONTENTS = re.compile(r"(https?://[^?]+/repos/[^/?]+/[^/?]+/contents)"
    r"((?:/[^/?]+)*)/?(?:\?ref=([^&]+))?")


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
    is_git = len(sha) == 40
    if sha != (hashlib.sha1(b"blob %d\0" % len(data) + data) if is_git else
            hashlib.sha256(data)).hexdigest():
        raise Failure("%s is not what its hash says; is the repository being "
            "changed?" % path, again=True)
    return data


def below(folder, name):
    return folder + "/" + name if folder else name


def of_event(children, event):
    for name, is_folder in sorted(children(event).items()):
        path = below(event, name)
        if is_folder and name in FOLDERS:
            yield from (below(path, image)
                for image, deeper in sorted(children(path).items())
                if not deeper)
        elif not is_folder:
            yield path


def walk(children):
    """The files that may concern us; children(folder) gives a folder's
    {name: whether it is a folder}."""
    root, found = children(""), []
    for top in [EVENTS] * root.get(EVENTS, False) + [""]:
        events = sorted(name for name, is_folder in
            (children(top) if top else root).items()
            if is_folder and name[0] != ".")
        found = [path for name in events[:EVENTS_MAX + 1]
            for path in of_event(children, below(top, name))
            if WANTED.fullmatch(path)]
        if any("/meta." in path for path in found):
            break
    return found


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
        return [path for path in walk(self.children) if is_safe(path)]

    def children(self, folder):
        full = os.path.join(self.root, folder)
        return {name: os.path.isdir(os.path.join(full, name))
            for name in os.listdir(full)}

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


class Http:
    def __init__(self):
        self.opener = urllib.request.build_opener(Redirects)

    def get(self, url, most, accept="*/*", token=None):
        end = time.monotonic() + FILE_S
        try:
            # GitHub answers nobody without a name.
            request = urllib.request.Request(url, headers={"Accept": accept,
                "User-Agent": "shardherd-branding"})
            if token:   # goes to nobody whom we are sent on to
                request.add_unredirected_header("Authorization",
                    "Bearer " + token)
            with self.opener.open(request, timeout=READ_S) as answer:
                return self.body(answer, url, most, end)
        except urllib.error.HTTPError as e:
            raise self.refusal(url, e) from None
        except (OSError, http.client.HTTPException) as e:
            raise Failure("%s: %s" % (url, getattr(e, "reason", e)),
                again=True) from None
        except ValueError as e:
            raise Failure("%s: %s" % (url, e)) from None

    @staticmethod
    def refusal(url, e):
        return Failure("%s: HTTP %d" % (url, e.code),
            again=e.code >= 500 or e.code == 429)

    @staticmethod
    def body(answer, url, most, end):
        data = b""
        while len(data) <= most:
            if time.monotonic() > end:
                raise Failure("%s takes longer than %d s" % (url, FILE_S),
                    again=True)
            piece = answer.read1(65536)
            if not piece:
                return data
            data += piece
        raise Failure("%s is longer than %d KiB" % (url, most >> 10))


class Web(Http):
    def __init__(self, base):
        super().__init__()
        self.base = base.rstrip("/") + "/"

    def index(self):
        found, refused = {}, []
        text = self.fetch(INDEX, INDEX_MAX).decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            match = SUM.fullmatch(line)
            if not match:
                raise Failure("line %d of %s is not what sha256sum writes"
                    % (number, INDEX))
            escaped, sha, path = match.groups()
            if re.search(r"(^|/)\.[^./]", path):
                continue    # hidden, as .git is
            if escaped or not is_safe(path):
                refused.append("Line %d of %s names a path that is not "
                    "taken." % (number, INDEX))
            elif WANTED.fullmatch(path):
                found[path] = sha
        return found, refused

    def fetch(self, path, most):
        return self.get(self.base + urllib.parse.quote(path), most)

    def read(self, path, sha, most):
        return checked(self.fetch(path, most), sha, path)


class GitHub(Http):
    """A repository through the contents API.  A folder that has the hash it
    had is not asked for again: without a token there are 60 requests an
    hour."""

    def __init__(self, contents, root="", ref=None, token=None):
        super().__init__()
        self.contents, self.root = contents, root.strip("/")
        self.query = "?ref=" + ref if ref else ""
        self.token = token
        self.lists = {}     # folder: its hash, {name: entry}

    def url(self, path):
        path = "/".join(filter(None, (self.root, path)))
        return self.contents + (path and "/" + urllib.parse.quote(path)) \
            + self.query

    def ask(self, path, most, accept):
        return self.get(self.url(path), most, accept, self.token)

    @staticmethod
    def refusal(url, e):
        limited = (e.headers.get("X-RateLimit-Remaining") == "0"
            or "Retry-After" in e.headers)
        if e.code == 429 or (e.code == 403 and limited):
            return Failure("GitHub wants no more requests this hour; with "
                "config.github_token it takes more", again=True)
        if e.code == 401:
            return Failure("GitHub does not take config.github_token")
        return Http.refusal(url, e)

    def listed(self, folder):
        parent, _, name = folder.rpartition("/")
        known = self.lists.get(folder)
        sha = folder and self.seen[parent][name]["sha"]
        if not (known and sha and known[0] == sha):
            try:
                known = sha, entries(json.loads(self.ask(folder, INDEX_MAX,
                    "application/vnd.github+json")))
            except (ValueError, RecursionError):
                raise Failure("%s is not a folder of GitHub's"
                    % self.url(folder)) from None
        self.lists[folder], self.seen[folder] = known, known[1]
        return known[1]

    def index(self):
        self.seen, found, refused = {}, {}, []
        for path in walk(lambda folder: {name: e["type"] == "dir"
                for name, e in self.listed(folder).items()}):
            folder, _, name = path.rpartition("/")
            entry = self.seen[folder][name]
            if entry["size"] > IMAGE_MAX:
                refused.append("%s is longer than %d KiB."
                    % (path, IMAGE_MAX >> 10))
            else:
                found[path] = entry["sha"]
        self.lists = {folder: self.lists[folder] for folder in self.seen}
        return found, refused

    def read(self, path, sha, most):
        folder, _, name = path.rpartition("/")
        entry = self.lists.get(folder, (None, {}))[1].get(name)
        # Files that anybody may have do not count among the requests.
        if entry and entry["url"] and not self.token:
            data = self.get(entry["url"], most)
        else:
            data = self.ask(path, most, "application/vnd.github.raw+json")
        return checked(data, sha, path)


def entries(listed):
    """{name: type, sha, size, url} of a folder's JSON; ValueError."""
    if not isinstance(listed, list):
        raise ValueError("not a list")
    found = {}
    for e in listed:
        if not isinstance(e, dict) or not isinstance(e.get("name"), str):
            raise ValueError("not an entry")
        url, size = e.get("download_url"), e.get("size")
        if (e.get("type") in ("dir", "file") and is_safe(e["name"])
                and re.fullmatch("[0-9a-f]{40}", str(e.get("sha")))):
            found[e["name"]] = dict(type=e["type"], sha=e["sha"],
                size=size if isinstance(size, int) else 0,
                url=url if re.match("https?://", str(url)) else None)
    return found


def open_repository(where, token=None):
    hub, contents = HUB.fullmatch(where), CONTENTS.fullmatch(where)
    if hub:
        owner, name, ref, root = hub.groups()
        return GitHub("https://api.github.com/repos/%s/%s/contents"
            % (owner, name), root or "", ref, token)
    if contents:
        base, root, ref = contents.groups()
        return GitHub(base, urllib.parse.unquote(root), ref, token)
    return (Web if re.match("https?://", where) else Folder)(where)


# ---- the events in it -----------------------------------------------------

def read_event(repository, name, files, known):
    """One event; as it is known already when its meta has not changed."""
    parts = {"meta": {}, "icons": {}, "banners": {}}
    for path in sorted(files):
        _, _, meta, banner, folder = WANTED.fullmatch(path).groups()
        part = meta or (banner and "banners") or FOLDERS[folder]
        parts[part][path] = files[path]
    if len(parts["meta"]) != 1:
        raise ValueError("it has %d meta files, not one" % len(parts["meta"]))
    for part in "icons", "banners":
        if len(parts[part]) > IMAGES_MAX:
            raise ValueError("it has more than %d %s" % (IMAGES_MAX, part))
    (meta, sha), = parts["meta"].items()
    if known is not None and known.meta == sha:
        event = calendar.dataclasses.replace(known)
    else:
        text = repository.read(meta, sha, META_MAX).decode("utf-8")
        event = calendar.parse_meta(name, text, meta.endswith(".json"))
    event.meta, event.icons = sha, parts["icons"]
    event.banners = parts["banners"]
    return event


def by_event(index):
    """{event's name: {path: hash}}: those of the folder "events" if there are
    any in it, so that whatever lies beside it is nobody's business."""
    found = {}
    for path, sha in index.items():
        top, name = WANTED.fullmatch(path).groups()[:2]
        found.setdefault((top, name), {})[path] = sha
    together = any(top and "/meta." in path for (top, _), files in
        found.items() for path in files)
    return {name: files for (top, name), files in found.items()
        if not together or top}


def read_events(repository, known):
    """(events by name, what is wrong with them); Failure."""
    index, wrong = repository.index()
    folders, events = by_event(index), {}
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
    if not folders:
        wrong.append("No events are there: each is a folder with a meta.md.")
    return events, wrong + calendar.problems(events.values())
