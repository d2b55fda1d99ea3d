#!/usr/bin/env python3
"""Cores of programs that are not Go's: each must be refused in one sentence.

usage: others.py --gocore GOCORE

Crashes a program in C (dynamic and static), this Python, a program in Rust where there is rustc,
and C for other CPUs where there are a cross compiler and QEMU's user mode. With and without the
executable, gocore must end with 3 and say that no Go is in it, or which CPU is not supported. The
last line is "N passed, N failed"; exit code 77: no compiler, or no cores on this machine.
"""

import argparse
import glob
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

C = """#include <stdlib.h>
#include <string.h>
int main(void)
{
	memset(malloc(1 << 20), 1, 1 << 20);
	*(volatile int *)8 = 1;
}
"""
RUST = "fn main() { let v = vec![1u32; 1000]; unsafe { *(8 as *mut u32) = v.len() as u32; } }\n"
PYTHON = "import ctypes; ctypes.string_at(8)"
NO_GO, NO_CPU = "no Go runtime found in it", "not support"

# name, compiler, how it is run, what gocore says; {} is the program
PROGRAMS = [
    ("c", "gcc -o {} main.c", "./{}", NO_GO),
    ("c-static", "gcc -static -o {} main.c", "./{}", NO_GO),
    ("rust", "rustc -o {} main.rs", "./{}", NO_GO),
    ("arm64", "aarch64-linux-gnu-gcc -static -o {} main.c", "qemu-aarch64 ./{}", NO_GO),
    ("i386", "i686-linux-gnu-gcc -static -o {} main.c", "qemu-i386 ./{}", NO_CPU),
    ("ppc64le", "powerpc64le-linux-gnu-gcc -static -o {} main.c", "qemu-ppc64le ./{}", NO_CPU),
    ("s390x", "s390x-linux-gnu-gcc -static -o {} main.c", "qemu-s390x ./{}", NO_CPU),
]


def crash(command, directory):
    """The core that the command leaves, QEMU's rather than the kernel's of QEMU itself; or None."""
    for old in glob.glob(f"{directory}/core*") + glob.glob(f"{directory}/*.core"):
        os.unlink(old)
    subprocess.run(command, cwd=directory, capture_output=True, check=False, timeout=60,
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)))
    cores = glob.glob(f"{directory}/*.core") + glob.glob(f"{directory}/core*")
    return cores[0] if cores else None


def complaints(gocore, core, binary, words):
    for arguments in ([core], [core, binary]):
        done = subprocess.run([gocore, "analyze", "--format", "json", *arguments],
                              capture_output=True, text=True, check=False, timeout=60)
        lines = done.stderr.splitlines()
        if done.returncode != 3:
            yield f"exit code {done.returncode}: {done.stderr[:200]}"
        elif not lines or words not in lines[0] or len(lines) > 2:
            yield f"it says {done.stderr!r}, not one sentence with {words!r}"
        elif words not in json.loads(done.stdout)["error"]["text"]:
            yield f"its JSON says {done.stdout!r}"


def cases(directory):
    """(name, command that crashes, executable, what is to be said) of what is possible here."""
    for name, text in (("main.c", C), ("main.rs", RUST)):
        with open(f"{directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    yield "python", [sys.executable, "-c", PYTHON], os.path.realpath(sys.executable), NO_GO
    for name, compiler, how, words in PROGRAMS:
        build, run = (text.format(name).split() for text in (compiler, how))
        if not shutil.which(build[0]) or (len(run) > 1 and not shutil.which(run[0])):
            continue
        done = subprocess.run(build, cwd=directory, capture_output=True, check=False)
        if done.returncode == 0:
            yield name, run, f"{directory}/{name}", words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gocore", required=True)
    gocore = os.path.abspath(parser.parse_args().gocore)
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        if file.read()[0] in "|/" or not shutil.which("gcc"):
            print("skipped: no compiler, or cores do not stay in the working directory")
            return 77
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="gocore-others.") as directory:
        for name, command, binary, words in cases(directory):
            core = crash(command, directory)
            wrong = list(complaints(gocore, core, binary, words)) if core else ["it left no core"]
            passed, failed = passed + (not wrong), failed + bool(wrong)
            for text in wrong:
                print(f"{name}: {text}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
