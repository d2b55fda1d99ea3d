#!/usr/bin/env python3
"""Go daemons as Debian ships them, dumped while they serve.

usage: daemons.py --gocore GOCORE [--suites "bookworm trixie sid"] [--only PATTERN] [--keep DIR]

Takes what scripts/fetch-daemons unpacked. Each daemon is started on free ports of the loopback
with a directory of its own, is asked by several clients, and is ended in the midst of that by a
signal with GOTRACEBACK=crash: once with SIGQUIT, once with SIGABRT, once it is stopped and dumped
alive by gdb's gcore before the signal. Held against each core:

  - the verdict is the signal from outside, or a snapshot, and nothing is found that is not there,
  - every goroutine that was not running has the lines that the daemon itself printed. Left out are
    those that were woken while the others were printed, and all that differ after gcore.

A row tells the Go release, what was compared, and the processor time of `gocore analyze --brief`,
the least of some runs. The last line is "N passed, N failed". Exit code 77: there are no daemons here, or no cores.
"""

import argparse
import collections
import fnmatch
import glob
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import live  # noqa: E402

Daemon = collections.namedtuple("Daemon", "package program arguments files paths", defaults=[{}, ["/"]])

# {dir} is the daemon's directory, {a} and {b} free ports; {a} speaks HTTP. Nothing here talks to
# anything but itself.
DAEMONS = [
    Daemon("prometheus", "prometheus",
           "--config.file={dir}/conf.yml --storage.tsdb.path={dir}/data --web.listen-address=127.0.0.1:{a}",
           {"conf.yml": "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: self\n"
                        "  static_configs: [{{targets: ['127.0.0.1:{a}']}}]\n"},
           ["/metrics", "/api/v1/query?query=up", "/api/v1/targets", "/-/ready"]),
    Daemon("prometheus-node-exporter", "prometheus-node-exporter",
           "--web.listen-address=127.0.0.1:{a}", {}, ["/metrics"]),
    Daemon("prometheus-pushgateway", "prometheus-pushgateway",
           "--web.listen-address=127.0.0.1:{a} --persistence.file={dir}/data", {},
           ["/metrics", "/api/v1/metrics", "/-/ready"]),
    Daemon("prometheus-blackbox-exporter", "prometheus-blackbox-exporter",
           "--config.file={dir}/conf.yml --web.listen-address=127.0.0.1:{a}",
           {"conf.yml": "modules: {{http: {{prober: http}}}}\n"},
           ["/metrics", "/probe?module=http&target=http://127.0.0.1:{a}/metrics", "/config"]),
    Daemon("etcd-server", "etcd",
           "--data-dir {dir}/data --listen-client-urls http://127.0.0.1:{a} --advertise-client-urls "
           "http://127.0.0.1:{a} --listen-peer-urls http://127.0.0.1:{b} "
           "--initial-advertise-peer-urls http://127.0.0.1:{b} --initial-cluster default=http://127.0.0.1:{b}",
           {}, ["/health", "/version", "/metrics"]),
    Daemon("caddy", "caddy", "run --config {dir}/conf.json",
           {"conf.json": '{{"admin": {{"listen": "127.0.0.1:{b}"}}, "apps": {{"http": {{"servers": {{"s": '
                         '{{"listen": ["127.0.0.1:{a}"], "routes": [{{"handle": [{{"handler": "file_server", '
                         '"root": "{dir}", "browse": {{}}}}]}}]}}}}}}}}}}'},
           ["/", "/conf.json"]),
    Daemon("docker-registry", "docker-registry", "serve {dir}/conf.yml",
           {"conf.yml": "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {dir}/data}}}}\n"
                        "http: {{addr: '127.0.0.1:{a}'}}\n"}, ["/v2/", "/v2/_catalog"]),
    Daemon("containerd", "containerd", "--config {dir}/conf.toml",
           {"conf.toml": "version = 2\nroot = '{dir}/root'\nstate = '{dir}/state'\n"
                         "disabled_plugins = ['io.containerd.grpc.v1.cri']\n"
                         "[grpc]\naddress = '{dir}/grpc.sock'\n[ttrpc]\naddress = '{dir}/ttrpc.sock'\n"
                         "[metrics]\naddress = '127.0.0.1:{a}'\n"}, ["/v1/metrics"]),
    Daemon("influxdb", "influxd", "-config {dir}/conf.toml",
           {"conf.toml": "reporting-disabled = true\nbind-address = '127.0.0.1:{b}'\n"
                         "[meta]\ndir = '{dir}/meta'\n[data]\ndir = '{dir}/data'\nwal-dir = '{dir}/wal'\n"
                         "[http]\nbind-address = '127.0.0.1:{a}'\n"},
           ["/ping", "/query?q=SHOW+DATABASES", "/debug/vars"]),
    Daemon("mtail", "mtail", "--progs {dir}/progs --logs {dir}/log --address 127.0.0.1 --port {a}",
           {"progs/lines.mtail": "counter lines\n/$/ {{\n  lines++\n}}\n", "log": "one\ntwo\n"},
           ["/metrics", "/json", "/"]),
    Daemon("rclone", "rclone", "serve http {dir} --addr 127.0.0.1:{a} --config {dir}/none",
           {"file": "x" * 100000}, ["/", "/file"]),
    Daemon("victoria-metrics", "victoria-metrics",
           "-storageDataPath={dir}/data -httpListenAddr=127.0.0.1:{a} -selfScrapeInterval=1s", {},
           ["/metrics", "/api/v1/query?query=up", "/health"]),
    Daemon("nats-server", "nats-server", "-a 127.0.0.1 -p {b} -m {a} -js -sd {dir}/data", {},
           ["/varz", "/connz", "/subsz", "/jsz"]),
    Daemon("webhook", "webhook", "-hooks {dir}/hooks.json -ip 127.0.0.1 -port {a}",
           {"hooks.json": '[{{"id": "true", "execute-command": "/bin/true"}}]'}, ["/", "/hooks/true"]),
]

