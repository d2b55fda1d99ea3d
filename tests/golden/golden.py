#!/usr/bin/env python3
"""Runs gocore over the committed cores of testdata/fixtures.

usage: golden.py [--update] [--only PATTERN] [--jobs N] GOCORE

For each core of manifest.json

  - `gocore analyze` as text and as JSON, and `gocore goroutines --format gotrace`
    must equal the files in testdata/golden/ (--update writes them anew),
  - class, kind, origin, message and findings must be those of the manifest, and
    each goroutine that was parked must have the traceback that the process itself
    printed on stderr, whatever the golden files say,
  - every JSON of every command must fit docs/report.schema.json.

No shared object of this machine is opened: what it has must not matter. The last
line is "N passed, N failed".
"""

import argparse
import fnmatch
import hashlib
import json
import lzma
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FIXTURES = os.path.join(ROOT, "testdata", "fixtures")
GOLDEN = os.path.join(ROOT, "testdata", "golden")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tests", "live"))
import live  # noqa: E402
import validate  # noqa: E402

# Longer outputs are kept as a digest: a diff of theirs tells nobody anything.
LONGEST = 64 * 1024

ANALYZE = {
    "txt": ["analyze"],
    "json": ["analyze", "--format", "json"],
    "brief.txt": ["analyze", "--brief"],
    "gotrace": ["goroutines", "--format", "gotrace", "--traceback", "crash"],
    "user.gotrace": ["goroutines", "--format", "gotrace", "--traceback", "all"],
}

# Only held against the schema: definition, command.
VALIDATED = [
    ("report", ["analyze", "--brief", "--format", "json"]),
    ("report", ["analyze", "--redact", "--format", "json"]),
    ("info", ["info", "--format", "json"]),
    ("thread_list", ["threads", "--format", "json"]),
    ("graph", ["graph", "--format", "json"]),
    ("goroutine_list", ["goroutines", "--format", "json"]),
    ("goroutine_groups", ["goroutines", "--format", "json", "--group", "stack"]),
    ("goroutine_groups", ["goroutines", "--format", "json", "--group", "creator"]),
]


def unpack(name, directory):
    """Decompresses a fixture into DIRECTORY; gives the path of the file."""
    target = os.path.join(directory, name[: -len(".xz")] if name.endswith(".xz") else name)
    opener = lzma.open if name.endswith(".xz") else open
    with opener(os.path.join(FIXTURES, name), "rb") as source, open(target, "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
    return target


def run(gocore, arguments, core, binary, directory):
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    command = [gocore, arguments[0], "--sysroot", "nothing"]
    command += arguments[1:] + [os.path.basename(core), os.path.basename(binary)]
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, timeout=300, check=False
    )


def compare_golden(name, suffix, output, update):
    """Compares with, or writes, one golden file; yields a complaint."""
    path = os.path.join(GOLDEN, f"{name}.{suffix}")
    if len(output) > LONGEST:
        digest = hashlib.sha256(output).hexdigest()
        output = f"{len(output)} bytes, sha256 {digest}\n".encode()
    if update:
        with open(path, "wb") as file:
            file.write(output)
        return
    if not os.path.exists(path):
        yield f"{os.path.relpath(path, ROOT)} is missing: --update writes it"
        return
    with open(path, "rb") as file:
        want = file.read()
    if want != output:
        yield first_difference(os.path.relpath(path, ROOT), want, output)


def first_difference(path, want, have):
    wants, haves = want.decode("utf-8", "replace"), have.decode("utf-8", "replace")
    wants, haves = wants.split("\n"), haves.split("\n")
    for i in range(max(len(wants), len(haves))):
        a = wants[i] if i < len(wants) else "(end)"
        b = haves[i] if i < len(haves) else "(end)"
        if a != b:
            return f"{path}:{i + 1}:\n      golden {a[:300]!r}\n      now    {b[:300]!r}"
    return f"{path}: only line ends differ"


