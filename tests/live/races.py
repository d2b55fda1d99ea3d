#!/usr/bin/env python3
"""Races on purpose: holds what gocore says of both sides against what the program said.

usage: races.py --gocore PATH [--corpus DIR] [--releases ..] [--links ..]

Cores are those of live.py. A program that races prints to stderr, before it does,

	race: map 0xc000012345      the object that is raced on ("map", "lock")
	race: offender main.f       a function that has it
	race: innocent main.g       one that never touches it

and the verdict must name that object, and as the one that noticed and the others
only offenders. The last line is "N passed, N failed". Exit code 77: there is no Go
toolchain, nothing was tested.
"""
import argparse
import json
import os
import re
import sys
import tempfile

import live

MODES = "crash-map-strangers crash-map-global crash-map-once"
SAID = re.compile(r"^race: (\w+) (\S+)$", re.M)
FUNCTION = re.compile(r"goroutine \d+: (\S+) \(")


def said(directory):
    """What the program said: {word: [values]}."""
    found = {}
    for word, value in SAID.findall(live.read_text(os.path.join(directory, "stderr"))):
        found.setdefault(word, []).append(value)
    return found


def check(gocore, directory):
    """Yields complaints."""
    truth = said(directory)
    core, binary = os.path.join(directory, "core"), os.path.join(directory, "bin")
    code, out, err = live.run([gocore, "analyze", "--format", "json", core, binary])
    if code not in (0, 1):
        yield f"exit code {code}: {err[-300:]!r}"
        return
    evidence = json.loads(out)["verdict"]["evidence"]
    for word in ("map", "lock"):
        seen = [e.get("address") for e in evidence if e.get("label") == word]
        if truth.get(word, []) != seen:
            yield f"{word} {seen}, the program said {truth.get(word)}"
    named = [(e["label"], FUNCTION.match(e["text"])) for e in evidence
             if e.get("label") in ("noticed", "other")]
    for label, function in named:
        if function and function.group(1) not in truth.get("offender", []):
            yield f"{label} is {function.group(1)}"
    for innocent in truth.get("innocent", []):
        if any(innocent + " " in e["text"] for e in evidence):
            yield f"{innocent} is named"


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--corpus", help="an output directory of scripts/make-cores")
    parser.add_argument("--releases", default="")
    parser.add_argument("--links", default="static stripped")
    return parser.parse_args()


def main():
    arguments = parse()
    arguments.modes, arguments.past = MODES, "no"
    temporary = tempfile.TemporaryDirectory(prefix="gocore-races.")
    if not arguments.corpus:
        if not live.toolchains() and arguments.releases != "path":
            print("skipped: no Go toolchain here; scripts/go-toolchains fetches some")
            return 77
        live.make_corpus(temporary.name, arguments)
    corpus = arguments.corpus or temporary.name
    passed = failed = 0
    for directory in live.cases(corpus, arguments.releases.split(), arguments.links.split(),
                                MODES.split()):
        complaints = list(check(arguments.gocore, directory))
        passed, failed = passed + (not complaints), failed + bool(complaints)
        for complaint in complaints:
            print(f"{os.path.relpath(directory, corpus)}: {complaint}")
    temporary.cleanup()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