WAYS = {"quit": signal.SIGQUIT, "abrt": signal.SIGABRT, "gcore": signal.SIGABRT}
HANDLES_QUIT = ["caddy"]  # ends in peace
VERDICTS = {"quit": ("external-signal", "quit"), "abrt": ("external-signal", "abort"),
            "gcore": ("snapshot", "live")}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Running:
    """One daemon that serves, with clients that ask it; in a directory of its own."""

    def __init__(self, daemon, binary, directory):
        self.directory = directory
        a, b = free_ports(2)
        words = {"dir": directory, "a": a, "b": b}
        for name, text in daemon.files.items():
            path = os.path.join(directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.format(**words))
        self.port, self.paths, self.stop = a, [p.format(**words) for p in daemon.paths], False
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory, "GOTRACEBACK": "crash"}
        with open(os.path.join(directory, "stderr"), "wb") as stderr:
            self.process = subprocess.Popen(
                [binary] + [word.format(**words) for word in daemon.arguments.split()],
                cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=stderr, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)))
        self.clients = [threading.Thread(target=self.ask, args=(i,), daemon=True) for i in range(6)]
        self.idle = []

    def get(self, connection, path):
        connection.request("GET", path)
        return connection.getresponse().read()

    def serves(self, seconds=30):
        """Waits until it answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5), self.paths[0])
                return True
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
        return False

    def ask(self, number):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        for turn in range(100000):
            if self.stop:
                return
            try:
                self.get(connection, self.paths[(number + turn) % len(self.paths)])
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.01)

    def load(self, seconds):
        """Lets clients ask for a while, and some say nothing."""
        self.idle = [socket.create_connection(("127.0.0.1", self.port), timeout=5) for _ in range(4)]
        for client in self.clients:
            client.start()
        time.sleep(seconds)

    def gcore(self):
        """Dumps it while it is stopped: it goes on only when the signal that ends it has come."""
        self.process.send_signal(signal.SIGSTOP)
        prefix = os.path.join(self.directory, "live")
        subprocess.run(["gcore", "-o", prefix, str(self.process.pid)], capture_output=True, check=False)
        return next(iter(glob.glob(prefix + ".*")), None)

    def end(self, number):
        """Ends it by a signal; gives the core's path, None where there is none."""
        self.process.send_signal(number)
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.stop = True
        return next(iter(glob.glob(os.path.join(self.directory, "core*"))), None)

    def close(self):
        self.stop = True
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for one in self.idle:
            one.close()


def dump(daemon, binary, way, directory):
    """Makes one core; gives (core, stderr) or a complaint."""
    running = Running(daemon, binary, directory)
    try:
        if not running.serves():
            text = live.read_text(os.path.join(directory, "stderr"))[-300:]
            return None, f"it does not serve: {text!r}"
        running.load(1.5)
        core = running.gcore() if way == "gcore" else None
        last = running.end(WAYS[way])
        core = core or last
        if not core:
            return None, "it left no core"
        return (core, live.read_text(os.path.join(directory, "stderr"))), None
    except OSError as error:
        return None, f"it does not serve: {error}"
    finally:
        running.close()


def processor_ms(command, runs=5):
    """The least time that processors spent on it: what else the machine does does not count."""
    times = []
    for _ in range(runs):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            usage = os.wait4(process.pid, 0)[2]
            process.returncode = 0
        times.append(usage.ru_utime + usage.ru_stime)
    return round(min(times) * 1000, 1)


