#!/usr/bin/env python3
"""Times gocore on a core with many goroutines, beside Delve and gdb in the same run.

usage: swarm.py --gocore PATH [--goroutines N] [--peer-goroutines N] [--runs N]

Builds testdata/programs/swarm with the newest Go toolchain that scripts/go-toolchains
installed (else `go` of the PATH), dumps it with gdb's gcore while it is parked, and
prints the median of the wall times and the peak of memory of each command. Delve reads
every stack of a smaller core (--peer-goroutines); the last line is the ratio of both
programs on it. Exit code 77: no Go toolchain or no gcore.
"""
import argparse
import glob
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def go_tool():
    cache = os.environ.get("GO_TOOLCHAINS", os.path.expanduser("~/.cache/gocore-go"))
    found = glob.glob(os.path.join(cache, "go", "*", "usr", "lib", "go-*", "bin", "go"))
    found.sort(key=lambda p: [int(n) for n in re.findall(r"\d+", p.split("/go-")[-1])])
    return found[-1] if found else shutil.which("go")


def build(go, directory):
    binary = os.path.join(directory, "swarm")
    env = dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-mod=mod", CGO_ENABLED="0")
    if "/usr/lib/go-" in go:
        env["GOROOT"] = os.path.dirname(os.path.dirname(go))
    subprocess.run([go, "build", "-o", binary, "."], check=True, env=env,
                   cwd=os.path.join(ROOT, "testdata/programs/swarm"))
    return binary


def dump(binary, count, directory):
    with subprocess.Popen([binary, str(count), "live"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        prefix = os.path.join(directory, f"core{count}")
        subprocess.run(["gcore", "-o", prefix, str(process.pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.kill()
        return f"{prefix}.{process.pid}"


def run(command, limit=None):
    """Wall seconds, and the peak of resident memory in MiB (mapped file pages among it)."""
    def lower():
        if limit:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=lower)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}: exit status {status}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def median(name, command, runs, limit=None):
    run(command, limit)
    results = [run(command, limit) for _ in range(runs)]
    seconds = statistics.median(r[0] for r in results)
    print(f"{name:<42} {seconds:8.3f} s  {max(r[1] for r in results):7.0f} MiB", flush=True)
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--goroutines", type=int, default=100000)
    parser.add_argument("--peer-goroutines", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    go, gcore = go_tool(), shutil.which("gcore")
    if not go or not gcore:
        print("skipped: " + ("no Go toolchain" if not go else "no gcore (gdb)"))
        return 77
    with tempfile.TemporaryDirectory() as directory:
        binary = build(go, directory)
        core = dump(binary, args.goroutines, directory)
        data = 200 << 20
        print(f"{args.goroutines} goroutines, core of {os.path.getsize(core) >> 20} MiB, "
              "own memory held to 200 MiB (RLIMIT_DATA)")
        gocore = [args.gocore]
        median("gocore analyze --format json",
               gocore + ["analyze", "--format", "json", core, binary], args.runs, data)
        median("gocore analyze --brief", gocore + ["analyze", "--brief", core, binary],
               args.runs, data)
        median("gocore goroutines --format json",
               gocore + ["goroutines", "--format", "json", core, binary], args.runs, data)
        os.unlink(core)

        core = dump(binary, args.peer_goroutines, directory)
        print(f"{args.peer_goroutines} goroutines, core of {os.path.getsize(core) >> 20} MiB")
        ours = median("gocore goroutines --format gotrace",
                      gocore + ["goroutines", "--format", "gotrace", core, binary], args.runs)
        if shutil.which("gdb"):
            median("gdb: threads and their stacks",
                   ["gdb", "-batch", "-ex", "thread apply all bt", binary, core], 1)
        dlv = shutil.which("dlv")
        if not dlv:
            print("dlv is not installed: no ratio")
            return 0
        commands = os.path.join(directory, "commands")
        with open(commands, "w", encoding="utf-8") as file:
            file.write("goroutines -t\nexit\n")
        theirs = median("dlv core: goroutines -t",
                        [dlv, "core", binary, core, "--init", commands,
                         "--check-go-version=false", "--allow-non-terminal-interactive"], 1)
        print(f"gocore is {theirs / ours:.0f} times as fast as Delve")
    return 0


if __name__ == "__main__":
    sys.exit(main())
