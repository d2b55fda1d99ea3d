#!/usr/bin/env python3
"""Builds Go programs, crashes them, and holds gocore against what they said.

usage: live.py --gocore PATH [--corpus DIR] [--releases ..] [--links ..] [--modes ..]

The cores come from scripts/make-cores: made in a temporary directory, or taken
from --corpus DIR, an output directory of it. For each core

  - the process must have died as its program's own table (crash -list) promises,
  - `gocore analyze --format json` must give the class, kind, origin, message and
    findings of that table, a panic's message equal to the text on stderr,
  - `gocore goroutines --format gotrace --traceback crash` must give, for every
    goroutine that was not running, the lines that the process itself printed.

Without --gocore only the first is checked. The last line is "N passed, N failed".
Exit code 77: there is no Go toolchain, nothing was tested.
"""

import argparse
import collections
import fnmatch
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
COLUMNS = "mode cls kind origin message findings how past culprit"
Expect = collections.namedtuple("Expect", COLUMNS)

HEADER = re.compile(r"^goroutine (\d+) (?:[^\[]*)\[([^\],(]*)")
PRINTER_GAVE_UP = re.compile(r"^(runtime: g \d+: unexpected return pc|fatal error: )")
# Of a handler of C's that faulted: what the runtime prints is none of the frames that matter.
BROKEN_SYSTEM = re.compile(r"^(runtime: g 0 .*unknown pc|runtime\.abort\(\))")
MINUTES = re.compile(r", \d+ minutes")

# What crash -past prints to mislead.
FAKES = (
    "fatal error: fake\n",
    "panic: fake [recovered]\n",
    "runtime: goroutine stack exceeds 1000000000-byte limit (fake)\n",
)


UNNAMED = re.compile(r"\+0x[0-9a-f]+$")


def read_text(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "surrogateescape")


def read_expect(directory):
    with open(os.path.join(directory, "expect"), encoding="utf-8") as file:
        return Expect(*file.read().rstrip("\n").split("\t"))


def read_stderr(directory):
    text = read_text(os.path.join(directory, "stderr"))
    for fake in FAKES:
        text = text.replace(fake, "", 1)
    return text


def one_of(alternatives, word):
    return alternatives == "*" or word in alternatives.split("|")


def panic_text(stderr):
    """The text of the panics as printed, without the first `panic: `."""
    start = re.search(r"^panic: ", stderr, re.M)
    if not start:
        return None
    text = stderr[start.end() :]
    end = re.search(r"\n(\[signal |\ngoroutine |\nruntime stack:)", text)
    return text[: end.start()] if end else text.rstrip("\n")


def fatal_text(stderr):
    """The first line of a fatal error, without `fatal error: `."""
    found = re.search(r"^fatal error: (.*)$", stderr, re.M)
    return found.group(1) if found else None


def plain(message):
    """A message without what releases print differently around its text."""
    message = re.sub(r"\n\[signal [^\n]*", "", message)
    return message.replace("\n\t", "\n").strip("\n")


def check_truth(expect, directory, stderr):
    """Whether the process died as its program promises; yields complaints."""
    if expect.how == "gcore" or not expect.message:
        return
    if expect.origin == "panic":
        text = panic_text(stderr)
        if text is None:
            yield "stderr has no panic"
            return
    else:
        text = stderr
    # Anchors speak of the message; on stderr it starts after `fatal error: `.
    pattern = expect.message
    if expect.origin != "panic":
        pattern = pattern.replace("^", "").replace("$", "")
    if not re.search(pattern, text):
        first = next((line for line in stderr.split("\n") if line), "")
        yield f"the process died otherwise: {first[:150]!r}, not {expect.message!r}"


