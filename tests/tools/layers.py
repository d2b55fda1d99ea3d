#!/usr/bin/env python3
"""Holds the includes of the sources against the layers of docs/ARCHITECTURE.md.

usage: layers.py

An include points down, never up, is written with its layer, and an external library is
included by one layer only.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAYERS = ["base", "formats", "goruntime", "analyzer", "cli"]
LIBRARIES = {
    r"^(libelf|gelf|elfutils/|dwarf\.h)": "formats",
    r"^capstone/": "formats",
    r"^jansson\.h": "cli",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def complaints(layer, path):
    below = LAYERS[: LAYERS.index(layer) + 1]
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            where = f"{os.path.relpath(path, ROOT)}:{number}"
            name = found.group(2)
            if found.group(1) == '"' and name.split("/")[0] not in below:
                yield f"{where}: {layer} must not include {name}"
            for pattern, owner in LIBRARIES.items():
                if re.match(pattern, name) and owner != layer:
                    yield f"{where}: {name} belongs to {owner}"
            if name.endswith("/private.h") and not name.startswith(layer + "/"):
                yield f"{where}: {name} is for its own layer"


def main():
    found = []
    files = 0
    for layer in LAYERS:
        for name in sorted(os.listdir(os.path.join(ROOT, layer))):
            if name.endswith((".c", ".h", ".def")):
                files += 1
                found += complaints(layer, os.path.join(ROOT, layer, name))
    for text in found:
        print(text)
    print(f"{files} files, {len(found)} wrong includes")
    return 1 if found or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
