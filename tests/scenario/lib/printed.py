# SPDX-License-Identifier: MIT
"""The commands that README.md and the manual pages print: literal blocks, and
what stands quoted in the text.  What is neither a command nor known to be
something else is taken for a command, so nothing new slips by."""
import collections
import glob
import itertools
import os
import re

from herd import ROOT

Block = collections.namedtuple("Block", "where lines")
# How the first line of a block looks that has no commands.
OTHERS = re.compile(r"""
    \[[\w" ]+\]$ | [\w.]+\ =\ | [{@] | \#! | \#\ a\ story | ---$	# config, JSON, files
    | import\  | from\  | with\  | const\  | new\  | async\  | scrape_configs:
    | (?:server|status\.example\.org)\ {$ | (?:winter|events)/
    | POST\  | PASS\  | reload\ |\ +a\ \ b | schema$	# HTTP, output, tables
    | supervisor\ - | systemd\  | plugin\ branding: | PATH=.*\n\*\ \*	# pictures, logs, crontab
    | .*[\u2500-\u257f] | on\ command""", re.X | re.M)
PROGRAM = r"(?:shardherd(?:-sim)?(?= |$)|tools/[\w-]+(?= |$)|make |sudo |man " \
    r"|systemctl )"
# The man pages' words for options and for what stands there.
MAN_WORDS = {"Fl": lambda word: "-" + word, "Ar": str.upper, "Cm": str}


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def commands(text):
    """Of the lines of a block: continued ones are one, without the comments."""
    text = re.sub(r" *\\\n *", " ", text)
    lines = [re.sub(r"(?:\s{2,}|\t)#.*|^# .*", "", line).strip()
        for line in text.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line]


def block(where, text):
    prompts = [line for line in text.splitlines() if line.startswith("$ ")]
    if prompts:		# the rest is what they print, or a file
        return Block(where, commands("\n".join(prompts)))
    lines = commands(text)
    return Block(where, [] if not lines or OTHERS.match("\n".join(lines[:2]))
        or text.startswith("#!") or OTHERS.match(text) else lines)


def readme_blocks():
    title = ""
    for is_code, part in itertools.groupby(text_of("README.md").splitlines(),
            lambda line: line.startswith("    ")):
        lines = list(part)
        if is_code:
            yield block("README.md, " + title, "\n".join(line[4:]
                for line in lines))
        title = ([title] + [line[3:] for line in lines
            if line.startswith("## ")])[-1]


def unescaped(text):
    return text.replace("\\e", "\\").replace("\\&", "").replace("\\(dq", '"') \
        .replace("\\-", "-")


def man_blocks(path):
    """The part of a page is named by its last heading."""
    for part in re.split(r"(?m)^(?=\.S[hs] )", text_of(path)):
        where = "%s, %s" % (path, part.partition("\n")[0][4:])
        for text in re.findall(r"(?ms)^\.Bd -literal.*?\n(.*?)^\.Ed$", part):
            yield block(where, unescaped(text))
        for line in re.findall(r"(?m)^\.Dl (.*)$", part):
            yield block(where, unescaped(line) + "\n")


def alternatives(text):
    """A command as it is printed: with and without what is in brackets, and
    each of what is between bars."""
    found = re.search(r" *\[([^]]*)\]", text)
    if not found:
        return [text]
    return [more for word in ["", *re.split(r" \\?\| ", found.group(1))]
        for more in alternatives((text[:found.start()] + " " + word).strip()
            + text[found.end():])]


def readme_words():
    for line in text_of("README.md").splitlines():
        words = re.findall("`([^`]+)`", line.replace("\\|", "\0"))
        program = re.match(r"\| `(shardherd(?:-sim)?) ", line)
        for word in words if not line.startswith("    ") else ():
            word = word.replace("\0", "|")
            if program and not re.match(PROGRAM, word):
                word = "%s %s" % (program.group(1), word if word[0] != "-"
                    else words[0].split()[1] + " " + word)
            if re.match(PROGRAM, word) and "/lib/" not in word:
                yield from alternatives(word)


def man_words(path):
    for line in re.findall(r"(?m)^\.(?:[A-Z]\w )*(?:Ql|Li) (.*)$",
            text_of(path)):
        words, out = unescaped(line).split(), []
        while words and words[0] not in (",", ".", ";", ")"):
            word = words.pop(0)
            out.append(MAN_WORDS[word](words.pop(0)) if word in MAN_WORDS
                and words else word)
        if re.match(PROGRAM, " ".join(out)) and len(out) > 1:
            yield " ".join(out)


def all_blocks():
    pages = sorted(glob.glob(os.path.join(ROOT, "man", "*.[1-8]")))
    return [b for b in itertools.chain(readme_blocks(), *(man_blocks(
        os.path.relpath(page, ROOT)) for page in pages)) if b.lines]


def all_words():
    """Quoted commands: {command: where}, each once."""
    found = {}
    for path in ["README.md"] + sorted(glob.glob(os.path.join(ROOT, "man",
            "*.[1-8]"))):
        words = readme_words() if path == "README.md" else man_words(path)
        for word in words:
            found.setdefault(word, os.path.basename(path))
    return found
