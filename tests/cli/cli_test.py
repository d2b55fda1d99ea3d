#!/usr/bin/env python3
"""The command line of gocore: usage, exit codes, help, terminals, input that is no core.

usage: cli_test.py [--only PATTERN] GOCORE

Each test_ function states one fact. The last line is "N passed, N failed".
"""

import argparse
import bz2
import ctypes
import fcntl
import fnmatch
import functools
import gzip
import http.server
import json
import lzma
import os
import pty
import re
import resource
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FIXTURES = os.path.join(ROOT, "testdata", "fixtures")
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tests", "golden"))
import validate  # noqa: E402

COMMANDS = ["analyze", "info", "goroutines", "stack", "graph", "threads", "print", "disasm",
            "memory"]
ESCAPE = "\x1b["


class Context:
    """The program under test, and files to give it."""

    def __init__(self, gocore, directory):
        self.gocore, self.directory = gocore, directory
        self.core = self.unpack("1.27-static-crash-nil-field-nested-past.core", "core.1234")
        self.exe = self.unpack("1.27-static-crash", "server")
        self.other_exe = self.unpack("1.19-static-crash", "other")
        self.threads_core = self.unpack("1.27-static-park-sigquit-labels.core", "park.core")
        self.threads_exe = self.unpack("1.27-static-park", "park")

    def unpack(self, fixture, name):
        path = os.path.join(self.directory, name)
        with lzma.open(os.path.join(FIXTURES, fixture + ".xz"), "rb") as source:
            with open(path, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
        os.chmod(path, 0o755)
        return name

    def file(self, name, data):
        with open(os.path.join(self.directory, name), "wb") as out:
            out.write(data)
        return name

    def environment(self, **more):
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}

    def run(self, *arguments, env=None, **more):
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        if "input" not in more:
            more.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run(
            [self.gocore, *arguments],
            cwd=self.directory,
            env=self.environment(**(env or {})),
            timeout=120,
            check=False,
            **more,
        )
        done.out = (done.stdout or b"").decode("utf-8", "surrogateescape")
        done.err = (done.stderr or b"").decode("utf-8", "surrogateescape")
        assert done.returncode >= 0, f"killed by signal {-done.returncode}"
        return done

    def terminal(self, *arguments, columns=80, env=None):
        """Runs with stdout and stderr on a terminal of that width; gives what it showed."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen(
            [self.gocore, *arguments],
            cwd=self.directory,
            env=self.environment(**(env or {})),
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
        ) as process:
            os.close(slave)
            shown = b""
            while select.select([master], [], [], 60)[0]:
                try:
                    data = os.read(master, 1 << 16)
                except OSError:
                    break
                if not data:
                    break
                shown += data
            assert process.wait() in (0, 1), process.returncode
        os.close(master)
        return shown.decode("utf-8", "replace").replace("\r\n", "\n")


def equal(have, want):
    assert have == want, f"{have!r}, expected {want!r}"


def contains(text, *words):
    for word in words:
        assert word in text, f"{word!r} is not in {text[:600]!r}"


def fails(context, code, *arguments, words=()):
    """Runs; stderr has at most four lines and the words, stdout nothing."""
    done = context.run(*arguments)
    equal(done.returncode, code)
    contains(done.err, *words)
    assert done.err.startswith("gocore: "), done.err
    assert done.err.count("\n") <= 4, done.err
    equal(done.out, "")
    return done


def fails_json(context, code, error, *arguments):
    """The same with --format json: a document on stdout beside the sentence on stderr."""
    done = context.run(*arguments, "--format", "json")
    equal(done.returncode, code)
    document = json.loads(done.out)
    wrong = list(validate.complaints(document, validate.validator("failure")))
    assert not wrong, wrong
    equal(document["error"]["code"], error)
    assert done.err.startswith("gocore: "), done.err


def report(context, *arguments, code=0):
    done = context.run("analyze", "--format", "json", *arguments, context.core, context.exe)
    equal((done.returncode, done.err), (code, ""))
    document = json.loads(done.out)
    wrong = list(validate.complaints(document, validate.validator("report")))
    assert not wrong, wrong
    return document


# --- usage ---------------------------------------------------------------------------------------


def test_no_command_is_wrong_usage(c):
    fails(c, 2, words=["a command is missing", "gocore --help"])


def test_an_unknown_command_is_wrong_usage(c):
    fails(c, 2, "frobnicate", words=["no command 'frobnicate'"])


def test_a_misspelt_command_is_guessed(c):
    fails(c, 2, "anlyze", words=["did you mean analyze?"])


def test_a_file_in_place_of_the_command_is_explained(c):
    fails(c, 2, c.core, words=["gocore analyze core.1234"])


def test_an_option_before_the_command_is_explained(c):
    fails(c, 2, "--brief", "analyze", c.core, words=["the command comes first"])


def test_an_unknown_option_is_wrong_usage(c):
    fails(c, 2, "analyze", "--frob", c.core, words=["no option --frob", "gocore help analyze"])


def test_a_misspelt_option_is_guessed(c):
    fails(c, 2, "analyze", "--breif", c.core, words=["did you mean --brief?"])


def test_an_unknown_letter_is_wrong_usage(c):
    fails(c, 2, "analyze", "-z", c.core, words=["no option -z"])


def test_an_option_of_another_command_is_said_to_be_its(c):
    fails(c, 2, "analyze", "--traceback", "all", c.core, words=["that is one of goroutines"])


def test_a_missing_argument_is_wrong_usage(c):
    fails(c, 2, "goroutines", "--min-wait", words=["--min-wait needs an argument: DURATION"])


def test_an_argument_too_much_is_wrong_usage(c):
    fails(c, 2, "analyze", "--brief=yes", c.core, words=["--brief takes no argument"])


def test_a_missing_core_is_wrong_usage(c):
    for command in COMMANDS:
        fails(c, 2, command, words=[f"{command} needs a core"])


def test_three_files_are_wrong_usage(c):
    fails(c, 2, "analyze", c.core, c.exe, "third", words=["too many arguments: 'third'"])


def test_words_that_are_none_are_wrong_usage(c):
    for arguments in (
        ["analyze", "--format", "xml"],
        ["analyze", "--format", "gotrace"],
        ["analyze", "--color", "red"],
        ["analyze", "--leak-threshold", "many"],
        ["analyze", "--leak-threshold", "0"],
        ["analyze", "--leak-threshold", "10,200%"],
        ["analyze", "--leak-threshold", "10,50"],
        ["analyze", "--log", ""],
        ["analyze", "--path-map", "/src"],
        ["goroutines", "--status", "asleep"],
        ["goroutines", "--min-wait", "5"],
        ["goroutines", "--min-wait", "5 m"],
        ["goroutines", "--traceback", "loud"],
        ["goroutines", "--group", "age"],
        ["stack", "-g", "main"],
        ["stack", "-g", "0"],
    ):
        fails(c, 2, *arguments, c.core, words=[arguments[1].lstrip("-")[:4]])


def test_a_class_that_is_none_is_wrong_usage(c):
    for option in ("--skip", "--fail-on"):
        fails(c, 2, "analyze", option, "deadlok", c.core, words=["did you mean deadlock?"])
        fails(c, 2, "analyze", option, "deadlock/x", c.core, words=["has no kind 'x'"])


def test_stack_needs_a_goroutine(c):
    fails(c, 2, "stack", c.core, words=["-g ID"])


def test_gotrace_does_not_go_with_group(c):
    fails(c, 2, "goroutines", "--format", "gotrace", "--group", "stack", c.core, words=["--group"])


# --- help ----------------------------------------------------------------------------------------


def test_help_is_for_people_and_fits_80_columns(c):
    texts = [c.run("--help"), c.run("help"), c.run("-h")]
    texts += [c.run("help", command) for command in COMMANDS]
    texts += [c.run(command, "--help") for command in COMMANDS]
    for done in texts:
        equal((done.returncode, done.err), (0, ""))
        contains(done.out, "Usage: gocore ")
        for line in done.out.split("\n"):
            assert len(line) <= 80, line


def test_help_names_every_command(c):
    contains(c.run("--help").out, *COMMANDS)


def test_help_of_an_unknown_command_is_wrong_usage(c):
    fails(c, 2, "help", "analyse", words=["did you mean analyze?"])


def test_version_is_one_line(c):
    done = c.run("--version")
    equal(done.returncode, 0)
    assert re.fullmatch(r"gocore \d+\.\d+\.\d+\n", done.out), done.out


def options_of(c, command):
    return re.findall(r"^ +(?:-\w, )?--([a-z-]+)", c.run("help", command).out, re.M)


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def test_the_manual_page_has_every_option(c):
    manual = read("docs", "gocore.1")
    for command in COMMANDS:
        contains(manual, f".It Cm {command}\n")
        for option in options_of(c, command):
            assert f"Fl -{option}" in manual, option
    known = {option for command in COMMANDS for option in options_of(c, command)}
    for option in re.findall(r"^\.It .*?Fl -([a-z][a-z-]+)", manual, re.M):
        assert option in known, option


def test_the_bash_completion_has_the_options_of_each_command(c):
    script = read("completions", "gocore.bash")
    common = re.search(r'local common="([^"]*)"', script).group(1)
    for command in COMMANDS:
        found = re.search(rf'\n\t{command}\)\s+echo "\$common([^"]*)"', script).group(1)
        words = set((common + " " + found).split())
        equal(sorted(words), sorted(f"--{option}" for option in options_of(c, command)))


def test_the_other_completions_have_every_option(c):
    zsh, fish = read("completions", "_gocore"), read("completions", "gocore.fish")
    for command in COMMANDS:
        contains(zsh, command)
        contains(fish, command)
        for option in options_of(c, command):
            contains(zsh, f"--{option}")
            contains(fish, f"-l {option} ")


def test_completions_have_every_class(c):
    for name in ("gocore.bash", "_gocore", "gocore.fish"):
        contains(read("completions", name), *validate.words_of_code())


def test_the_readme_shows_what_is_printed(c):
    block = re.search(r"\$ gocore analyze core \./crash\n\n(.*?)```", read("README.md"), re.S)
    for name, link in ((c.core, "core"), (c.exe, "crash")):
        shutil.copy(os.path.join(c.directory, name), os.path.join(c.directory, link))
    rest = c.run("analyze", "core", "./crash").out.split("\n")
    for line in block.group(1).rstrip("\n").split("\n"):
        if line.strip() != "...":
            assert line in rest, line
            rest = rest[rest.index(line) + 1 :]


# --- files that are no core ----------------------------------------------------------------------


def elf_header(bits=2, machine=62, kind=4, phnum=0):
    return (
        b"\x7fELF"
        + bytes([bits, 1, 1]) + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0, 64, 0, 0, 64, 56, phnum, 0, 0, 0)
    )


def test_missing_file(c):
    fails(c, 3, "analyze", "nowhere", words=["nowhere", "No such file"])
    fails(c, 3, "analyze", "--log", "nowhere", c.core, c.exe, words=["nowhere", "No such file"])
    fails_json(c, 3, "io", "analyze", "nowhere")


def test_directory(c):
    fails(c, 3, "analyze", ".", words=["directory"])


def test_device(c):
    fails(c, 3, "analyze", "/dev/null", words=["/dev/null"])


def test_empty_file(c):
    fails(c, 3, "analyze", c.file("empty", b""), words=["empty"])


def test_text_file(c):
    fails(c, 3, "analyze", c.file("notes.txt", b"dear diary\n"), words=["notes.txt"])
    fails_json(c, 3, "format", "analyze", "notes.txt")


def test_an_executable_in_place_of_the_core(c):
    fails(c, 3, "analyze", c.exe, words=["server", "executable"])


def test_swapped_arguments_are_put_right(c):
    fails(c, 3, "analyze", c.exe, c.core, words=["gocore analyze core.1234 server"])


def test_a_core_of_32_bits(c):
    name = c.file("core32", b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HH", 4, 3) + bytes(60))
    fails(c, 3, "analyze", name, words=["32"])


def test_a_core_of_another_machine(c):
    name = c.file("corerv", elf_header(machine=243))
    fails(c, 3, "analyze", name, words=["RISC-V"])
    fails_json(c, 3, "unsupported", "analyze", name)


def test_a_header_that_is_cut(c):
    fails(c, 3, "analyze", c.file("cut", elf_header()[:40]))


def test_every_command_refuses_what_is_no_core(c):
    name = c.file("notes.txt", b"dear diary\n")
    for command in COMMANDS:
        more = {"stack": ["-g", "1"], "print": ["x"], "disasm": ["main.main"], "memory": ["0x10"]}
        more = more.get(command, [])
        fails(c, 3, command, *more, name)
        fails_json(c, 3, "format", command, *more, name)


def c_core():
    """The core of a program with one page of zeros and one thread, as the kernel writes it."""
    prstatus = bytearray(336)
    struct.pack_into("<i", prstatus, 32, 4242)
    note = struct.pack("<III", 5, len(prstatus), 1) + b"CORE\0\0\0\0" + bytes(prstatus)
    start = 64 + 2 * 56
    headers = struct.pack("<IIQQQQQQ", 4, 0, start, 0, 0, len(note), 0, 4)
    headers += struct.pack("<IIQQQQQQ", 1, 6, 4096, 0x10000, 0, 4096, 4096, 4096)
    body = elf_header(phnum=2) + headers + note
    return body + bytes(4096 - len(body)) + bytes(4096)


def test_a_core_of_a_c_program(c):
    name = c.file("core.c", c_core())
    fails(c, 3, "analyze", name, words=["core.c", "Go"])
    fails_json(c, 3, "not-go", "analyze", name)


def test_info_tells_what_a_core_of_a_c_program_is(c):
    done = c.run("info", "--format", "json", c.file("core.c", c_core()))
    equal(done.returncode, 3)
    document = json.loads(done.out)
    equal(list(validate.complaints(document, validate.validator("info"))), [])
    equal((document["is_go"], document["error"]["code"]), (False, "not-go"))
    equal(document["core"]["threads"], 1)


def test_a_truncated_core_gives_a_report_with_a_caveat(c):
    with open(os.path.join(c.directory, c.core), "rb") as file:
        data = file.read()
    name = c.file("half", data[: len(data) * 9 // 10])
    done = c.run("analyze", "--format", "json", name, c.exe)
    equal(done.returncode, 1)
    document = json.loads(done.out)
    assert document["core"]["truncated"] and document["core"]["missing_bytes"] > 0
    assert any(caveat["weight"] == "weakens" for caveat in document["caveats"])


# --- cores that are compressed, or come through a pipe -------------------------------------------


COMPRESSORS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
               "zst": ["zstd", "-qc"], "lz4": ["lz4", "-qc"]}


def content(c, name):
    with open(os.path.join(c.directory, name), "rb") as file:
        return file.read()


def compressed(c, suffix):
    """The bytes of the core, compressed; None where the program for it is not installed."""
    compress = COMPRESSORS[suffix]
    if callable(compress):
        return compress(content(c, c.core))
    if shutil.which(compress[0]) is None:
        return None
    with open(os.path.join(c.directory, c.core), "rb") as file:
        return subprocess.run(compress, stdin=file, capture_output=True, check=True).stdout


def analyzed(c, core, code=0, **more):
    done = c.run("analyze", "--format", "json", core, c.exe, **more)
    equal((done.returncode, done.err), (code, ""))
    document = json.loads(done.out)
    equal(list(validate.complaints(document, validate.validator("report"))), [])
    return document


def test_compressed_cores_are_read(c):
    plain = analyzed(c, c.core)
    for suffix in COMPRESSORS:
        data = compressed(c, suffix)
        if data is None:
            continue
        # As systemd-coredump names them.
        name = c.file(f"core.server.1000.6d3f0e4c.4711.1700000000000000.{suffix}", data)
        document = analyzed(c, name)
        equal(document["core"]["stream_bytes"], len(data))
        del document["core"]["stream_bytes"], document["core"]["compression"]
        document["core"]["path"] = c.core
        equal(document, plain)


def test_a_core_comes_through_a_pipe(c):
    plain = analyzed(c, c.core)
    for data in (content(c, c.core), lzma.compress(content(c, c.core))):
        document = analyzed(c, "-", input=data)
        equal(document["core"]["stream_bytes"], len(data))
        equal(document["verdict"], plain["verdict"])


def test_standard_input_may_be_a_file(c):
    with open(os.path.join(c.directory, c.core), "rb") as file:
        assert "stream_bytes" not in analyzed(c, "-", stdin=file)["core"]


def test_a_named_pipe_needs_a_writer(c):
    os.mkfifo(os.path.join(c.directory, "fifo"))
    fails(c, 3, "info", "fifo", words=["fifo", "nobody writes"])


def test_a_cut_stream_gives_the_verdict_of_what_arrived(c):
    plain = analyzed(c, c.core)
    for suffix in COMPRESSORS:
        data = compressed(c, suffix)
        if data is None:
            continue
        document = analyzed(c, c.file(f"cut.{suffix}", data[: len(data) * 95 // 100]), code=1)
        equal(document["verdict"]["class"], plain["verdict"]["class"])
        assert document["core"]["truncated"]
        assert any("ends too early" in caveat["text"] for caveat in document["caveats"])


def test_a_stream_that_is_cut_at_once_is_no_core(c):
    data = lzma.compress(content(c, c.core))
    fails(c, 3, "analyze", c.file("tiny.xz", data[:60]), words=["tiny.xz", "ends too early"])


def test_nothing_is_sure_of_a_damaged_stream(c):
    data = bytearray(compressed(c, "gz"))
    data[-6] ^= 1  # of the checksum
    document = analyzed(c, c.file("damaged.gz", bytes(data)), code=1)
    equal(document["verdict"]["confidence"], "possible")
    assert any("checksum" in caveat["text"] for caveat in document["caveats"])


def test_what_follows_the_core_is_left_out(c):
    data = content(c, c.core) + bytes(1 << 20)
    document = analyzed(c, c.file("long.xz", lzma.compress(data)))
    equal(document["core"]["size_bytes"], len(data) - (1 << 20))
    assert any("more follows" in caveat["text"] for caveat in document["caveats"])


def test_what_is_compressed_must_be_a_core(c):
    fails(c, 3, "info", c.file("zeros.gz", gzip.compress(bytes(1 << 20))), words=["zeros"])
    fails(c, 3, "info", c.file("text.gz", gzip.compress(b"dear diary\n")), words=["text file"])


def test_no_room_for_a_stream_is_a_caveat(c):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))

    name = c.file("large.xz", lzma.compress(content(c, c.core)))
    document = analyzed(c, name, code=1, preexec_fn=limit)
    assert document["core"]["truncated"]
    assert any("no space left" in caveat["text"] for caveat in document["caveats"])


def test_tmpdir_that_is_none_is_an_error(c):
    name = c.file("any.xz", lzma.compress(content(c, c.core)))
    done = c.run("info", name, env={"TMPDIR": "/nonexistent"})
    equal(done.returncode, 3)
    contains(done.err, "any.xz", "/nonexistent", "TMPDIR")


def test_a_stream_leaves_no_file(c):
    os.mkdir(os.path.join(c.directory, "tmp"))
    name = c.file("clean.xz", lzma.compress(content(c, c.core)))
    analyzed(c, name, env={"TMPDIR": "tmp"})
    equal(os.listdir(os.path.join(c.directory, "tmp")), [])


def test_a_core_that_is_cut_while_it_is_read_is_borne(c):
    for delay in range(20):
        shutil.copy(os.path.join(c.directory, c.core), os.path.join(c.directory, "shrinking"))
        with subprocess.Popen([c.gocore, "analyze", "--format", "json", "shrinking", c.exe],
                              cwd=c.directory, env=c.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            time.sleep(delay / 500)
            os.truncate(os.path.join(c.directory, "shrinking"), 100_000 * delay + 5000)
            out, err = process.communicate(timeout=60)
        assert process.returncode in (0, 1, 3), (delay, process.returncode, err)
        json.loads(out)


# --- the executable ------------------------------------------------------------------------------


def test_the_wrong_executable_is_refused(c):
    fails(c, 4, "analyze", c.core, c.other_exe, words=["other", "--force"])
    fails_json(c, 4, "mismatch", "analyze", c.core, c.other_exe)


def test_force_goes_on_with_the_wrong_executable(c):
    done = c.run("analyze", "--force", "--format", "json", c.core, c.other_exe)
    assert done.returncode in (1, 3), done.returncode
    if done.returncode == 1:
        contains(json.dumps(json.loads(done.out)["caveats"]), "--force")


def test_info_says_that_the_executable_does_not_fit(c):
    done = c.run("info", "--format", "json", c.core, c.other_exe)
    equal(done.returncode, 4)
    document = json.loads(done.out)
    equal(list(validate.complaints(document, validate.validator("info"))), [])
    equal((document["executable"]["matches"], document["error"]["code"]), ("no", "mismatch"))


def test_an_executable_that_is_no_elf_file(c):
    fails(c, 3, "analyze", c.core, c.file("notes.txt", b"dear diary\n"), words=["notes.txt"])
    fails(c, 3, "analyze", c.core, "nowhere", words=["nowhere"])


def test_a_core_in_place_of_the_executable(c):
    fails(c, 3, "analyze", c.core, c.core)


def test_the_executable_is_found_by_its_build_id(c):
    directory = os.path.join(c.directory, "store")
    os.makedirs(directory, exist_ok=True)
    shutil.copy(os.path.join(c.directory, c.exe), os.path.join(directory, "renamed"))
    done = c.run("info", "--format", "json", "--sysroot", "none", "--debug-dir", "store", c.core)
    equal(done.returncode, 0)
    executable = json.loads(done.out)["executable"]
    equal((executable["path"], executable["matches"]), ("store/renamed", "yes"))


def test_a_missing_executable_is_a_caveat_of_info(c):
    done = c.run("info", "--format", "json", "--sysroot", "none", c.core)
    equal(done.returncode, 1)
    contains(json.dumps(json.loads(done.out)["caveats"]), "executable")


def test_without_the_executable_the_goroutines_are_the_same(c):
    def listed(*arguments):
        done = c.run("goroutines", "--format", "json", *arguments)
        assert done.returncode in (0, 1), done.err
        document = json.loads(done.out)
        rows = [(g["id"], g["address"], g["status"]) for g in document["goroutines"]]
        return rows, document["caveats"]

    rows, caveats = listed("--sysroot", "none", c.core)
    equal(rows, listed(c.core, c.exe)[0])
    texts = json.dumps(caveats)
    executable = analyzed(c, c.core)["executable"]
    contains(texts, executable["build_id"], executable["go_build_id"])


# --- debug information apart from the executable --------------------------------------------------


def split(c, name):
    """A twin of the executable without symbols and DWARF, and those in a file apart."""
    exe, debug = f"{name}.stripped", f"{name}.debug"
    objcopy = functools.partial(subprocess.run, cwd=c.directory, check=True)
    objcopy(["objcopy", "--only-keep-debug", c.exe, debug])
    objcopy(["objcopy", "--strip-all", c.exe, exe])
    objcopy(["objcopy", f"--add-gnu-debuglink={debug}", exe])
    return exe, debug


def of_stripped(c, exe, *arguments, code=0, env=None):
    done = c.run("analyze", "--format", "json", *arguments, c.core, exe, env=env)
    equal((done.returncode, done.err), (code, ""))
    return json.loads(done.out)


def test_debug_information_is_found_by_its_link(c):
    whole = analyzed(c, c.core)
    exe, debug = split(c, "linked")
    document = of_stripped(c, exe)
    contains(document["executable"]["debug_path"], debug)
    assert document["executable"]["stripped"] and document["executable"]["dwarf"]
    for key in ("verdict", "goroutines", "caveats"):
        equal(document[key], whole[key])
    os.mkdir(os.path.join(c.directory, ".debug"))
    shutil.move(os.path.join(c.directory, debug), os.path.join(c.directory, ".debug", debug))
    contains(of_stripped(c, exe)["executable"]["debug_path"], f".debug/{debug}")


def test_a_link_with_another_crc_is_passed_over(c):
    exe, debug = split(c, "changed")
    with open(os.path.join(c.directory, debug), "ab") as file:
        file.write(b"more")
    document = of_stripped(c, exe)
    assert "debug_path" not in document["executable"]
    assert any("CRC" in caveat["text"] for caveat in document["caveats"])


def test_debug_information_is_found_by_build_id(c):
    exe, debug = split(c, "by_id")
    build_id = of_stripped(c, exe)["executable"]["build_id"]
    place = os.path.join(c.directory, "tree", ".build-id", build_id[:2])
    os.makedirs(place)
    shutil.move(os.path.join(c.directory, debug), os.path.join(place, build_id[2:] + ".debug"))
    document = of_stripped(c, exe, "--debug-dir", "tree")
    contains(document["executable"]["debug_path"], "tree/.build-id")
    equal(document["verdict"], analyzed(c, c.core)["verdict"])


class Server:
    """A debuginfod on this machine: a tree of files."""

    def __init__(self, c):
        self.root = os.path.join(c.directory, "served")
        self.asked = []
        asked = self.asked

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(handler, *arguments):
                super().__init__(*arguments, directory=self.root)

            def log_message(handler, *_):
                asked.append(handler.path)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.env = {
            "DEBUGINFOD_URLS": f"http://127.0.0.1:{self.http.server_address[1]}",
            "DEBUGINFOD_CACHE_PATH": os.path.join(c.directory, "cache"),
        }

    def put(self, c, build_id, kind, name):
        directory = os.path.join(self.root, "buildid", build_id)
        os.makedirs(directory, exist_ok=True)
        shutil.copy(os.path.join(c.directory, name), os.path.join(directory, kind))

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def has_debuginfod():
    try:
        ctypes.CDLL("libdebuginfod.so.1")
    except OSError:
        return False
    return True


def test_debuginfod_is_asked(c):
    if not has_debuginfod():
        return
    whole = analyzed(c, c.core)
    build_id = whole["executable"]["build_id"]
    exe, debug = split(c, "served")
    server = Server(c)
    server.put(c, build_id, "executable", exe)
    server.put(c, build_id, "debuginfo", debug)
    os.unlink(os.path.join(c.directory, debug))
    info = ["--sysroot", "none", c.core]
    done = c.run("info", "--format", "json", "--no-debuginfod", *info, env=server.env)
    equal((json.loads(done.out)["executable"]["path"], server.asked), (None, []))
    done = c.run("analyze", "--format", "json", *info, env=server.env)
    equal(done.returncode, 0)
    document = json.loads(done.out)
    equal(document["verdict"], whole["verdict"])
    contains(document["executable"]["debug_path"], "cache")
    server.stop()


def test_a_debuginfod_that_is_down_is_a_caveat(c):
    if not has_debuginfod():
        return
    env = {"DEBUGINFOD_URLS": "http://127.0.0.1:9", "DEBUGINFOD_CACHE_PATH": "cache-of-none"}
    done = c.run("info", "--format", "json", "--sysroot", "none", c.core, env=env)
    equal(done.returncode, 1)
    contains(json.dumps(json.loads(done.out)["caveats"]), "debuginfod")


# --- analyze -------------------------------------------------------------------------------------


def test_text_and_json_say_the_same(c):
    verdict = report(c)["verdict"]
    done = c.run("analyze", c.core, c.exe)
    equal((done.returncode, done.err), (0, ""))
    first = done.out.split("\n", 1)[0]
    equal(first, f"{verdict['class']}/{verdict['kind']}  ({verdict['confidence']})")
    contains(done.out, verdict["title"], verdict["message"])


def test_fail_on_exits_with_10(c):
    for words in ("nil-dereference", "deadlock,nil-dereference/field", "panic,nil-dereference"):
        equal(report(c, "--fail-on", words, code=10)["verdict"]["class"], "nil-dereference")
    for words in ("deadlock", "nil-dereference/pointer"):
        report(c, "--fail-on", words, code=0)


def test_what_is_skipped_is_said(c):
    detectors = report(c, "--skip", "nil-dereference")["detectors"]
    contains(json.dumps(detectors["skipped"]), "nil-dereference")
    assert "nil-dereference" not in detectors["run"]
    done = c.run("analyze", "--skip", "deadlock", c.core, c.exe)
    contains(done.out, "Not looked for")


def test_brief_is_short(c):
    done = c.run("analyze", "--brief", c.core, c.exe)
    equal(done.returncode, 0)
    contains(done.out, "nil-dereference/field", "main.nilFieldNested", "runtime error:")
    assert "Stack of" not in done.out and done.out.count("\n") < 15
    equal(report(c, "--brief")["goroutines"]["groups"], [])


def test_path_map_changes_source_paths(c):
    frames = report(c, "--path-map", "example.com/gocore=/src")["verdict"]["stack"]["frames"]
    contains([frame["file"] for frame in frames], "/src/crash/nil.go")
    command = ["goroutines", "--format", "gotrace", "--path-map", "example.com/gocore=/src"]
    contains(c.run(*command, c.core, c.exe).out, "\t/src/crash/nil.go:")


def test_redact_leaves_out_the_programs_data(c):
    plain = c.run("analyze", "--format", "json", c.core, c.exe).out
    hidden = c.run("analyze", "--format", "json", "--redact", c.core, c.exe).out
    contains(plain, '"arguments": "./bin nil-field-nested')
    assert '"arguments"' not in hidden
    for words in re.findall(r'"arg_words": "([^"]*)"', hidden):
        assert "0x" not in words, words
    trace = c.run("goroutines", "--format", "gotrace", "--redact", c.core, c.exe).out
    contains(trace, "main.nilFieldNested(")
    assert not re.search(r"^\S+\(.*0x", trace, re.M), trace
    threads = c.run("threads", "--format", "json", "--redact", c.core, c.exe).out
    for thread in json.loads(threads)["threads"]:
        assert set(thread.get("registers") or {}) <= {"rip", "rsp"}, thread


def smashed_module(c, core, name):
    """A copy of CORE whose moduledata is written over: the record that has one address twice, as
    pclntable and ftab begin at the same (runtime/symtab.go)."""
    with open(os.path.join(c.directory, core), "rb") as file:
        data = bytearray(file.read())
    offset, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, flags, start, _, _, size = struct.unpack_from("<IIQQQQ", data, offset + 56 * i)
        if kind != 1 or not flags & 2 or size > 1 << 21:
            continue
        for at in range(start, start + max(0, size - 240), 8):
            words = struct.unpack_from("<30Q", data, at)
            if words[0] and words[1] > words[0] and words[2] == words[3] and \
                    words[13] == words[16] and words[22] < words[23]:
                data[at : at + 200] = b"A" * 200
                return c.file(name, bytes(data))
    raise AssertionError("no moduledata")


def test_a_smashed_module_is_told_by_the_file(c):
    stripped = "1.27-stripped-crash"
    files = {c.core: c.exe,
             c.unpack(stripped + "-nil-field-nested-past.core", "stripped.core"):
             c.unpack(stripped, "stripped")}
    for core, exe in files.items():
        done = c.run("analyze", "--format", "json", smashed_module(c, core, "smashed.core"), exe)
        equal(done.returncode, 1)
        document = json.loads(done.out)
        frames = document["verdict"]["stack"]["frames"]
        contains([frame["function"] for frame in frames], "main.nilFieldNested")
        contains([caveat["text"] for caveat in document["caveats"]],
                 "the runtime's record of the program was written over: that of the "
                 "executable's file stands for it")


def test_redact_leaves_out_labels(c):
    files = [c.threads_core, c.threads_exe]
    contains(c.run("goroutines", "--group", "none", *files).out, "kind=worker")
    contains(c.run("goroutines", "--group", "none", "--redact", *files).out, "#0=<redacted, ")
    document = json.loads(c.run("goroutines", "--format", "json", "--redact", *files).out)
    labels = [item for g in document["goroutines"] for item in g["labels"].items()]
    assert labels and all(value.startswith("<redacted, ") for _, value in labels), labels
    assert all(re.fullmatch(r"#\d", key) for key, _ in labels), labels
    profile = c.run("goroutines", "--format", "pprof", *files).stdout
    contains(gzip.decompress(profile), b"kind", b"worker")
    profile = c.run("goroutines", "--format", "pprof", "--redact", *files).stdout
    assert b"kind" not in gzip.decompress(profile)
    command = ["goroutines", "--format", "gotrace", "--traceback", "crash"]
    contains(c.run(*command, *files).out, "{id: 28, kind: worker}")
    assert "kind" not in c.run(*command, "--redact", *files).out


# What a core has of the program: its fixture, the executable's, words.
SECRETS = [
    (
        "1.23-static-crash-panic-string-lines",
        "1.23-static-crash",
        ["first line", "second line", "panic-string-lines", "/usr/bin:/bin"],
    ),
    (
        "1.27-static-crash-index-slice-past",
        "1.27-static-crash",
        ["index-slice", "range [7]", "length 5", "/usr/bin:/bin"],
    ),
    (
        "1.19-static-crash-chain-repanic-error-past",
        "1.19-static-crash",
        ["code 3", "chain-repanic-error", "/usr/bin:/bin"],
    ),
]

# Commands that show contents, each as text and as JSON.
TELLING = [
    ["analyze"],
    ["analyze", "--brief"],
    ["info"],
    ["info", "--environment"],
    ["goroutines"],
    ["goroutines", "--group", "none"],
    ["graph"],
    ["threads"],
    ["stack"],
    ["stack", "-g", "1", "--locals", "--depth", "9"],
    ["print", "m"],
    ["print", "m.name"],
    ["print", "os.Args"],
    ["print", "main.modes"],
    ["print", "len(os.Args)"],
    ["memory", "os.Args"],
    ["disasm", "main.main"],
]


def told(c, core, exe, log, *options):
    """Everything that gocore says, of the core at CORE."""
    commands = [[*command, "--format", "json"] for command in TELLING] + TELLING
    commands += [["goroutines", "--format", "gotrace", "--traceback", "crash"]]
    commands += [["graph", "--format", "dot"], ["analyze", "--log", log]]
    commands += [["analyze", "--log", log, "--format", "json"]]
    all_of_it = ""
    for command in commands:
        result = c.run(*command, *options, core, exe)
        all_of_it += f"$ gocore {' '.join(command[:2])}\n{result.out}{result.err}"
    return all_of_it


def test_redact_leaks_nothing_whatever_is_asked(c):
    for fixture, exe, secrets in SECRETS:
        core, exe = c.unpack(fixture + ".core", "1.core"), c.unpack(exe, "1.exe")
        log = os.path.join(FIXTURES, fixture + ".stderr")
        plain, hidden = told(c, core, exe, log), told(c, core, exe, log, "--redact")
        hidden = hidden.replace(log, "")
        for secret in secrets:
            contains(plain, secret)
            at = hidden.find(secret)
            assert at < 0, f"{fixture}: {hidden[max(0, at - 300) : at + 80]}"


# --- goroutines, stack, threads ------------------------------------------------------------------


def listed(c, *arguments):
    done = c.run("goroutines", "--format", "json", *arguments, c.threads_core, c.threads_exe)
    equal(done.returncode, 0)
    document = json.loads(done.out)
    equal(document["listed"], len(document["goroutines"]))
    return document["goroutines"]


def test_status_filters(c):
    everything = listed(c)
    waiting = listed(c, "--status", "waiting")
    others = listed(c, "--status", "idle,runnable,running,syscall,copystack,preempted,leaked")
    equal(len(waiting) + len(others), len(everything))
    equal({g["status"] for g in waiting}, {"waiting"})


def test_wait_filters_in_capitals_or_not(c):
    found = listed(c, "--wait", "MUTEX")
    assert found
    for g in found:
        contains(g["wait"], "Mutex")


def test_function_filters(c):
    found = listed(c, "--function", "main.send")
    assert found and len(found) < len(listed(c))
    for g in found:
        assert any("main.send" in frame["function"] for frame in g["frames"]), g


def test_label_filters_by_key_and_value(c):
    equal(len(listed(c, "--label", "kind=worker")), len(listed(c, "--label", "kind")))
    for g in listed(c, "--label", "kind"):
        equal(g["labels"]["kind"], "worker")
    equal(listed(c, "--label", "kind=boss"), [])


def test_min_wait_filters(c):
    equal(listed(c, "--min-wait", "100d"), [])
    for g in listed(c, "--min-wait", "1ms"):
        assert g["wait_seconds"] is not None


def test_filters_hold_together(c):
    both = listed(c, "--wait", "chan", "--function", "main.send")
    equal({g["id"] for g in both}, {g["id"] for g in listed(c, "--wait", "chan")}
          & {g["id"] for g in listed(c, "--function", "main.send")})


def test_groups_hold_every_goroutine_once(c):
    ids = sorted(g["id"] for g in listed(c))
    for by in ("stack", "creator"):
        done = c.run("goroutines", "--format", "json", "--group", by, c.threads_core, c.threads_exe)
        groups = json.loads(done.out)["groups"]
        equal(sorted(i for group in groups for i in group["ids"]), ids)
        assert all(group["count"] == len(group["ids"]) for group in groups)


def test_gotrace_shows_as_much_as_gotraceback_says(c):
    def trace(level):
        command = ["goroutines", "--format", "gotrace", "--traceback", level]
        done = c.run(*command, c.core, c.exe)
        equal(done.returncode, 0)
        return done.out

    equal(trace("none"), "")
    equal(len(re.findall("^goroutine ", trace("single"), re.M)), 1)
    assert "runtime.goexit" not in trace("all") and " gp=" not in trace("all")
    contains(trace("crash"), "runtime.goexit", " gp=0x", " fp=0x")
    equal(trace("crash"), trace("system"))


def test_gotrace_begins_with_the_culprit(c):
    done = c.run("goroutines", "--format", "gotrace", c.core, c.exe)
    culprit = report(c)["verdict"]["goroutine"]
    assert done.out.startswith(f"goroutine {culprit} [running]:\nmain.nilFieldNested("), done.out


def test_stack_shows_one_goroutine(c):
    done = c.run("stack", "-g", "1", c.core, c.exe)
    equal(done.returncode, 0)
    assert done.out.startswith("goroutine 1  (chan receive)"), done.out
    contains(done.out, "main.main", "runtime.gopark")


def test_stack_of_no_goroutine(c):
    fails(c, 3, "stack", "-g", "999999", c.core, c.exe, words=["no goroutine 999999"])


def document(c, definition, *arguments):
    """The JSON of a command that succeeds, held against the schema."""
    done = c.run(*arguments, "--format", "json")
    equal((done.returncode, done.err), (0, ""))
    found = json.loads(done.out)
    wrong = list(validate.complaints(found, validate.validator(definition)))
    assert not wrong, wrong
    return found


def test_stack_shows_the_variables_of_each_frame(c):
    frames = document(c, "goroutine", "stack", "-g", "1", "--locals", c.core, c.exe)["frames"]
    main = next(f for f in frames if f["function"] == "main.main")
    values = {v["name"]: v["text"] for v in main["locals"]}
    equal(values["withPast"], "true")
    text = c.run("stack", "-g", "1", "--locals", c.core, c.exe).out
    contains(text, "withPast  bool = true")


def test_stack_without_locals_has_no_variables(c):
    frames = document(c, "goroutine", "stack", "-g", "1", c.core, c.exe)["frames"]
    assert not any("locals" in f or "args" in f for f in frames)


def test_print_shows_variables_of_frames_and_packages(c):
    found = document(c, "printed", "print", "main.two", c.core, c.exe)
    equal((found["value"]["text"], found["value"]["type"]), ("2", "int"))
    equal(c.run("print", "withPast", "-g", "1", c.core, c.exe).out.splitlines()[1], "true")
    equal(c.run("print", c.core, c.exe, "main.five").out.splitlines()[1], "5")


def test_print_says_what_is_not_there(c):
    fails(c, 3, "print", "nosuch", c.core, c.exe, words=["no variable nosuch"])
    fails(c, 3, "print", "main.two.x", c.core, c.exe, words=["has no field x"])
    fails(c, 2, "print", "main.two[", c.core, c.exe, words=["']' is expected"])
    fails_json(c, 3, "not-found", "print", "nosuch", c.core, c.exe)


def test_print_can_be_redacted(c):
    shown = c.run("print", "--redact", "os.Args", c.core, c.exe).out
    contains(shown, "[]string{<redacted, ")


def test_disasm_lists_a_function_and_marks_the_fault(c):
    found = document(c, "disassembly", "disasm", "main.nilFieldNested", c.core, c.exe)
    current = [i for i in found["instructions"] if i["current"]]
    equal([i["pc"] for i in current], [report(c)["verdict"]["fault"]["pc"]])
    text = c.run("disasm", current[0]["pc"], c.core, c.exe).out
    contains(text, "main.nilFieldNested", "nil.go:100", f"=> {current[0]['pc']}")


def test_memory_shows_bytes_and_what_is_missing(c):
    addr = document(c, "printed", "print", "main.two", c.core, c.exe)["value"]["address"]
    found = document(c, "memory_dump", "memory", addr, "-n", "8", c.core, c.exe)
    equal(found["rows"], [{"address": addr, "bytes": "0200000000000000", "state": "ok"}])
    found = document(c, "memory_dump", "memory", "0x10", c.core, c.exe)
    equal({(r["bytes"], r["state"]) for r in found["rows"]}, {("", "unmapped")})
    assert "02 00" not in c.run("memory", "--redact", addr, c.core, c.exe).out


def test_threads_are_those_of_the_core(c):
    done = c.run("threads", "--format", "json", c.core, c.exe)
    equal(done.returncode, 0)
    threads = json.loads(done.out)["threads"]
    equal(len([t for t in threads if t["tid"] is not None]), report(c)["core"]["threads"])


# --- terminals and streams -----------------------------------------------------------------------


def test_colour_only_on_a_terminal(c):
    files = [c.core, c.exe]
    assert ESCAPE not in c.run("analyze", *files).out
    contains(c.run("analyze", "--color", "always", *files).out, ESCAPE)
    contains(c.terminal("analyze", *files), ESCAPE)
    assert ESCAPE not in c.terminal("analyze", "--color", "never", *files)
    assert ESCAPE not in c.terminal("analyze", *files, env={"NO_COLOR": "1"})
    assert ESCAPE not in c.terminal("analyze", *files, env={"TERM": "dumb"})
    contains(c.terminal("analyze", "--color", "always", *files, env={"NO_COLOR": "1"}), ESCAPE)


def test_colour_changes_nothing_but_colour(c):
    plain = c.run("analyze", c.core, c.exe).out
    colour = c.run("analyze", "--color", "always", c.core, c.exe).out
    equal(re.sub(r"\x1b\[[0-9;]*m", "", colour), plain)


def widest(text):
    return max(len(line) for line in text.split("\n"))


def test_text_is_80_columns_wide_where_there_is_no_terminal(c):
    assert 60 < widest(c.run("analyze", c.core, c.exe).out) <= 80


def test_text_is_as_wide_as_the_terminal(c):
    for columns in (50, 80, 160):
        text = c.terminal("analyze", "--color", "never", c.core, c.exe, columns=columns)
        assert widest(text) <= columns, f"{widest(text)} columns on a terminal of {columns}"
    wide = c.run("analyze", c.core, c.exe, env={"COLUMNS": "160"}).out
    assert 80 < widest(wide) <= 160, widest(wide)


def test_absurd_widths_are_borne(c):
    for columns in ("0", "1", "-5", "99999999999999999999", "x"):
        equal(c.run("analyze", c.core, c.exe, env={"COLUMNS": columns}).returncode, 0)


def test_a_full_disk_is_an_error(c):
    for arguments in (["analyze"], ["analyze", "--format", "json"], ["goroutines"], ["info"]):
        with open("/dev/full", "wb") as full:
            done = c.run(*arguments, c.core, c.exe, stdout=full)
        equal(done.returncode, 3)
        contains(done.err, "No space left")


def test_a_closed_pipe_is_an_error(c):
    reader, writer = os.pipe()
    os.close(reader)
    done = c.run("goroutines", "--format", "json", c.threads_core, c.threads_exe, stdout=writer)
    os.close(writer)
    equal(done.returncode, 3)


def test_closed_standard_streams_are_borne(c):
    script = f'"{c.gocore}" analyze {c.core} {c.exe}'
    for redirect, code in (("<&-", 0), ("2>&-", 0), (">&-", 3), ("<&- >&- 2>&-", 3)):
        done = subprocess.run(
            ["sh", "-c", f"{script} {redirect}"],
            cwd=c.directory, env=c.environment(), capture_output=True, timeout=60, check=False,
        )
        equal((redirect, done.returncode), (redirect, code))


def test_help_to_a_full_disk_is_an_error(c):
    with open("/dev/full", "wb") as full:
        equal(c.run("--help", stdout=full).returncode, 3)


def test_file_names_cannot_write_to_the_terminal(c):
    done = c.run("analyze", "no\x1b[2Jwhere\n")
    equal(done.returncode, 3)
    assert "\x1b" not in done.err, done.err
    done = c.run("an\x1b[2J", "x")
    assert "\x1b" not in done.err, done.err


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("gocore", metavar="GOCORE")
    options = parser.parse_args()
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_") and callable(f)]
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="gocore-cli.") as directory:
        context = Context(os.path.abspath(options.gocore), directory)
        for name, function in tests:
            if not fnmatch.fnmatch(name, options.only):
                continue
            try:
                function(context)
                passed += 1
            except Exception as error:  # pylint: disable=broad-except
                failed += 1
                print(f"FAIL {name}: {type(error).__name__}: {str(error)[:900]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
