"""The published JSON Schema of a bundle, and the part of JSON Schema that it needs to be checked by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Final

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
MOST_PROBLEMS: Final = 20


@cache
def bundle_schema() -> dict[str, Any]:
    """The schema that ships as ``bundle/schema.json``."""
    text = resources.files("her2mri.bundle").joinpath("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def problems(content: object, schema: dict[str, Any] | None = None) -> list[str]:
    """What the schema finds wrong, with the place of each; at most MOST_PROBLEMS.

    Knows type, const, enum, minimum, maximum, minLength, maxLength, minItems, maxItems, items, properties,
    required, additionalProperties, oneOf and $ref into $defs: the words that the schema of bundles uses.

    >>> problems({"a": "x"}, {"type": "object", "properties": {"a": {"type": "number"}}})
    ['a: must be number']
    """
    root = bundle_schema() if schema is None else schema
    found = []
    for problem in _check(content, root, root, ""):
        found.append(problem)
        if len(found) == MOST_PROBLEMS:
            break
    return found


def _check(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _check(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, at)
        return
    if "oneOf" in schema:
        yield from _one_of(value, schema["oneOf"], root, at)
        return
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{at or 'bundle'}: must be {schema['const']!r}"
        return
    if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
        yield f"{at or 'bundle'}: must be one of {', '.join(map(str, schema['enum']))}"
        return
    if "type" in schema:
        names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        if not any(_is(value, name) for name in names):
            yield f"{at or 'bundle'}: must be {' or '.join(names)}"
            return
    if isinstance(value, dict):
        yield from _object(value, schema, root, at)
    elif isinstance(value, list):
        yield from _size(len(value), schema, "Items", "entries", at)
        if "items" in schema:
            for index, entry in enumerate(value):
                yield from _check(entry, schema["items"], root, f"{at}[{index}]")
    elif isinstance(value, str):
        yield from _size(len(value), schema, "Length", "characters", at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            yield f"{at}: must be at least {schema['minimum']}"
        if value > schema.get("maximum", value):
            yield f"{at}: must be at most {schema['maximum']}"


def _object(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    other = schema.get("additionalProperties", True)
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}.{name}".lstrip(".") + ": is missing"
    for name, entry in value.items():
        place = f"{at}.{name}".lstrip(".")
        if name in known:
            yield from _check(entry, known[name], root, place)
        elif other is False:
            yield f"{place}: is not known"
        elif isinstance(other, dict):
            yield from _check(entry, other, root, place)


def _one_of(value: Any, branches: list[dict[str, Any]], root: dict[str, Any], at: str) -> Iterator[str]:
    """The problems of the branch that comes nearest, if none fits."""
    found = [list(_check(value, branch, root, at)) for branch in branches]
    if not any(not problems for problems in found):
        yield from min(found, key=len)


def _size(size: int, schema: dict[str, Any], word: str, unit: str, at: str) -> Iterator[str]:
    if size < schema.get(f"min{word}", 0):
        yield f"{at}: must have at least {schema[f'min{word}']} {unit}"
    if size > schema.get(f"max{word}", size):
        yield f"{at}: must have at most {schema[f'max{word}']} {unit}"


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and value == other
