# SPDX-License-Identifier: MIT
"""What every form of a release is made of: the program, the files beside it, its
bill of materials, each with the time of the commit."""
import hashlib
import io
import json
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))))
HERE = platform.machine()
STATIC = os.path.join(ROOT, "build-static")
USED = os.path.join(STATIC, "sources")
DOC = "share/doc/shardherd"


def die(sentence):
    sys.exit("%s: %s" % (os.path.relpath(sys.argv[0], ROOT), sentence))


def out_of(arch):
    """Where tools/static puts what it makes."""
    return STATIC if arch == HERE else os.path.join(STATIC, arch)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def parts_of(path):
    """The parts of a lock file, each with its files as (sha256, name)."""
    parts = []
    for line in read(path).decode().splitlines():
        words = line.split()
        if words[:1] == ["part"]:
            keys = "name version licence suite source source_version how"
            parts.append(dict(zip(keys.split(), words[1:]), files=[]))
        elif words[:1] == ["file"]:
            parts[-1]["files"].append((words[1], words[2]))
    return parts


def product_version():
    text = read(os.path.join(ROOT, "shared", "base", "version.h")).decode()
    return re.search(r'SHARDHERD_VERSION "([^"]+)"', text).group(1)


def epoch():
    """The time every file gets: of the commit, so that a release can be
    made again."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    done = subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%ct"],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        die("not a git checkout: set SOURCE_DATE_EPOCH")
    return int(done.stdout)


# ---- the bill of materials --------------------------------------------

def component(part):
    quoted = urllib.parse.quote(part["source_version"], safe="~.-")
    return {
        "type": "library",
        "bom-ref": part["name"],
        "name": part["name"],
        "version": part["version"],
        "licenses": [{"license": {"id": part["licence"]}}],
        "purl": "pkg:deb/debian/%s@%s?arch=source&distro=%s" % (
            part["source"], quoted, part["suite"]),
        "properties": [{"name": "debian:patches",
            "value": "applied" if part["how"] == "debian" else "none"}]
            + [{"name": "file:" + name, "value": "sha256:" + sha}
            for sha, name in part["files"]],
    }


def libgcc():
    """The compiler's own part in every program it makes."""
    version = subprocess.run(["gcc", "-dumpfullversion"], check=True,
        capture_output=True, text=True).stdout.strip()
    return {"type": "library", "bom-ref": "libgcc", "name": "libgcc",
        "version": version, "licenses": [{"expression":
        "GPL-3.0-or-later WITH GCC-exception-3.1"}]}


def bill(parts, version, binary, when):
    """CycloneDX 1.6."""
    sha = hashlib.sha256(binary).hexdigest()
    libraries = [component(part) for part in parts] + [libgcc()]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:%s" % uuid.uuid5(uuid.NAMESPACE_OID, sha),
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                time.gmtime(when)),
            "component": {
                "type": "application", "bom-ref": "shardherd",
                "name": "shardherd", "version": version,
                "licenses": [{"license": {"id": "MIT"}}],
                "hashes": [{"alg": "SHA-256", "content": sha}],
            },
        },
        "components": libraries,
        "dependencies": [{"ref": "shardherd",
            "dependsOn": [c["bom-ref"] for c in libraries]}],
    }


# ---- the tree and the tarball -----------------------------------------

def put(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


class Release:
    """A program, and what is laid beside it for every form it takes."""

    def __init__(self, arch, parts):
        self.arch, self.parts = arch, parts
        self.when, self.version = epoch(), product_version()
        self.binary = read(os.path.join(out_of(arch), "shardherd"))
        self.sbom = json.dumps(bill(parts, self.version, self.binary,
            self.when), indent=1).encode() + b"\n"

    def lay_out(self, stage, prefix, man):
        """The tree below stage, with licences and bill of materials; its path."""
        subprocess.run(["make", "-s", "-C", ROOT, "install-files",
            "DESTDIR=" + stage, "PREFIX=/" + prefix, "MANDIR=/" + man],
            check=True, stdout=subprocess.DEVNULL)
        tree = os.path.join(stage, prefix)
        # The simulator is for the desk, and not part of a release.
        os.unlink(os.path.join(stage, man, "man1/shardherd-sim.1"))
        put(os.path.join(tree, "bin/shardherd"), self.binary, 0o755)
        for name in ("LICENSE", "README.md"):
            put(os.path.join(tree, DOC, name), read(os.path.join(ROOT, name)))
        for part in self.parts:
            text = read(os.path.join(out_of(self.arch), "libs/licences",
                part["name"] + ".txt"))
            if len(text) < 200:
                die("the licence of %s is no licence" % part["name"])
            put(os.path.join(tree, DOC, "licences", part["name"] + ".txt"),
                text)
        put(os.path.join(tree, DOC, "sbom.cdx.json"), self.sbom)
        return tree
