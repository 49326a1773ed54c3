# SPDX-License-Identifier: MIT
"""The recorder's log, and the states of state_dir that a power loss may leave.

A file system promises little: what was written to a file is there once fsync of
that file has returned, names once fsync of their directory has.  Until then each
block of 512 bytes may be there or not, whatever was written before or after it,
a file may be longer than its data, and each change of names may be missing, or
all from one on.  What is mapped reaches the disk when the kernel likes.

History sweeps once over the log and keeps, for every file, what is durable and
what is pending; state() makes one of the allowed states at where it stands.
"""
import random
import struct

(CREATE, WRITE, TRUNCATE, ALLOCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, MKDIR,
    LINK, STORE, NOTE) = range(1, 13)
WORD = {SYNC_END: "sync", RENAME: "rename", UNLINK: "unlink", CREATE: "create",
    MKDIR: "mkdir", LINK: "link"}
NAMES = (CREATE, RENAME, UNLINK, MKDIR, LINK)
DURABLE = 1
HEAD = 40 + 16384 * 24 + (4 << 20)	# struct log of recorder.c
RECORD = struct.Struct("<IIIIQQ")
BLOCK, PAGE = 512, 4096
PENDING = 400	# of one file that is never synced; older ones count as written


class Record:
    __slots__ = ("kind", "flags", "object", "at", "data", "pid", "place")

    def __init__(self, kind, flags, number, at, data, pid, place):
        self.kind, self.flags, self.object = kind, flags, number
        self.at, self.data, self.pid, self.place = at, data, pid, place


def read_log(path):
    """Every record, in order."""
    out = []
    with open(path, "rb") as f:
        end, _, size = struct.unpack("<QQQ", f.read(24))
        if size and end + 65536 > size:
            raise ValueError("the log is full: make it greater")
        f.seek(HEAD)
        text = f.read(end - HEAD)
    at = 0
    while at < len(text):
        kind, length, pid, flags, number, where = RECORD.unpack_from(text, at)
        data = text[at + RECORD.size:at + RECORD.size + length]
        if kind < CREATE or kind > NOTE or len(data) < length:
            raise ValueError("no record at %d of the log" % at)
        out.append(Record(kind, flags, number, where, data, pid, at + HEAD))
        at = at + RECORD.size + length + 7 & ~7
    return out


def apply(image, r, blocks=None):
    """One change of a file's bytes; of a write only these blocks of it."""
    if r.kind == TRUNCATE:
        if r.at < len(image):
            del image[r.at:]
        else:
            image.extend(bytes(r.at - len(image)))
        return
    if r.kind == ALLOCATE:
        image.extend(bytes(max(0, r.at - len(image))))
        return
    end = r.at + len(r.data)
    if end > len(image):
        image.extend(bytes(end - len(image)))
    if blocks is None:
        image[r.at:end] = r.data
        return
    for b in blocks:
        low, high = max(b * BLOCK, r.at), min((b + 1) * BLOCK, end)
        image[low:high] = r.data[low - r.at:high - r.at]


class File:
    def __init__(self, is_dir):
        self.is_dir = is_dir
        self.durable = bytearray()
        self.pending = []	# (index in the log, record)


