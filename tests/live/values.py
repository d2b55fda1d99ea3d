#!/usr/bin/env python3
"""Holds the values that gocore shows against what the program itself said.

usage: values.py --gocore PATH [--releases ..] [--modes ..] [--keep DIR] [--verbose] [CORE_DIRECTORY...]

Builds testdata/programs/values with each release of scripts/go-toolchains that
is there, optimized and not, lets it die in each mode (or takes directories with
core, bin and stderr that are there, of scripts/make-arm64-cores), and compares the lines
"truth FUNCTION NAME TYPE TEXT" of its stderr with `gocore stack --locals`. In
optimized code a variable may be optimized out, which is counted but no failure;
a wrong value is one. What is shown of the panic's value of mode boxed must be the
same with a stripped twin of the executable. The last line is "N passed, N failed". Exit code 77: there
is no Go toolchain, nothing was tested.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "testdata", "programs", "values")
CACHE = os.environ.get("GO_TOOLCHAINS") or os.path.expanduser("~/.cache/gocore-go")
BUILDS = {"optimized": [], "unoptimized": ["-gcflags=all=-N -l"]}


def releases_present():
    root = os.path.join(CACHE, "go")
    names = os.listdir(root) if os.path.isdir(root) else []
    present = [n for n in names if os.path.exists(os.path.join(root, n, f"usr/lib/go-{n}/bin/go"))]
    return sorted(present, key=lambda n: int(n.split(".")[1]))


def build(release, flags, binary):
    root = os.path.join(CACHE, "go", release, f"usr/lib/go-{release}")
    environment = dict(
        os.environ, GOROOT=root, GOFLAGS="-mod=mod", GOTOOLCHAIN="local", CGO_ENABLED="0"
    )
    command = [f"{root}/bin/go", "build", "-trimpath", "-buildvcs=false", "-o", binary]
    subprocess.run(command + flags + ["."], check=True, cwd=PROGRAM, env=environment)


def crash(binary, mode, directory):
    os.makedirs(directory, exist_ok=True)
    for name in os.listdir(directory):
        os.unlink(os.path.join(directory, name))
    environment = {"PATH": "/usr/bin:/bin", "GOTRACEBACK": "crash"}
    command = f"ulimit -c unlimited; exec {binary} {mode} 2> stderr"
    subprocess.run(["/bin/bash", "-c", command], cwd=directory, env=environment, timeout=60)
    cores = [n for n in os.listdir(directory) if n != "stderr"]
    if len(cores) != 1:
        sys.exit(f"values: {mode} left no core in {directory}")
    return os.path.join(directory, cores[0]), truths_of(os.path.join(directory, "stderr"))


def truths_of(stderr):
    with open(stderr, encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n").split("\t") for line in file if line.startswith("truth\t")]


def gocore(path, *arguments):
    done = subprocess.run(
        [path, *arguments, "--format", "json"], capture_output=True, text=True, timeout=60
    )
    if done.returncode not in (0, 1):
        sys.exit(f"values: gocore {' '.join(arguments)}: {done.stderr}")
    return json.loads(done.stdout)


def bare(function):
    return re.sub(r"\[.*\]", "", function)


def find_captured(deferred, function, name):
    """NAME is one of those that the compiler may have given it: X0|p."""
    for call in deferred:
        called = call.get("target", call["call"]["function"])
        value = next((v for v in call.get("captured", []) if v["name"] in name.split("|")), None)
        if matches(function, called) and value is not None:
            return value
    return None


def find_value(stack, function, path):
    """The value of a variable, or of its child: NAME or NAME/CHILD."""
    name, *children = path.split("/")
    if name.startswith("deferred:"):
        return find_captured(stack["deferred"], name[len("deferred:"):], children[0])
    for frame in stack["frames"]:
        if bare(frame.get("symbol", frame["function"])) != bare(function):
            continue
        for value in frame.get("args", []) + frame.get("locals", []):
            if value["name"] == name:
                for child in children:
                    value = next((c for c in value.get("children", []) if c["name"] == child), None)
                    if value is None:
                        return None
                return value
    return None


def matches(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.S) is not None


def agrees(pattern, text):
    # A "*" of a pointer type is itself; any run of characters may stand for it too.
    return text == pattern or matches(pattern, text)


class Count:
    passed = failed = lost = 0


def check(where, stack, truth, optimized, count, verbose):
    _, function, name, kind, text, *partly = truth
    value = find_value(stack, function, name)
    if optimized and value and partly and agrees(partly[0], value["text"]):
        count.passed += 1
        return
    if value is None or value["state"] == "optimized-out" or "optimized out" in value["text"]:
        if optimized:
            count.lost += 1
            if verbose:
                print(f"lost {where}: {name}")
            return
        found = "nothing" if value is None else value["text"]
    elif agrees(kind, value["type"]) and agrees(text, value["text"]):
        count.passed += 1
        return
    else:
        found = f"{value['type']} {value['text']}"
    count.failed += 1
    print(f"FAIL {where}: {name}: {kind} {text}\n  shown: {found}")


def check_core(options, where, core, binary, truths, optimized, count):
    report = gocore(options.gocore, "analyze", core, binary)
    goroutine = str(report["verdict"]["goroutine"])
    stack = gocore(options.gocore, "stack", "-g", goroutine, "--locals", core, binary)
    stack["deferred"] = report["deferred"]
    for truth in truths:
        check(where, stack, truth, optimized, count, options.verbose)


def check_directories(options, count):
    for directory in options.directories:
        core, binary, stderr = (os.path.join(directory, n) for n in ("core", "bin", "stderr"))
        check_core(options, directory, core, binary, truths_of(stderr),
                   "unoptimized" not in directory, count)


def same_without_dwarf(where, options, core, binary, count):
    """The program's own descriptors tell of a panic's value what DWARF does."""
    twin = binary + ".twin"
    subprocess.run(["objcopy", "--strip-all", binary, twin], check=True)
    whole, stripped = (gocore(options.gocore, "analyze", core, exe)["verdict"]["panics"]
                       for exe in (binary, twin))
    if "value" in whole[0] and whole == stripped:
        count.passed += 1
        return
    count.failed += 1
    print(f"FAIL {where}: the panic's value with a stripped executable is another")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--releases", default="")
    parser.add_argument("--modes", default="")
    parser.add_argument("--keep", default="")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("directories", nargs="*", metavar="CORE_DIRECTORY")
    options = parser.parse_args()
    count = Count()
    check_directories(options, count)
    releases = [] if options.directories else options.releases.split() or releases_present()
    if not releases and not options.directories:
        print("values: no Go toolchain; scripts/go-toolchains fetches some")
        sys.exit(77)
    directory = options.keep or tempfile.mkdtemp(prefix="gocore-values.")
    try:
        for release in releases:
            for name, flags in BUILDS.items():
                place = os.path.join(directory, release, name)
                os.makedirs(place, exist_ok=True)
                binary = os.path.join(place, "bin")
                build(release, flags, binary)
                listed = subprocess.run([binary, "-list"], capture_output=True, text=True).stdout
                for mode in options.modes.split() or [r.split("\t")[0] for r in listed.splitlines()]:
                    core, truths = crash(binary, mode, os.path.join(place, mode))
                    if mode == "boxed":
                        same_without_dwarf(f"{release} {name}", options, core, binary, count)
                    check_core(options, f"{release} {name} {mode}", core, binary, truths,
                               not flags, count)
    finally:
        if not options.keep:
            shutil.rmtree(directory)
    print(f"{count.lost} optimized out")
    print(f"{count.passed} passed, {count.failed} failed")
    sys.exit(1 if count.failed else 0)


if __name__ == "__main__":
    main()