def expectation(fixture):
    """The manifest's row in the words of tests/live."""
    expect = fixture["expect"]
    findings = expect["findings"]
    return live.Expect(
        mode=fixture["mode"],
        cls=expect["class"],
        kind=expect["kind"],
        origin=expect["origin"],
        message=expect["message_regex"],
        findings=",".join(findings) if findings else "-",
        how="gcore" if "gcore" in fixture["made_by"] else "self",
        past=fixture["past"],
        culprit=expect["culprit"] or "-",
    )


def stderr_of(fixture, directory):
    text = live.read_text(unpack(fixture["stderr"], directory))
    for fake in live.FAKES:
        text = text.replace(fake, "", 1)
    return text


def check_truth(fixture, outputs, directory):
    """What the process itself said, against what gocore says."""
    expect, stderr = expectation(fixture), stderr_of(fixture, directory)
    yield from live.check_verdict(expect, stderr, json.loads(outputs["json"]))
    trace = outputs["gotrace"].decode("utf-8", "surrogateescape")
    compared, equal, differences = live.compare_traces(expect, stderr, trace)
    yield from differences[:3]
    if compared == 0 and "\ngoroutine " in stderr and expect.how != "gcore":
        if not live.blocks(stderr):
            yield "no goroutine of stderr was compared"


def check_fixture(task):
    """All checks of one core; gives its name and complaints."""
    gocore, fixture, update = task
    name, found, outputs = fixture["name"], [], {}
    with tempfile.TemporaryDirectory(prefix="gocore-golden.") as directory:
        core = unpack(fixture["core"], directory)
        binary = unpack(fixture["binary"], directory)
        for suffix, arguments in ANALYZE.items():
            done = run(gocore, arguments, core, binary, directory)
            outputs[suffix] = done.stdout
            if done.returncode not in (0, 1) or done.stderr:
                found.append(f"gocore {' '.join(arguments)}: exit code {done.returncode}, "
                             f"{done.stderr[:300]!r}")
        if found:
            return name, found
        found += check_truth(fixture, outputs, directory)
        documents = [("report", ["analyze"], outputs["json"])]
        for kind, arguments in VALIDATED:
            done = run(gocore, arguments, core, binary, directory)
            documents.append((kind, arguments, done.stdout))
        for kind, arguments, text in documents:
            for complaint in schema_complaints(kind, text):
                found.append(f"gocore {' '.join(arguments)}: {complaint}")
        version = json.loads(outputs["json"])["tool"]["version"].encode()
        outputs["json"] = outputs["json"].replace(
            b'"version": "' + version + b'"', b'"version": "X"', 1
        )
    for suffix, output in outputs.items():
        found += compare_golden(name, suffix, output, update)
    return name, found


def schema_complaints(kind, text):
    try:
        document = json.loads(text)
    except ValueError as error:
        yield f"not JSON: {error}"
        return
    yield from validate.complaints(document, validate.validator(kind))


def forget_removed(fixtures):
    """Golden files of fixtures that are gone."""
    names = {f"{fixture['name']}.{suffix}" for fixture in fixtures for suffix in ANALYZE}
    for file in sorted(os.listdir(GOLDEN)):
        if file not in names:
            os.unlink(os.path.join(GOLDEN, file))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--update", action="store_true", help="write the golden files anew")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="cores with such names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("gocore", metavar="GOCORE")
    options = parser.parse_args()
    with open(os.path.join(FIXTURES, "manifest.json"), encoding="utf-8") as file:
        fixtures = json.load(file)["fixtures"]
    os.makedirs(GOLDEN, exist_ok=True)
    if options.update and options.only == "*":
        forget_removed(fixtures)
    gocore = os.path.abspath(options.gocore)
    tasks = [
        (gocore, fixture, options.update)
        for fixture in fixtures
        if fnmatch.fnmatch(fixture["name"], options.only)
    ]
    words = list(validate.word_complaints())
    for text in words:
        print(f"FAIL schema: {text}")
    passed, failed = int(not words), int(bool(words))
    with multiprocessing.Pool(options.jobs) as pool:
        for name, found in pool.imap(check_fixture, tasks):
            passed, failed = passed + (not found), failed + bool(found)
            for text in found:
                print(f"FAIL {name}: {text}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not tasks else 0


if __name__ == "__main__":
    sys.exit(main())