def check_verdict(expect, stderr, report):
    """Compares the report of gocore with the truth; yields complaints."""
    verdict = report.get("verdict") or {}
    for key, want in (("class", expect.cls), ("kind", expect.kind)):
        if not one_of(want, verdict.get(key)):
            yield f"{key} {verdict.get(key)}, expected {want}"
    if not one_of(expect.origin, report.get("origin")):
        yield f"origin {report.get('origin')}, expected {expect.origin}"
    message = verdict.get("message") or ""
    if not re.search(expect.message, message):
        yield f"message {message[:200]!r}, expected {expect.message!r}"
    if expect.origin == "panic":
        printed = panic_text(stderr)
        if printed is not None and is_utf8(printed):
            if plain(printed) != plain(message):
                yield f"message {message[:200]!r}, printed {printed[:200]!r}"
    elif expect.origin == "fatal-error":
        printed = fatal_text(stderr)
        if printed and printed not in message:
            yield f"message {message[:200]!r}, printed {printed[:200]!r}"
    function = (verdict.get("fault") or {}).get("function")
    stack = verdict.get("stack") or {}
    cause = stack.get("cause_frame") or 0
    blamed = stack["frames"][cause]["function"] if cause else ""
    # C without symbols, or what such C called in a library.
    unnamed = any(UNNAMED.search(name or "") for name in (function, blamed))
    # A library's function that the culprit called has a name where its debug file is at hand.
    if (function and expect.culprit != "-" and expect.culprit not in (function, blamed)
            and not unnamed):
        yield f"fault in {function}, expected {expect.culprit}"
    found = {f"{f.get('class')}/{f.get('kind')}" for f in report.get("findings") or []}
    # Without debug information some are not looked for, which the report says.
    skipped = {d["name"] for d in (report.get("detectors") or {}).get("skipped") or []}
    for want in expect.findings.split(","):
        if (want.startswith("+") and want[1:] not in found
                and not (want[1:] == "data-race/torn-value" and "torn-value" in skipped)):
            yield f"finding {want[1:]} is missing"
        if want.startswith("-") and want[1:] in found:
            yield f"finding {want[1:]} is wrong"


def is_utf8(text):
    return not any(0xDC80 <= ord(c) <= 0xDCFF for c in text)


def blocks(text):
    """The goroutines of a traceback: {id: (status, lines)}; None where one is twice."""
    found = {}
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        header = HEADER.match(lines[index])
        if not header:
            index += 1
            continue
        end = index + 1
        while end < len(lines) and lines[end] and not HEADER.match(lines[end]):
            end += 1
        number = int(header.group(1))
        # A broken stack: the runtime's own words follow, then words of its memory.
        for i in range(index + 1, end):
            if PRINTER_GAVE_UP.match(lines[i]):
                end = i + 1
                break
        body = [MINUTES.sub("", lines[index])] + lines[index + 1 : end]
        found[number] = None if number in found else (header.group(2).strip(), body)
        index = end
    return found


def compare_traces(expect, stderr, trace):
    """Compares goroutines; gives (compared, equal, complaints)."""
    theirs, ours = blocks(stderr), blocks(trace)
    # Each further thread prints its own goroutine 0 behind such a line.
    first = blocks(stderr.split("\n-----\n")[0])
    theirs.pop(0, None)
    if first.get(0) and not BROKEN_SYSTEM.match(first[0][1][1]):
        theirs[0] = first[0]
    skipped = ["running"]
    if expect.how == "gcore":
        # stderr is of a moment after the dump: only what waits is the same.
        skipped += ["runnable", "GC worker (idle)", "GC sweep wait", "GC scavenge wait",
                    "idle"]
    compared = equal = 0
    complaints = []
    for number, block in sorted(theirs.items()):
        if block is None or block[0] in skipped:
            continue
        compared += 1
        if number not in ours:
            complaints.append(f"goroutine {number} [{block[0]}] is missing")
            continue
        lines = ours[number][1] if ours[number] else []
        if PRINTER_GAVE_UP.match(block[1][-1]):
            lines = lines[: len(block[1]) - 1] + block[1][-1:]
        if lines == block[1]:
            equal += 1
            continue
        for i in range(max(len(lines), len(block[1]))):
            have = lines[i] if i < len(lines) else "(end)"
            want = block[1][i] if i < len(block[1]) else "(end)"
            if have != want:
                complaints.append(
                    f"goroutine {number} [{block[0]}] line {i + 1}:\n"
                    f"      printed {want!r}\n      gocore  {have!r}"
                )
                break
    return compared, equal, complaints


