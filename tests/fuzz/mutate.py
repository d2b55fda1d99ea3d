#!/usr/bin/env python3
"""Runs gocore over damaged copies of real cores: opt-in, as it takes long.

usage: mutate.py --gocore BUILD/cli/gocore [--runs N] [--seconds S] [--seed N] CORE EXE [CORE EXE]...

Each run damages a copy of one core in one to four places (words near those that
look like pointers above all, the headers, whole pages, the file's end) and runs
every command in every format over it. What must hold: an exit code of 0, 1, 3 or
4, no signal, JSON that parses and agrees with docs/report.schema.json, less than
10 seconds of the processor. Best with a build under ASan and UBSan:

    meson setup build-asan -Db_sanitize=address,undefined

What fails is written to --keep DIRECTORY as a list of the damage, by which
--replay makes it again.
"""
import argparse
import json
import os
import random
import resource
import struct
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = [
    ["analyze", "--format", "json"],
    ["analyze", "--color", "always"],
    ["analyze", "--brief"],
    ["analyze", "--redact", "--format", "json"],
    ["info", "--format", "json"],
    ["info"],
    ["goroutines"],
    ["goroutines", "--format", "json"],
    ["goroutines", "--group", "creator"],
    ["goroutines", "--format", "gotrace", "--traceback", "crash"],
    ["threads"],
    ["threads", "--format", "json"],
    ["stack", "--goroutine", "1"],
]
TIME_LIMIT = 10
PAGE = 4096
INTERESTING = [0, 1, 7, 8, 0xFF, 0x1000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, 1 << 47,
               1 << 63, (1 << 63) - 1, (1 << 64) - 1, (1 << 64) - 8, 0x4141414141414141]