def went_on(printed, dumped):
    """Whether a goroutine was woken after it was printed: sysmon and threads in system calls go on."""
    return dumped[0] in ("runnable", "running") and printed[0] != dumped[0] and (
        printed[0] == "syscall" or printed[1][1:] == dumped[1][1:])


def compare(stderr, trace):
    """Compares goroutines; gives (compared, equal, that went on, complaints)."""
    theirs, ours = live.blocks(stderr), live.blocks(trace)
    # Goroutine 0 is a thread's system stack, no goroutine of the program.
    moved = [n for n, block in theirs.items() if block and ours.get(n) and went_on(block, ours[n])]
    left_out = {0, *moved}
    kept = "\n\n".join("\n".join(b[1]) for n, b in theirs.items() if b and n not in left_out)
    expect = live.Expect("", "", "", "", "", "-", "self", "", "-")
    compared, equal, complaints = live.compare_traces(expect, kept, trace)
    return compared, equal, len(moved), complaints


def check(gocore, core, binary, stderr, way):
    """Compares one core; gives (row of figures, complaints)."""
    code, out, err = live.run([gocore, "analyze", "--format", "json", core, binary], 300)
    if code not in (0, 1):
        return {}, [f"exit code {code}: {err.decode(errors='replace')[-300:]}"]
    report = json.loads(out)
    verdict, wrong = report["verdict"], []
    if (verdict["class"], verdict["kind"]) != VERDICTS[way]:
        wrong.append(f"verdict {verdict['class']}/{verdict['kind']} ({verdict['confidence']}): {verdict['title']}")
    sure = [f for f in report["findings"] if f["confidence"] != "possible"
            and (f["class"], f["kind"]) != VERDICTS[way]]
    wrong += [f"finding {f['class']}/{f['kind']} ({f['confidence']}): {f['title']}" for f in sure]
    if code == 1:
        wrong += [f"caveat {c['about']}: {c['text']}" for c in report["caveats"]]
    code, out, err = live.run([gocore, "goroutines", "--format", "gotrace", "--traceback", "crash", core,
                               binary], 300)
    compared, equal, moved, differences = compare(stderr, out.decode("utf-8", "surrogateescape"))
    row = {"go": report["executable"]["go_version"], "goroutines": report["goroutines"]["total"],
           "compared": compared, "equal": equal, "moved": moved, "MB": os.path.getsize(core) >> 20,
           "brief_ms": processor_ms([gocore, "analyze", "--brief", core, binary])}
    if compared == 0:
        wrong.append("no goroutine was compared")
    return row, wrong + (differences if way != "gcore" else [])


def daemons_here(suites, only):
    cache = os.environ.get("GO_TOOLCHAINS") or os.path.expanduser("~/.cache/gocore-go")
    for suite in suites:
        for daemon in DAEMONS:
            found = glob.glob(f"{cache}/daemons/{suite}/{daemon.package}/usr/*bin/{daemon.program}")
            if found and fnmatch.fnmatch(f"{suite}/{daemon.package}", only):
                yield f"{suite}/{daemon.package}", daemon, found[0]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--suites", default="bookworm trixie sid")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="globs on SUITE/PACKAGE")
    parser.add_argument("--ways", default="quit abrt gcore")
    parser.add_argument("--keep", metavar="DIR", help="leave the cores of what failed there")
    options = parser.parse_args()
    found = list(daemons_here(options.suites.split(), options.only))
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        pattern = file.read()
    if not found or pattern[0] in "|/":
        print("skipped: no daemons here, scripts/fetch-daemons fetches some" if not found else
              "skipped: cores do not stay in the working directory, see core(5), core_pattern")
        return 77
    gocore = os.path.abspath(options.gocore)
    totals, passed, failed = collections.Counter(), 0, 0
    for name, daemon, binary in found:
        for way in options.ways.split():
            if way == "quit" and daemon.package in HANDLES_QUIT:
                continue
            directory = tempfile.mkdtemp(prefix="gocore-daemon.")
            made, wrong = dump(daemon, binary, way, directory)
            row, wrong = check(gocore, made[0], binary, made[1], way) if made else ({}, [wrong])
            totals.update({k: v for k, v in row.items() if k in ("compared", "equal") and way != "gcore"})
            print(f"{'FAIL' if wrong else 'ok  '} {name} {way}: {row}")
            for text in wrong[:5]:
                print("    " + text.encode("utf-8", "backslashreplace").decode())
            sys.stdout.flush()
            passed, failed = passed + (not wrong), failed + bool(wrong)
            if options.keep and wrong:
                shutil.move(directory, os.path.join(options.keep, f"{name.replace('/', '-')}-{way}"))
            shutil.rmtree(directory, ignore_errors=True)
    print(f"goroutines: {totals['compared']} compared, {totals['equal']} equal")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