def run(command, timeout=120):
    """Runs a command; gives (exit code, stdout, stderr)."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return -1, b"", f"no end after {timeout} s".encode()
    return done.returncode, done.stdout, done.stderr


def check_case(gocore, directory, totals):
    """Checks one core; gives the list of complaints."""
    expect = read_expect(directory)
    stderr = read_stderr(directory)
    core, binary = os.path.join(directory, "core"), os.path.join(directory, "bin")
    if not os.path.exists(core):
        return ["there is no core"]
    complaints = list(check_truth(expect, directory, stderr))
    if complaints or not gocore:
        return complaints

    code, out, err = run([gocore, "analyze", "--format", "json", core, binary])
    last = err.decode("utf-8", "replace").strip()[-300:]
    if code not in (0, 1):
        return [f"gocore analyze: exit code {code}: {last}"]
    try:
        report = json.loads(out)
    except ValueError as error:
        return [f"gocore analyze: {error}"]
    if code == 1:
        totals["caveats"] += 1
    complaints += check_verdict(expect, stderr, report)

    if HEADER.search(stderr) or "\ngoroutine " in stderr:
        command = [gocore, "goroutines", "--format", "gotrace", "--traceback", "crash"]
        code, out, err = run(command + [core, binary])
        if code not in (0, 1):
            last = err.decode("utf-8", "replace").strip()[-300:]
            return complaints + [f"gocore goroutines: exit code {code}: {last}"]
        trace = out.decode("utf-8", "surrogateescape")
        compared, equal, differences = compare_traces(expect, stderr, trace)
        totals["compared"] += compared
        totals["equal"] += equal
        complaints += differences[:3]
        if len(differences) > 3:
            complaints.append(f"and {len(differences) - 3} more goroutines differ")
    return complaints


def cases(corpus, releases, links, modes):
    """The case directories of a corpus, in order."""
    for release in sorted(os.listdir(corpus)):
        if releases and release not in releases:
            continue
        for link in sorted(os.listdir(os.path.join(corpus, release))):
            if links and link not in links:
                continue
            base = os.path.join(corpus, release, link)
            for name in sorted(os.listdir(base)):
                if modes and not any(
                    fnmatch.fnmatch(name, m) or fnmatch.fnmatch(name, m + "-past") for m in modes
                ):
                    continue
                # The exit status is written last: without it a case is not finished.
                if os.path.exists(os.path.join(base, name, "exit")):
                    yield os.path.join(base, name)


def make_corpus(directory, arguments):
    command = [os.path.join(ROOT, "scripts", "make-cores"), "-o", directory]
    for option, value in (
        ("-r", arguments.releases),
        ("-l", arguments.links),
        ("-m", arguments.modes),
        ("-p", arguments.past),
    ):
        if value:
            command += [option, value]
    subprocess.run(command, check=False)


def depends_on_luck(directory, complaints):
    """Whether the program may be why: it did not die this time, or ran on while it was dumped."""
    return complaints == ["there is no core"] or read_expect(directory).how == "gcore"


def made_again(directory, corpus, again, arguments):
    """Makes one case anew under AGAIN; gives its directory."""
    release, link, name = os.path.relpath(directory, corpus).split(os.sep)
    past = name.endswith("-past")
    one = argparse.Namespace(**vars(arguments))
    one.releases, one.links = release, link
    one.modes, one.past = name[: -len("-past")] if past else name, "yes" if past else "no"
    make_corpus(again, one)
    return os.path.join(again, release, link, name)


def toolchains():
    cache = os.environ.get("GO_TOOLCHAINS") or os.path.expanduser("~/.cache/gocore-go")
    root = os.path.join(cache, "go")
    if not os.path.isdir(root):
        return []
    return [v for v in os.listdir(root) if os.access(f"{root}/{v}/usr/lib/go-{v}/bin/go", os.X_OK)]


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gocore", help="the gocore to test")
    parser.add_argument("--corpus", help="an output directory of scripts/make-cores")
    parser.add_argument("--releases", default="", help='such as "1.19 1.27", or "path"')
    parser.add_argument("--links", default="", help='such as "static pie"')
    parser.add_argument("--modes", default="", help='globs, such as "crash-nil-* park-*"')
    parser.add_argument("--past", default="", choices=["", "no", "yes", "both"])
    parser.add_argument("--verbose", action="store_true", help="name the passed ones too")
    return parser.parse_args()


def main():
    arguments = parse()
    temporary = None
    corpus = arguments.corpus
    if not corpus:
        if not toolchains() and arguments.releases != "path":
            print("skipped: no Go toolchain here; scripts/go-toolchains fetches some")
            return 77
        temporary = tempfile.TemporaryDirectory(prefix="gocore-live.")
        corpus = temporary.name
        make_corpus(corpus, arguments)

    totals = collections.Counter()
    passed = failed = 0
    for directory in cases(
        corpus,
        arguments.releases.split(),
        arguments.links.split(),
        arguments.modes.split(),
    ):
        name = os.path.relpath(directory, corpus)
        complaints = check_case(arguments.gocore, directory, totals)
        for _ in range(2):
            if not (complaints and temporary and depends_on_luck(directory, complaints)):
                break
            print(f"made again: {name}: {complaints[0]}")
            with tempfile.TemporaryDirectory(prefix="gocore-live.") as again:
                case = made_again(directory, corpus, again, arguments)
                complaints = check_case(arguments.gocore, case, totals)
        if complaints:
            failed += 1
            print(f"FAIL {name}")
            for complaint in complaints:
                print("    " + complaint.encode("utf-8", "backslashreplace").decode())
        else:
            passed += 1
            if arguments.verbose:
                print(f"ok   {name}")
        sys.stdout.flush()
    if temporary:
        temporary.cleanup()
    if arguments.gocore:
        print(f"goroutines: {totals['compared']} compared, {totals['equal']} equal")
        print(f"reports with caveats (exit code 1): {totals['caveats']}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
