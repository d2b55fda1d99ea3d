#!/usr/bin/env python3
"""Cuts a core of a fixture at many places and analyzes what is left.

usage: truncate_test.py --gocore GOCORE [--fixture NAME] [--cuts N] [--jobs N]

Wherever the core is cut, gocore must end with 0, 1 or 3 and no signal, print JSON
that docs/report.schema.json allows, say that the core is cut and how many bytes
are missing. As long as the parts are there that hold the records of the death, the
verdict must be the same as of the whole core:

  headers and notes   threads, mappings: who dumped, with which registers
  the writable data   runtime.allgs, allm, firstmoduledata, printBacklog
  the heap            the g of the culprit, its M, its stack with the panics
  anonymous memory    the signal stack and g0's of the other threads, C's stacks

A kernel writes segments by address: of a program that is not position-independent
the first three come first, and all else can be lost. Of one that is, the heap comes
before the data: then registers and stack of the thread that died must do.
"""

import argparse
import json
import lzma
import multiprocessing
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FIXTURES = os.path.join(ROOT, "testdata", "fixtures")
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import validate  # noqa: E402

PT_LOAD, PF_W = 1, 2
CHECKERS = {kind: validate.validator(kind) for kind in ("report", "failure")}
ENOUGH = 0.1  # of the file: the share that must be enough for the verdict


def unpack(name, directory):
    path = os.path.join(directory, name.removesuffix(".xz"))
    with lzma.open(os.path.join(FIXTURES, name)) as src, open(path, "wb") as dst:
        dst.write(src.read())
    return path


def segments(path):
    """(offset, address, size in the file, flags) of each PT_LOAD."""
    with open(path, "rb") as file:
        head = file.read(64)
        phoff, = struct.unpack_from("<Q", head, 32)
        count, = struct.unpack_from("<H", head, 56)
        file.seek(phoff)
        rows = [struct.unpack("<IIQQQQQQ", file.read(56)) for _ in range(count)]
    return [(r[2], r[3], r[5], r[1]) for r in rows if r[0] == PT_LOAD and r[5] > 0]


def places(path, cuts):
    """Where to cut: at each segment's start and middle, in the headers, and evenly over the rest."""
    size = os.path.getsize(path)
    found = {0, 1, 15, 16, 63, 64, 65, 100, 120, 1000, 4096}
    for offset, _, length, _ in segments(path):
        found |= {offset, offset + 1, offset + length // 2, offset + length - 1}
    rest = max(1, cuts - len(found))
    found |= {size * i // rest for i in range(rest)}
    return sorted(at for at in found if at < size)


def copy(core, directory):
    """A copy of the core that one worker may cut; its pages of zeros are holes."""
    file, path = tempfile.mkstemp(dir=directory)
    with open(core, "rb") as src, os.fdopen(file, "wb") as dst:
        while block := src.read(1 << 16):
            if block.count(0) == len(block):
                dst.seek(len(block), os.SEEK_CUR)
            else:
                dst.write(block)
        dst.truncate(os.path.getsize(core))
    return path


def analyze(gocore, core, exe):
    run = subprocess.run([gocore, "analyze", "--format", "json", core, exe], capture_output=True,
                         timeout=120, check=False)
    if run.returncode not in (0, 1, 3):
        return None, f"exit code {run.returncode}: {run.stderr.decode(errors='replace')[-500:]}"
    try:
        report = json.loads(run.stdout)
    except ValueError as error:
        return None, f"no JSON: {error}"
    kind = "failure" if run.returncode == 3 else "report"
    for complaint in validate.complaints(report, CHECKERS[kind]):
        return None, f"not as the schema says: {complaint}"
    report["exit"] = run.returncode
    return report, None


def check_cuts(job):
    """What is wrong with the core cut at each of some places, the last one first: one copy of it is
    cut shorter and shorter."""
    gocore, core, exe, places_of_worker, size, whole, directory = job
    path = copy(core, directory)
    failed = []
    for at in sorted(places_of_worker, reverse=True):
        os.truncate(path, at)
        report, wrong = analyze(gocore, path, exe)
        if wrong is None and report["exit"] != 3:
            wrong = check_report(report, at, size, whole)
        elif wrong is None and at >= size * ENOUGH:
            wrong = "no report, though the records are there"
        if wrong:
            failed.append(f"cut at {at} of {size}: {wrong}")
    os.unlink(path)
    return failed


def check_report(report, at, size, whole):
    head = report["core"]
    missing = head["missing_bytes"]
    if not head["truncated"] or not 0 < missing <= size - at:
        return f"truncated {head['truncated']}, missing_bytes {missing}, not up to {size - at}"
    if report["exit"] != 1:
        return f"exit code {report['exit']} for a cut core"
    if not any("cut" in c["text"] or "lacks" in c["text"] for c in report["caveats"]):
        return "no caveat tells that the core is cut"
    verdict = report["verdict"]
    same = all(verdict[key] == whole[key] for key in ("class", "kind"))
    if at >= size * ENOUGH and not same:
        return f"verdict {verdict['class']}/{verdict['kind']}, not {whole['class']}/{whole['kind']}"
    if not same and verdict["confidence"] == "certain":
        return f"certain of another verdict: {verdict['class']}/{verdict['kind']}"
    return None


def main():
    parser = argparse.ArgumentParser(usage=__doc__.splitlines()[2][7:])
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--fixture", default="1.27-static-crash-chain-recover-wrap-past")
    parser.add_argument("--cuts", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    with open(os.path.join(FIXTURES, "manifest.json"), encoding="utf-8") as file:
        fixtures = {f["name"]: f for f in json.load(file)["fixtures"]}
    fixture = fixtures[args.fixture]
    with tempfile.TemporaryDirectory() as directory:
        core = unpack(fixture["core"], directory)
        exe = unpack(fixture["binary"], directory)
        whole, wrong = analyze(args.gocore, core, exe)
        if wrong:
            sys.exit(f"the whole core: {wrong}")
        size = os.path.getsize(core)
        cuts = places(core, args.cuts)
        jobs = [(args.gocore, core, exe, cuts[i :: args.jobs], size, whole["verdict"], directory)
                for i in range(args.jobs)]
        with multiprocessing.Pool(args.jobs) as pool:
            failed = sum(pool.map(check_cuts, jobs), [])
    for text in failed:
        print(text)
    print(f"{len(cuts) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
