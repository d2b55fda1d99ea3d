#!/usr/bin/env python3
"""Races on purpose: holds what gocore says of both sides against what the program said.

usage: races.py --gocore PATH [--corpus DIR] [--releases ..] [--links ..]

Cores are those of live.py. A program that races prints to stderr, before it does,

	race: map 0xc000012345      the object that is raced on ("map", "lock")
	race: offender main.f       a function that has it
	race: innocent main.g       one that never touches it

and the verdict must name that object, and as the one that noticed and the others
only offenders. Programs built with -race race where only the race detector notices,
on an object whose address they print ("race: account 0x.."): with their stderr as
--log each report must be found, its object named, its goroutines matched; with the
stderr of another run it must not be believed. The last line is "N passed, N failed". Exit code 77: there is no Go
toolchain, nothing was tested.
"""
import argparse
import json
import os
import re
import sys
import tempfile

import live

MODES = ("crash-map-strangers crash-map-global crash-map-once "
         "crash-mutex-unlock crash-rwmutex-unlock crash-rwmutex-runlock")
DETECTED = {  # mode: how sure, and whether it is the verdict
    "crash-detected-panic": ("certain", False),
    "crash-detected-quit": ("likely", True),
    "crash-detected-live": ("likely", True),
}
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


def analyze(gocore, directory, log):
    core, binary = os.path.join(directory, "core"), os.path.join(directory, "bin")
    code, out, err = live.run([gocore, "analyze", "--format", "json", "--log", log, core, binary])
    if code not in (0, 1):
        raise SystemExit(f"{directory}: exit code {code}: {err[-300:]!r}")
    report = json.loads(out)
    return report, [f for f in report["findings"] if f["kind"] == "race-report"]


def check_detected(gocore, directory):
    """Yields complaints."""
    confidence, is_verdict = DETECTED[os.path.basename(directory)]
    account = int(said(directory)["account"][0], 16)
    report, found = analyze(gocore, directory, os.path.join(directory, "stderr"))
    if len(found) != 2 or any(f["confidence"] != confidence for f in found):
        yield f"findings {[(f['title'], f['confidence']) for f in found]}"
        return
    if (report["verdict"]["kind"] == "race-report") != is_verdict:
        yield f"the verdict is {report['verdict']['class']}/{report['verdict']['kind']}"
    objects = [int(e["address"], 16) for f in found for e in f["evidence"]
               if e.get("label") == "object"]
    if not any(account <= address < account + 24 for address in objects):
        yield f"object at {objects}, the program said {account:#x}"
    for finding in found:
        if len(finding["goroutines"]) != 2:
            yield f"goroutines {finding['goroutines']}"
    # A log that tells of another end.
    other = os.path.join(directory, "other.log")
    with open(other, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(live.read_text(os.path.join(directory, "stderr")).split("\npanic: ")[0]
                   .split("\nSIGQUIT: ")[0])
        file.write("\npanic: something else\n\ngoroutine 1 [running]:\nmain.main()\n")
    report, found = analyze(gocore, directory, other)
    os.unlink(other)
    died = report["origin"] != "snapshot"
    if died and (report["log"]["matches"] != "no" or
                 any(f["confidence"] != "possible" for f in found)):
        yield f"another log: {report['log']}, {[f['confidence'] for f in found]}"
    if not any(c["about"] == "log" for c in report["caveats"]):
        yield "another log: no caveat"


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--corpus", help="an output directory of scripts/make-cores")
    parser.add_argument("--releases", default="", help="default: the oldest and the newest present")
    parser.add_argument("--links", default="static stripped")
    return parser.parse_args()


def cases(arguments, corpus, links, modes, checker):
    """Yields the directory of each case with its complaints."""
    arguments.modes, arguments.links, arguments.past = " ".join(modes), links, "no"
    if not arguments.corpus:
        live.make_corpus(corpus, arguments)
    for directory in live.cases(corpus, arguments.releases.split(), links.split(), modes):
        yield directory, list(checker(arguments.gocore, directory))


def main():
    arguments = parse()
    if not arguments.corpus and not live.toolchains() and arguments.releases != "path":
        print("skipped: no Go toolchain here; scripts/go-toolchains fetches some")
        return 77
    if not arguments.corpus and not arguments.releases:
        present = sorted(live.toolchains(), key=lambda v: [int(n) for n in v.split(".")])
        arguments.releases = " ".join(sorted({present[0], present[-1]}))
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="gocore-races.") as temporary:
        corpus = arguments.corpus or temporary
        for links, modes, checker in ((arguments.links, MODES.split(), check),
                                      ("race", list(DETECTED), check_detected)):
            for directory, complaints in cases(arguments, corpus, links, modes, checker):
                passed, failed = passed + (not complaints), failed + bool(complaints)
                for complaint in complaints:
                    print(f"{os.path.relpath(directory, corpus)}: {complaint}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
