#!/usr/bin/env python3
"""Runs a command with a fixture's core and executable, for fuzz_snapshot.

usage: with_core.py FIXTURE COMMAND [ARGUMENT]...

FIXTURE is a name in testdata/fixtures/manifest.json. The command finds the two
files by GOCORE_FUZZ_CORE and GOCORE_FUZZ_EXE.
"""
import json
import lzma
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[2] / "testdata/fixtures"


def unpack(name, to):
    path = to / name.removesuffix(".xz")
    with lzma.open(FIXTURES / name) as src, open(path, "wb") as dst:
        shutil.copyfileobj(src, dst, 1 << 20)
    return str(path)


def find(name):
    fixtures = json.loads((FIXTURES / "manifest.json").read_text())["fixtures"]
    for fixture in fixtures:
        if fixture["name"] == name:
            return fixture
    sys.exit(f"{name} is no fixture")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    fixture = find(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        env = dict(os.environ, GOCORE_FUZZ_CORE=unpack(fixture["core"], directory),
                   GOCORE_FUZZ_EXE=unpack(fixture["binary"], directory))
        sys.exit(subprocess.run(sys.argv[2:], env=env, check=False).returncode)


main()
