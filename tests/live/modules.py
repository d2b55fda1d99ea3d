#!/usr/bin/env python3
"""Go where it is not the main program: c-shared, c-archive, plugin.

usage: modules.py --gocore GOCORE [--releases "1.19 1.24 path"]

Builds each with the Go toolchains that are there: a C program that loads a Go
library with dlopen, a C program with a Go archive linked in, and a Go program
that opens a plugin. All start ten goroutines and die of a nil pointer in a
function that lies in the library, archive or plugin. gocore must name that
function, show the arguments of its caller, print variables of its package, and list the ten. The last line is "N passed, N failed"; exit code 77:
no toolchain, no C compiler, or no cores on this machine.
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

LIBRARY = """package main

import "C"
import "time"

type conf struct {
	n    int
	name string
}

//export Work
func Work() {
	for i := 0; i < 10; i++ {
		go park()
	}
	time.Sleep(100 * time.Millisecond)
	hold(&conf{7, "held"}, 41)
}

//go:noinline
func park() { select {} }

var state = conf{8, "of the package"}
var handler func() int

//go:noinline
func hold(c *conf, k int) {
	handler = func() int { return k + c.n }
	deref(nil)
	println(c.n, c.name, k, state.name)
}

//go:noinline
func deref(c *conf) { println(c.n) }

func main() {}
"""

PLUGIN = """package main

type conf struct {
	n    int
	name string
}

var state = conf{8, "of the package"}
var handler func() int

//go:noinline
func hold(c *conf, k int) {
	handler = func() int { return k + c.n }
	deref(nil)
	println(c.n, c.name, k, state.name)
}

//go:noinline
func deref(c *conf) { println(c.n) }

func Work() { hold(&conf{7, "held"}, 41) }
func main() {}
"""

HOST = """package main

import (
	"plugin"
	"time"
)

//go:noinline
func park() { select {} }

func main() {
	for i := 0; i < 10; i++ {
		go park()
	}
	time.Sleep(100 * time.Millisecond)
	p, err := plugin.Open("plug.so")
	if err != nil {
		panic(err)
	}
	work, err := p.Lookup("Work")
	if err != nil {
		panic(err)
	}
	work.(func())()
}
"""

C_MAIN = """#include <dlfcn.h>
#include <stddef.h>
#ifdef LINKED
extern void Work(void);
int main(void) { Work(); }
#else
int main(void)
{
	void *library = dlopen("./lib.so", RTLD_NOW);
	if (library == NULL)
		return 9;
	((void (*)(void))dlsym(library, "Work"))();
}
#endif
"""

SOURCES = {"lib/lib.go": LIBRARY, "plug/plug.go": PLUGIN, "host/host.go": HOST, "main.c": C_MAIN,
           "go.mod": "module m\ngo 1.19\n"}


def toolchains(wanted):
    cache = os.environ.get("GO_TOOLCHAINS", os.path.expanduser("~/.cache/gocore-go"))
    found = {path.split("/go-")[-1].split("/")[0]: path
             for path in glob.glob(f"{cache}/go/*/usr/lib/go-*/bin/go")}
    if shutil.which("go"):
        found["path"] = shutil.which("go")
    return {name: found[name] for name in wanted if name in found}


def build(go, directory):
    """Programs by the way in which Go is in them: name, function that dies, function that waits."""
    env = {**os.environ, "CGO_ENABLED": "1", "GOFLAGS": "-mod=mod"}

    def run(*command):
        subprocess.run(command, cwd=directory, env=env, check=True)

    run(go, "build", "-buildmode=c-shared", "-o", "lib.so", "./lib")
    run(go, "build", "-buildmode=c-archive", "-o", "lib.a", "./lib")
    run(go, "build", "-buildmode=plugin", "-o", "plug.so", "./plug")
    run(go, "build", "-o", "plugin", "./host")
    run("gcc", "-o", "c-shared", "main.c", "-ldl")
    run("gcc", "-DLINKED", "-o", "c-archive", "main.c", "lib.a", "-lpthread")
    return {"c-shared": ("main.deref", "main.park"), "c-archive": ("main.deref", "main.park"),
            "plugin": ("m/plug.deref", "main.park")}


def crash(program, directory):
    """Runs it; the core's path, None if there is none."""
    for old in glob.glob(os.path.join(directory, "core*")):
        os.unlink(old)
    subprocess.run([f"./{program}"], cwd=directory, capture_output=True, check=False, timeout=60,
                   env={**os.environ, "GOTRACEBACK": "crash"},
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)))
    cores = glob.glob(os.path.join(directory, "core*"))
    return cores[0] if cores else None