class History:
    def __init__(self, records):
        self.records = records
        self.at = 0		# records before it have happened
        self.files = {}		# by object
        self.names = {"": 0}	# durable ones: path to object; 0: state_dir
        self.waiting = []	# (index, record): changes of names
        self.begun = {r.place: i for i, r in enumerate(records)
            if r.kind == SYNC_BEGIN}
        self.notes = []		# the words of each, so far
        self.live = {"": 0}	# names as processes see them
        self.whole = {}		# path to all it was when it got that name

    def step(self):
        r, i = self.records[self.at], self.at
        self.at += 1
        if r.kind in NAMES:
            if r.kind in (CREATE, MKDIR):
                self.files[r.object] = File(r.kind == MKDIR)
            rename_in(self.live, r)
            self.waiting.append((i, r))
            if r.kind == RENAME:
                path = paths(r)[1]
                f = self.files.get(self.live.get(path))
                if f is not None and not f.is_dir:
                    self.whole.setdefault(path, set()).add(bytes(
                        self._bytes(f, None, "all")))
        elif r.kind == NOTE:
            self.notes.append((i, r.data.decode("utf-8", "replace").split(" ")))
        elif r.kind == SYNC_END:
            self._synced(r.object, self.begun[r.at])
        elif r.kind == WRITE and r.flags & DURABLE:
            apply(self.files[r.object].durable, r)
        elif r.kind != SYNC_BEGIN:
            f = self.files[r.object]
            f.pending.append((i, r))
            if len(f.pending) > PENDING:
                apply(f.durable, f.pending.pop(0)[1])

    def _synced(self, number, begun):
        f = self.files.get(number)
        if f is None or f.is_dir:
            self._synced_dir(number, begun)
            return
        while f.pending and f.pending[0][0] < begun:
            apply(f.durable, f.pending.pop(0)[1])

    def _synced_dir(self, number, begun):
        """The directory of that object: what changed in it is durable."""
        inside = [p for p, o in self.live.items() if o == number]
        keep = []
        for i, r in self.waiting:
            if i < begun and any(parent(p) in inside for p in paths(r)):
                rename_in(self.names, r)
            else:
                keep.append((i, r))
        self.waiting = keep

    def pending(self):
        """How much is undecided here."""
        return len(self.waiting) + sum(len(f.pending)
            for f in self.files.values())

    # ---- states ------------------------------------------------------

    def _names(self, dice, how):
        names = dict(self.names)
        some = self.waiting
        if how == "none":
            some = []
        elif how == "first":
            some = some[:dice.randrange(len(some) + 1)]
        elif how == "any":
            some = [w for w in some if dice.random() < 0.5]
        for _, r in some:
            rename_in(names, r)
        return {p: o for p, o in names.items() if reached(names, p)}

    def _bytes(self, f, dice, how):
        if how == "all" or not f.pending:
            image = bytearray(f.durable)
            for _, r in f.pending:
                apply(image, r)
            return image
        image = bytearray(f.durable)
        if how == "none":
            return image
        some = f.pending
        if how == "first":	# in their order, the last one torn
            some = some[:dice.randrange(len(some) + 1)]
            for _, r in some[:-1]:
                apply(image, r)
            if some:
                apply(image, some[-1][1], torn(some[-1][1], dice))
            return image
        for _, r in some:
            if dice.random() < 0.5:
                apply(image, r, None if dice.random() < 0.5
                    else torn(r, dice))
        return image

    def state(self, seed, names, data):
        """{path: bytes, or None for a directory}, by seed one of those in
        which names and data are there in these ways: all, none, first, any."""
        dice = random.Random(seed)
        out = {}
        for path, number in self._names(dice, names).items():
            f = self.files.get(number)
            if path and f is not None:
                how = data if data != "mixed" else dice.choice(
                    ("all", "none", "first", "any"))
                out[path] = None if f.is_dir else bytes(
                    self._bytes(f, dice, how))
        return out


def torn(r, dice):
    """Some blocks of a write."""
    if r.kind not in (WRITE, STORE):
        return None
    first, last = r.at // BLOCK, (r.at + max(len(r.data), 1) - 1) // BLOCK
    unit = dice.choice((1, PAGE // BLOCK))
    kept = {b for b in range(first // unit, last // unit + 1)
        if dice.random() < 0.5}
    return [b for b in range(first, last + 1) if b // unit in kept]


def paths(r):
    """The names a record is about."""
    return [p.decode() for p in r.data.split(b"\0")]


def parent(path):
    return path.rpartition("/")[0]


def reached(names, path):
    """Every directory above it is there."""
    while path:
        path = parent(path)
        if path not in names:
            return False
    return True


def rename_in(names, r):
    path = paths(r)
    if r.kind in (CREATE, MKDIR):
        names[path[0]] = r.object
    elif r.kind == UNLINK:
        names.pop(path[0], None)
    elif path[0] in names:
        if r.kind == RENAME:
            below = [p for p in names if p.startswith(path[0] + "/")]
            for p in below:
                names[path[1] + p[len(path[0]):]] = names.pop(p)
            names[path[1]] = names.pop(path[0])
        else:
            names[path[1]] = names[path[0]]
