#!/usr/bin/env python3
"""Holds the C frames that gocore shows against gdb's.

usage: cstacks.py --gocore PATH CORE_DIRECTORY...

Each directory is one of scripts/make-cores with a core of a cgo program. A frame of gdb's backtrace of
the thread that died is compared with gocore's of the same pc, if that is C: function and line must be
the same. gdb goes no further than Go's own stack switches, and gocore names functions by the symbol
without underscores. The last line is "N passed, N failed".
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

FRAME = re.compile(r"#\d+\s+(?:0x([0-9a-f]+) in )?(\S+) \(.*\)(?: at (\S+):(\d+))?(?: from \S+)?$")


def gdb_frames(directory):
    command = ["gdb", "-batch", "-nx", "-ex", "bt 500", directory / "bin", directory / "core"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    for line in done.stdout.splitlines():
        found = FRAME.match(line)
        if found and found[1]:
            yield int(found[1], 16), found[2], found[4]


def c_frames(gocore, directory):
    command = [gocore, "threads", "--format", "json", directory / "core", directory / "bin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{directory}: {done.stderr}")
    frames = [frame for thread in json.loads(done.stdout)["threads"] for frame in thread["frames"]]
    return {int(f["pc"], 16): f for f in frames if f["language"] == "c" and not f["inlined"]}


def same(frame, function, line):
    name = frame["function"]
    # Up to Go 1.20 a signal in C looks like a call of sigpanic, and its pc like a return address: gdb
    # looks before it, which is another line, and before the function where its first instruction faulted.
    injected = frame["found_by"] == "pcsp"
    if injected and function == "??":
        return True
    if name != function and not function.startswith("__") and name not in ("raise", "abort"):
        return function == "??" and name.startswith(("0x", f"{frame['object']}+"))
    return line is None or frame["line"] is None or injected or str(frame["line"]) == line


def check(gocore, directory):
    passed = failed = 0
    known = c_frames(gocore, directory)
    for pc, function, line in gdb_frames(directory):
        frame = known.get(pc)
        if frame is None:
            continue
        if same(frame, function, line):
            passed += 1
            continue
        failed += 1
        print(f"FAIL {directory}: 0x{pc:x}: {function}:{line}, shown as "
              f"{frame['function']}:{frame['line']}")
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gocore", required=True)
    parser.add_argument("directories", nargs="+", type=Path)
    options = parser.parse_args()
    counts = [check(options.gocore, directory) for directory in options.directories]
    passed, failed = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
