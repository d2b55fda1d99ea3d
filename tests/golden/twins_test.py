#!/usr/bin/env python3
"""Analyzes the fixtures' cores with stripped twins of their executables.

usage: twins_test.py [--only PATTERN] [--jobs N] GOCORE

Each executable is made again without symbols and DWARF (objcopy --strip-all), and
once more without section headers, so that no section has a name or a place. The
report with either must be that of the whole executable but for what is told by DWARF or by the symbols
of C alone: NEEDS_DWARF says which keys and why. The traceback of all goroutines must be the same
to the byte. The last line is "N passed, N failed"; exit code 77: there is no objcopy.
"""

import argparse
import fnmatch
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import golden  # noqa: E402

# What is left out on both sides: `*` is every element of a list.
NEEDS_DWARF = {
    "executable.stripped": "what it is about",
    "executable.dwarf": "what it is about",
    "verdict.fault.expression": "names of variables are in DWARF",
    "verdict.fault.field": "names of fields that no interface holds are in DWARF",
    "verdict.fault.pointer_type": "so are types of variables",
    "verdict.advice": "speaks of the variable",
    "verdict.stack.frames.*.args": "variables",
    "verdict.stack.frames.*.locals": "variables",
}

# Of the evidence: the place of the operand in the source, which speaks of variables and fields.
OPERAND = "operand"


def forget(node, path):
    """Removes what PATH names."""
    if not path or node is None:
        return
    if path[0] == "*":
        for item in node:
            forget(item, path[1:])
    elif len(path) == 1:
        node.pop(path[0], None)
    elif path[0] in node:
        forget(node[path[0]], path[1:])


def of_operand(evidence, register):
    """Whether it speaks of the source's operand, not of the register's value."""
    return evidence.get("label") == OPERAND and not evidence["text"].startswith(f"{register} was ")


def judgements(report):
    yield report["verdict"]
    yield from report["findings"]
    yield from report["alternatives"]


def forget_operands(report):
    """A title with the variable's name is about the same as one without: class and kind tell."""
    register = (report["verdict"].get("fault") or {}).get("register")
    for judgement in judgements(report):
        kept = [e for e in judgement["evidence"] if not of_operand(e, register)]
        judgement["evidence"] = kept
        if judgement["class"] == "nil-dereference":
            del judgement["title"]
            judgement["explanation"] = [line for line in judgement.get("explanation", [])
                                        if not line.startswith("Without the type of the pointer")]


def forget_integrity(report):
    """By code the variables of the runtime are found another way, which is one more check, and said
    in one more note; without section headers it is Go's build id that is compared."""
    integrity = report["integrity"]
    integrity["checks"] = [c for c in integrity["checks"] if c["name"] not in ("variables", "build-id")]
    integrity.pop("passed")
    report["caveats"] = [c for c in report["caveats"]
                         if not c["text"].startswith("neither symbols nor DWARF")]


def forget_c(report):
    """Names and lines of C are in no pclntab: without them a frame has its object and offset alone."""
    frames = (report["verdict"].get("stack") or {}).get("frames") or []
    c_frames = [frame for frame in frames if frame["language"] == "c"]
    for frame in c_frames:
        for key in ("function", "file", "line"):
            frame.pop(key, None)
    if not c_frames:
        return
    for key in ("crash", "exact"):
        del report["fingerprint"][key]
    if report["verdict"]["class"] == "cgo-crash":
        for key in ("function", "file", "line"):
            report["verdict"]["fault"].pop(key, None)
        for judgement in judgements(report):
            del judgement["title"]
            judgement["evidence"] = [e for e in judgement["evidence"] if e["label"] != "place"]


def forget_names_of_locks(report):
    """The variable by which the culprit has its lock: "sync.RWMutex at 0xc000018030, rw: ..."."""
    for judgement in judgements(report):
        for e in judgement["evidence"]:
            e["text"] = re.sub(r"^(sync\.\w+ at 0x[0-9a-f]+), [^:]+:", r"\1:", e["text"])


def forget_torn(report):
    """Torn values are sought in variables: without DWARF it is said that they were not."""
    detectors = report["detectors"]
    detectors["run"] = [name for name in detectors["run"] if name != "torn-value"]
    detectors["skipped"] = [d for d in detectors["skipped"] if d["name"] != "torn-value"
                            or not d["reason"].startswith("no debug information (DWARF)")]


def comparable(report):
    for path in NEEDS_DWARF:
        forget(report, path.split("."))
    forget_names_of_locks(report)
    forget_c(report)
    forget_operands(report)
    forget_integrity(report)
    forget_torn(report)
    return report


def differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys()):
            yield from differences(a.get(key), b.get(key), f"{path}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, f"{path}[{i}]")
    elif a != b:
        yield f"{path[1:]}: {str(a)[:150]!r}, stripped {str(b)[:150]!r}"


def drop_section_headers(path):
    """e_shoff, e_shnum and e_shstrndx of the ELF header are zero in a file that has none."""
    with open(path, "r+b") as file:
        for offset, size in ((40, 8), (60, 2), (62, 2)):
            file.seek(offset)
            file.write(bytes(size))


def outputs(gocore, core, binary, directory):
    """(report, traceback) of one executable; raises what is wrong."""
    texts = []
    for arguments in (golden.ANALYZE["json"], golden.ANALYZE["gotrace"]):
        done = golden.run(gocore, arguments, core, binary, directory)
        if done.returncode not in (0, 1):
            raise ValueError(f"gocore {arguments[0]}: exit code {done.returncode}: {done.stderr[:300]!r}")
        texts.append(done.stdout)
    return comparable(json.loads(texts[0])), texts[1]


def check(gocore, fixture, directory):
    core, binary = (golden.unpack(fixture[key], directory) for key in ("core", "binary"))
    whole, trace = outputs(gocore, core, binary, directory)
    shutil.move(binary, binary + ".whole")
    subprocess.run(["objcopy", "--strip-all", binary + ".whole", binary], check=True)
    for twin in ("stripped", "without section headers"):
        if twin != "stripped":
            drop_section_headers(binary)
        report, other = outputs(gocore, core, binary, directory)
        yield from (f"{twin}: {text}" for text in differences(whole, report))
        if other != trace:
            yield f"{twin}: {golden.first_difference('traceback', trace, other)}"


def check_fixture(task):
    gocore, fixture = task
    with tempfile.TemporaryDirectory(prefix="gocore-twins.") as directory:
        try:
            return fixture["name"], list(check(gocore, fixture, directory))
        except (ValueError, KeyError, subprocess.SubprocessError) as error:
            return fixture["name"], [repr(error)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", metavar="PATTERN", help="cores with such names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("gocore", metavar="GOCORE")
    options = parser.parse_args()
    if not shutil.which("objcopy"):
        print("skipped: there is no objcopy (package binutils)")
        return 77
    with open(os.path.join(golden.FIXTURES, "manifest.json"), encoding="utf-8") as file:
        fixtures = json.load(file)["fixtures"]
    tasks = [(os.path.abspath(options.gocore), fixture) for fixture in fixtures
             if fnmatch.fnmatch(fixture["name"], options.only)
             and not fixture["link"].endswith("stripped")]
    passed = failed = 0
    with multiprocessing.Pool(options.jobs) as pool:
        for name, found in pool.imap(check_fixture, tasks):
            passed, failed = passed + (not found), failed + bool(found)
            for text in found[:10]:
                print(f"FAIL {name}: {text}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not tasks else 0


if __name__ == "__main__":
    sys.exit(main())
