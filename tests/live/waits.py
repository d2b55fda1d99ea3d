#!/usr/bin/env python3
"""Holds what gocore says of waits against what the program itself printed.

usage: waits.py --gocore PATH CORE_DIRECTORY...

Each directory is one of scripts/make-cores with a core of testdata/programs/waits: its stdout has a
line "wait FUNCTION KIND ADDRESS" for each goroutine that waits, ADDRESS 0x0 where the object has no
address in the program. The last line is "N passed, N failed".
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path


def goroutines(gocore, directory):
    done = subprocess.run([gocore, "goroutines", "--format", "json", directory / "core",
                           directory / "bin"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{directory}: {done.stderr}")
    return json.loads(done.stdout)["goroutines"]


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


def check(gocore, directory):
    failed = passed = 0
    listed = goroutines(gocore, directory)
    for line in (directory / "stdout").read_text().splitlines():
        word, *wanted = line.split(" ")
        if word != "wait":
            continue
        if any(fits(g, *wanted) for g in listed):
            passed += 1
            continue
        failed += 1
        seen = [g.get("waiting_on") for g in listed
                if wanted[0] in [f["function"] for f in g["frames"]]]
        print(f"{directory}: no goroutine: {line}; there is {seen}")
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gocore", required=True)
    parser.add_argument("directories", nargs="+", type=Path)
    args = parser.parse_args()
    passed = failed = 0
    for directory in args.directories:
        good, bad = check(args.gocore, directory)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
