#!/usr/bin/env python3
"""Holds the layers: an include points down, and a library is included by its layer alone.

Ends with "N passed, N failed"; each source file is one check.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LAYERS = ["base", "formats", "goruntime", "analyzer", "cli"]
LIBRARIES = {  # header prefix: the layer that owns the library, or layers
    "libelf.h": "formats",
    "gelf.h": "formats",
    "dwarf.h": "formats",
    "elfutils/": "formats",
    "capstone/": "formats",
    "archive": "formats",
    "jansson.h": "cli",
    "protobuf-c": "cli",
    "zlib.h": "formats cli",
}


def faults(layer, path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            own = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if own:
                target = own[1].split("/")[0]
                if "/" not in own[1]:
                    yield f"{number}: {own[1]} is included without its layer"
                elif target not in LAYERS or LAYERS.index(target) > LAYERS.index(layer):
                    yield f"{number}: {layer} includes {own[1]}, which lies above it"
            library = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
            for prefix, owner in LIBRARIES.items():
                if library and library[1].startswith(prefix) and layer not in owner.split():
                    yield f"{number}: <{library[1]}> belongs to {owner}"


def main():
    passed = failed = 0
    for layer in LAYERS:
        for name in sorted(os.listdir(os.path.join(ROOT, layer))):
            if not name.endswith((".c", ".h", ".def")):
                continue
            found = list(faults(layer, os.path.join(ROOT, layer, name)))
            passed, failed = passed + (not found), failed + bool(found)
            for text in found:
                print(f"{layer}/{name}:{text}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
