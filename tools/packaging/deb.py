# SPDX-License-Identifier: MIT
"""A release as a Debian package.  The program is static, so one package is good
for every Debian and Ubuntu of its architecture."""
import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile

from release_parts import ROOT, die, put, read

ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}
HERE = os.path.join(ROOT, "tools", "packaging", "deb")
DOC = "usr/share/doc/shardherd"


def file_name(release):
    return "shardherd_%s_%s.deb" % (release.version, ARCHES[release.arch])


def copyright_of(release):
    text = ["Format: https://www.debian.org/doc/packaging-manuals/"
        "copyright-format/1.0/", "Upstream-Name: shardherd",
        "Comment: The program holds the libraries listed in sbom.cdx.json;"
        " their licences\n are in the directory licences.", "",
        "Files: *", "Copyright: 2026 shardherd contributors", "License: MIT"]
    body = read(os.path.join(ROOT, "LICENSE")).decode().split("\n\n", 2)[2]
    return "\n".join(text + [" " + (line or ".") for line in
        body.strip().splitlines()]) + "\n"


def lay_out(release, stage):
    release.lay_out(stage, "usr", "usr/share/man")
    os.unlink(os.path.join(stage, DOC, "LICENSE"))
    put(os.path.join(stage, DOC, "copyright"),
        copyright_of(release).encode())
    put(os.path.join(stage, "etc/default/shardherd"),
        read(os.path.join(HERE, "default")))
    for folder, _, files in os.walk(os.path.join(stage, "usr/share/man")):
        for name in files:
            path = os.path.join(folder, name)
            put(path + ".gz", gzip.compress(read(path), 9, mtime=0))
            os.unlink(path)


def files_of(stage):
    for folder, _, files in os.walk(stage):
        for name in files:
            path = os.path.join(folder, name)
            yield path, os.path.relpath(path, stage)


def control(release, stage):
    size = sum(os.path.getsize(path) for path, _ in files_of(stage))
    sums = "".join("%s  %s\n" % (hashlib.md5(read(path)).hexdigest(), name)
        for path, name in sorted(files_of(stage)))
    text = read(os.path.join(HERE, "control")).decode()
    url = [line.split('"')[1] for line in read(os.path.join(ROOT,
        "shared/base/version.h")).decode().splitlines()
        if line.startswith("#define SHARDHERD_URL ")][0]
    for word, value in (("VERSION", release.version), ("URL", url),
            ("ARCH", ARCHES[release.arch]), ("SIZE", str(size // 1024))):
        text = text.replace("@%s@" % word, value)
    where = os.path.join(stage, "DEBIAN")
    put(os.path.join(where, "control"), text.encode())
    put(os.path.join(where, "md5sums"), sums.encode())
    put(os.path.join(where, "conffiles"), b"/etc/default/shardherd\n")
    for name in ("postinst", "prerm", "postrm"):
        put(os.path.join(where, name), read(os.path.join(HERE, name)), 0o755)


def deb(release):
    """The package, as bytes."""
    if not shutil.which("dpkg-deb"):
        die("no Debian package can be made without dpkg-deb")
    with tempfile.TemporaryDirectory() as scratch:
        stage = os.path.join(scratch, "stage")
        os.mkdir(stage, 0o755)
        lay_out(release, stage)
        control(release, stage)
        path = os.path.join(scratch, "made.deb")
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build",
            stage, path], check=True, stdout=subprocess.DEVNULL,
            env=dict(os.environ, SOURCE_DATE_EPOCH=str(release.when)))
        return read(path)