class Core:
    """A copy of a core that can be damaged and made whole again."""

    def __init__(self, path, exe, work):
        self.path, self.exe = Path(path), Path(exe)
        self.copy = work / f"{os.getpid()}-{abs(hash(path))}.core"
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", path, self.copy], check=True)
        self.copy.chmod(0o600)
        self.size = self.path.stat().st_size
        self.segments = self.load_segments()
        self.words = self.sample_words()

    def load_segments(self):
        with open(self.path, "rb") as f:
            head = f.read(64)
            phoff, = struct.unpack_from("<Q", head, 32)
            count, = struct.unpack_from("<H", head, 56)
            f.seek(phoff)
            rows = [struct.unpack("<IIQQQQQQ", f.read(56)) for _ in range(count)]
        self.notes = next(((r[2], r[5]) for r in rows if r[0] == 4), (64, 64))
        return [(r[2], r[3], r[5]) for r in rows if r[0] == 1 and r[5] > 0]

    def sample_words(self):
        """Places of words that are not zero, and which look like pointers."""
        words = []
        spans = [(lo, lo + size) for _, lo, size in self.segments]
        with open(self.path, "rb") as f:
            for offset, _, size in self.segments:
                for at in range(offset, offset + size, PAGE):
                    f.seek(at)
                    page = f.read(PAGE)
                    if not any(page):
                        continue
                    for i in range(0, len(page) - 7, 8):
                        value, = struct.unpack_from("<Q", page, i)
                        if value and (value < 64 or any(lo <= value < hi for lo, hi in spans)):
                            words.append((at + i, value))
        return words or [(0, 0)]

    def apply(self, damage):
        with open(self.copy, "r+b") as f:
            for kind, at, value in damage:
                if kind == "cut":
                    f.truncate(at)
                else:
                    f.seek(at)
                    f.write(bytes.fromhex(value))

    def restore(self, damage):
        with open(self.path, "rb") as src, open(self.copy, "r+b") as f:
            for kind, at, value in damage:
                if kind == "cut":
                    continue
                src.seek(at)
                f.seek(at)
                f.write(src.read(len(value) // 2))
        if any(kind == "cut" for kind, _, _ in damage):
            subprocess.run(["cp", "--sparse=always", "--reflink=auto", self.path, self.copy],
                           check=True)
            self.copy.chmod(0o600)


def one_damage(core, rng):
    choice = rng.random()
    at, value = rng.choice(core.words)
    if choice < 0.55:
        new = rng.choice([
            rng.choice(INTERESTING), rng.getrandbits(64), rng.choice(core.words)[1],
            value + rng.randrange(-64, 65), value ^ 1 << rng.randrange(64),
            rng.choice(core.segments)[1] + rng.randrange(0, 1 << 16)])
        return "put", at, struct.pack("<Q", new & (1 << 64) - 1).hex()
    if choice < 0.65:
        return "put", at + rng.randrange(8), bytes([rng.randrange(256)]).hex()
    if choice < 0.75:
        page = at - at % PAGE
        fill = rng.choice([bytes(PAGE), rng.randbytes(PAGE), b"\xff" * PAGE])
        return "put", page, fill[:max(0, core.size - page)].hex()
    if choice < 0.85:
        return "put", rng.randrange(0, min(core.size, 8192)), rng.randbytes(rng.randrange(1, 9)).hex()
    if choice < 0.95:
        offset, size = core.notes
        return "put", offset + rng.randrange(max(1, size)), rng.randbytes(rng.randrange(1, 5)).hex()
    return "cut", rng.randrange(core.size), ""


def load_schema():
    """What holds reports against docs/report.schema.json; None where jsonschema is missing."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
    try:
        import validate
    except ImportError:
        return None
    return validate.validator("report")


def cpu_seconds():
    """Of the children that have ended: the machine may be busy with other things."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check(gocore, core, command, schema):
    """What is wrong with one run; None if nothing is."""
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1:exitcode=99",
               UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:exitcode=99")
    start = cpu_seconds()
    try:
        run = subprocess.run([gocore, *command, core.copy, core.exe], capture_output=True, env=env,
                             timeout=TIME_LIMIT * 10, check=False)
    except subprocess.TimeoutExpired:
        return f"no end after {TIME_LIMIT * 10} s"
    seconds = cpu_seconds() - start
    if run.returncode not in (0, 1, 3, 4):
        return f"exit code {run.returncode}\n{run.stderr.decode(errors='replace')[-3000:]}"
    if seconds > TIME_LIMIT:
        return f"took {seconds:.1f} s"
    if "json" in command and run.returncode in (0, 1):
        try:
            parsed = json.loads(run.stdout)
        except ValueError as e:
            return f"no JSON: {e}"
        if schema is not None and command[0] == "analyze":
            for error in schema.iter_errors(parsed):
                return f"not as the schema says: {error.message} at {list(error.path)}"
    return None


def run_all(args, core, damage, schema, commands):
    core.apply(damage)
    failed = 0
    try:
        for command in commands:
            wrong = check(args.gocore, core, command, schema)
            if wrong is None:
                continue
            failed += 1
            print(f"FAILED {' '.join(command)} on {core.path}: {wrong}\n  damage: {damage!r:.400}",
                  flush=True)
            if args.keep:
                args.keep.mkdir(parents=True, exist_ok=True)
                name = args.keep / f"{time.time_ns()}.json"
                name.write_text(json.dumps({"core": str(core.path), "exe": str(core.exe),
                                            "command": command, "damage": damage,
                                            "wrong": wrong}))
    finally:
        core.restore(damage)
    return failed


def replay(args, schema):
    failed = 0
    for path in args.replay:
        case = json.loads(Path(path).read_text())
        core = Core(case["core"], case["exe"], args.work)
        failed += run_all(args, core, [tuple(d) for d in case["damage"]], schema, [case["command"]])
        core.copy.unlink()
    return failed


def sweep(args, schema):
    rng = random.Random(args.seed)
    pairs = list(zip(args.files[::2], args.files[1::2]))
    cores = {}
    failed = runs = 0
    end = time.monotonic() + args.seconds
    while runs < args.runs and time.monotonic() < end:
        pair = rng.choice(pairs)
        if pair not in cores:
            cores[pair] = Core(*pair, args.work)
        core = cores[pair]
        damage = [one_damage(core, rng) for _ in range(rng.randrange(1, 5))]
        commands = COMMANDS if args.all else rng.sample(COMMANDS, 3)
        failed += run_all(args, core, damage, schema, commands)
        runs += 1
    for core in cores.values():
        core.copy.unlink()
    print(f"{runs} damaged cores, {failed} failures")
    return failed


def main():
    parser = argparse.ArgumentParser(usage=__doc__.splitlines()[2][7:])
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--runs", type=int, default=1 << 30)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    parser.add_argument("--all", action="store_true", help="every command on each core, not three")
    parser.add_argument("--keep", type=Path, help="where to write what failed")
    parser.add_argument("--work", type=Path, default=Path("/tmp"))
    parser.add_argument("--replay", nargs="+", help="files that --keep wrote")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    schema = load_schema()
    print(f"seed {args.seed}", flush=True)
    sys.exit(1 if (replay if args.replay else sweep)(args, schema) else 0)


if __name__ == "__main__":
    main()
