#!/usr/bin/env python3
"""Holds JSON of gocore against docs/report.schema.json.

usage: validate.py [--kind KIND] FILE...

KIND is a definition of the schema (report, info, goroutine_list, goroutine_groups,
thread_list, goroutine, failure); without it any of them fits. Readers must bear
keys that the schema does not know; gocore itself must not write such: here they
are errors. Also checks that the schema has the classes and kinds of
analyzer/kinds.def.
"""

import argparse
import functools
import json
import os
import re
import sys

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMA = os.path.join(ROOT, "docs", "report.schema.json")


def load_schema():
    with open(SCHEMA, encoding="utf-8") as file:
        return json.load(file)


def strict(node):
    """The schema with keys forbidden that it does not name."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: strict(value) for key, value in node.items()}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


def look(value):
    """What the schema can say of a value: values that look alike are all right or all wrong."""
    if isinstance(value, str):
        if re.fullmatch("0x[0-9a-f]+", value):
            return "address"
        return value if value.isalpha() else "text"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return type(value), (value > 0) - (value < 0)
    if isinstance(value, dict):
        return tuple((key, look(item)) for key, item in value.items())
    if isinstance(value, list):
        return frozenset(look(item) for item in value)
    return value


def thinned(value):
    """The document with one item of each look in its lists: there are thousands of frames."""
    if isinstance(value, dict):
        return {name: thinned(item) for name, item in value.items()}
    if isinstance(value, list):
        return [thinned(item) for item in {look(item): item for item in value}.values()]
    return value


@functools.lru_cache(maxsize=None)
def validator(kind=None):
    schema = strict(load_schema())
    if kind is not None:
        schema = {**schema, "$ref": f"#/definitions/{kind}"}
        del schema["anyOf"]
    return jsonschema.Draft7Validator(schema)


def complaints(document, checker, most=3):
    """What is wrong with a document, as lines."""
    errors = sorted(checker.iter_errors(thinned(document)), key=lambda error: list(map(str, error.path)))
    for error in errors[:most]:
        where = "/".join(str(part) for part in error.absolute_path) or "(top)"
        yield f"{where}: {error.message[:300]}"
    if len(errors) > most:
        yield f"and {len(errors) - most} more"


def words_of_code():
    """{class: [kinds]} of analyzer/kinds.def."""
    with open(os.path.join(ROOT, "analyzer", "kinds.def"), encoding="utf-8") as file:
        text = file.read()
    names = dict(re.findall(r'^CLASS\((\w+), "([^"]+)"\)', text, re.M))
    words = {name: [] for name in names.values()}
    for name, kind in re.findall(r'^KIND\((\w+), "([^"]+)"\)', text, re.M):
        words[names[name]].append(kind)
    return words


def words_of_schema(definition):
    words = {}
    for rule in definition["allOf"]:
        kind = rule["then"]["properties"]["kind"]
        words[rule["if"]["properties"]["class"]["const"]] = kind.get("enum", [])
    return words


def word_complaints():
    """Where the schema's classes and kinds differ from the code's."""
    definitions = load_schema()["definitions"]
    code = words_of_code()
    if definitions["class"]["enum"] != list(code):
        yield "the schema's classes are not those of analyzer/kinds.def"
    for name in ("verdict", "finding"):
        schema = words_of_schema(definitions[name])
        for word in sorted(set(code) | set(schema)):
            if schema.get(word) != code.get(word):
                yield f"{name}: {word} has kinds {schema.get(word)}, the code {code.get(word)}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind")
    parser.add_argument("files", nargs="*", metavar="FILE")
    options = parser.parse_args()
    checker = validator(options.kind)
    found = list(word_complaints())
    for path in options.files:
        with open(path, encoding="utf-8") as file:
            found += [f"{path}: {text}" for text in complaints(json.load(file), checker)]
    for text in found:
        print(text)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
