#!/usr/bin/env python3
"""Holds what gocore says of waits against what the program itself printed.

usage: waits.py --gocore PATH [--releases ..] [--modes ..] [CORE_DIRECTORY...]

Builds testdata/programs/waits with scripts/make-cores and dumps it in each mode, for the oldest and
the newest release, and for one between them, stripped, in some; or takes directories of it that are there already. Its stdout has

  wait FUNCTION KIND ADDRESS  for each goroutine that waits; ADDRESS is 0x0 where the object has none
                              in the program
  made FUNCTION PLACE         a goroutine waits there for what was made in PLACE
  hang circle:WORD WORD       which two places the evidence of deadlock/cycle must name; "hang
                              circle:none -": there must be no such finding
  hang KIND WORD              what the reading of a dump from outside must have first, with WORD in
                              its text; "hang none -": it must be empty

and the verdict must be that of the program's -list. The last line is "N passed, N failed". Exit code
77: there is no Go toolchain, nothing was tested.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from live import ROOT, one_of, read_expect  # noqa: E402
from values import releases_present  # noqa: E402

SOME = "waits-primitives waits-cycle-hang waits-done-skipped waits-hang-lock waits-hang-stop"


def ask(gocore, directory, *command):
    done = subprocess.run([gocore, *command, "--format", "json", directory / "core",
                           directory / "bin"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{directory}: {done.stderr}")
    return json.loads(done.stdout)


def addresses(wait):
    found = [wait.get("address")]
    found += [case["address"] for case in wait.get("cases", [])]
    return found


def fits(goroutine, function, kind, address):
    names = [frame["function"] for frame in goroutine["frames"]]
    if function not in names:
        return False
    if kind in ("nil-chan-receive", "select-no-cases"):
        return "waiting_on" not in goroutine
    wait = goroutine.get("waiting_on", {"kind": "?"})
    return wait["kind"] == kind and (address == "0x0" or address in addresses(wait))


def check_wait(listed, wanted):
    """What is wrong with the goroutines LISTED; None: nothing."""
    if any(fits(g, *wanted) for g in listed):
        return None
    seen = [g.get("waiting_on") for g in listed
            if wanted[0] in [f["function"] for f in g["frames"]]]
    return f"no goroutine: {' '.join(wanted)}; there is {seen}"


def check_made(listed, wanted):
    function, place = wanted
    texts = [g.get("waiting_on", {}).get("text", "") for g in listed
             if function in [frame["function"] for frame in g["frames"]]]
    if any(f"made in {place} " in text for text in texts):
        return None
    return f"nothing made in {place}: {texts}"


def check_circle(report, first, second):
    found = [" ".join(e["text"] for e in f["evidence"]) for f in report["findings"]
             if f["detector"] == "deadlock-circle"]
    if first == "none":
        return f"should name no circle: {found}" if found else None
    if len(found) == 1 and first in found[0] and second in found[0]:
        return None
    return f"no circle of {first} and {second}; there is {found}"


def check_hang(report, wanted):
    kind, word = wanted
    if kind.startswith("circle:"):
        return check_circle(report, kind.removeprefix("circle:"), word)
    hang = report["hang"]
    if kind == "none":
        return f"should be silent: {hang}" if hang else None
    if hang and hang[0]["kind"] == kind and word in hang[0]["text"]:
        return None
    return f"no reading: {kind} {word}; there is {hang}"


def check_verdict(report, directory):
    expect, verdict = read_expect(directory), report["verdict"]
    if one_of(expect.cls, verdict["class"]) and one_of(expect.kind, verdict["kind"]):
        return None
    return f"{verdict['class']}/{verdict['kind']}, expected {expect.cls}/{expect.kind}"


def check(gocore, directory):
    listed = ask(gocore, directory, "goroutines")["goroutines"]
    report = ask(gocore, directory, "analyze")
    complaints = [check_verdict(report, directory)]
    stdout = directory / "stdout"
    for line in stdout.read_text().splitlines() if stdout.exists() else []:
        word, _, wanted = line.partition(" ")
        if word == "wait":
            complaints.append(check_wait(listed, wanted.split(" ")))
        elif word == "made":
            complaints.append(check_made(listed, wanted.split(" ")))
        elif word == "hang":
            complaints.append(check_hang(report, wanted.split(" ", 1)))
    for complaint in filter(None, complaints):
        print(f"{directory}: {complaint}")
    failed = sum(complaint is not None for complaint in complaints)
    return len(complaints) - failed, failed


def make(directory, releases, links, modes):
    subprocess.run([Path(ROOT) / "scripts/make-cores", "-o", directory, "-r", " ".join(releases),
                    "-l", links, "-p", "no", "-m", modes], check=True, stdout=subprocess.DEVNULL)


def made(directory, args):
    present = releases_present()
    if not present:
        print("skipped: no Go toolchain of scripts/go-toolchains")
        sys.exit(77)
    if args.releases:
        make(directory, args.releases.split(), "static stripped", args.modes)
    else:
        make(directory, sorted({present[0], present[-1]}), "static", args.modes)
        make(directory, [present[len(present) // 2]], "stripped", SOME)
    return sorted(core.parent for core in Path(directory).glob("*/*/*/core"))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--releases")
    parser.add_argument("--modes", default="waits-*")
    parser.add_argument("directories", nargs="*", type=Path)
    args = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        for directory in args.directories or made(temporary, args):
            good, bad = check(args.gocore, directory)
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