def complaints(gocore, core, program, deref, park):
    done = subprocess.run([gocore, "analyze", "--format", "json", core, program],
                          capture_output=True, check=False, timeout=120)
    if done.returncode != 0:
        yield f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[:300]}"
        if done.returncode != 1:
            return
    report = json.loads(done.stdout)
    verdict = report["verdict"]
    if verdict["class"] != "nil-dereference" or verdict["confidence"] != "certain":
        yield f"verdict {verdict['class']} ({verdict['confidence']})"
    if (verdict.get("fault") or {}).get("function") != deref:
        yield f"the fault is in {verdict.get('fault')}, not {deref}"
    if not (verdict["fault"] or {}).get("expression"):
        yield f"the nil pointer has no name: {verdict['title']}"
    parked = sum(group["count"] for group in report["goroutines"]["groups"]
                 if any(frame["function"] == park for frame in group["frames"]))
    if parked != 10:
        yield f"{parked} goroutines in {park}, not 10"
    yield from wrong_values(gocore, core, program, str(verdict["goroutine"]), deref)
    yield from wrong_variables(gocore, core, program, deref.replace("deref", "hold"))


def wrong_values(gocore, core, program, goroutine, deref):
    """What was handed to the caller of DEREF, whose module has debug information of its own."""
    done = subprocess.run([gocore, "stack", "-g", goroutine, "--locals", "--format", "json", core,
                           program], capture_output=True, check=False, timeout=120)
    hold = deref.replace("deref", "hold")
    frames = [f for f in json.loads(done.stdout)["frames"] if f["function"] == hold]
    values = {a["name"]: a["text"] for f in frames for a in f.get("args") or []}
    # As reflect has it: package main, of a plugin too.
    want = {"c": '&main.conf{n: 7, name: "held"}', "k": "41"}
    if values != want:
        yield f"the arguments of {hold} are {values}, not {want}"


def wrong_variables(gocore, core, program, hold):
    """Variables of HOLD's package, by their bare name in its frame and by their whole name."""
    package = hold[:hold.rindex(".")]
    for expression, want in (("state.name", '"of the package"'), (f"{package}.state.n", "8"),
                             ("handler", f"{hold}.func1"), ("handler.k", "41"),
                             ("handler.c.name[1:3]", '"el"')):
        done = subprocess.run([gocore, "print", "--format", "json", expression, core, program],
                              capture_output=True, check=False, timeout=120)
        if done.returncode != 0:
            yield f"{expression}: {done.stderr.decode(errors='replace')[:300]}"
            continue
        text = json.loads(done.stdout)["value"]["text"]
        if text != want:
            yield f"{expression} is {text}, not {want}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gocore", required=True)
    parser.add_argument("--releases", default="1.19 1.24 1.27 path")
    args = parser.parse_args()
    found = toolchains(args.releases.split())
    if not found or not shutil.which("gcc"):
        print("no Go toolchain, or no C compiler")
        sys.exit(77)
    passed = failed = 0
    for release, go in found.items():
        with tempfile.TemporaryDirectory() as directory:
            for name, text in SOURCES.items():
                os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
                with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                    file.write(text)
            for program, functions in build(go, directory).items():
                core = crash(program, directory)
                if core is None:
                    print("no core in the working directory: see core(5), core_pattern")
                    sys.exit(77)
                wrong = list(complaints(os.path.abspath(args.gocore), core,
                                        os.path.join(directory, program), *functions))
                passed, failed = passed + (not wrong), failed + bool(wrong)
                for text in wrong:
                    print(f"{release} {program}: {text}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
