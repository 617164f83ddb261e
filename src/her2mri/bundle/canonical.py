"""Canonical JSON: one content, one text, one hash."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, Final

from her2mri.errors import BundleError, Fault

LARGEST_FILE: Final = 20_000_000
"""Bytes; a bundle without patients has some tens of thousands."""


def canonical(content: object) -> str:
    """Keys sorted, no spaces, numbers in their shortest exact form.

    Raises ValueError for NaN and infinities.

    >>> canonical({"b": 0.5, "a": [1, "é"]})
    '{"a":[1,"é"],"b":0.5}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form of everything but ``sha256`` itself."""
    rest = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(canonical(rest).encode("utf-8")).hexdigest()


def strict_object(text: bytes) -> dict[str, Any]:
    """The one JSON object that the bytes hold; ValueError for anything else, also NaN and keys that repeat."""
    try:
        content = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_float=_finite,
            parse_constant=_finite,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("the file does not hold one JSON object")
    return content


def parse(text: bytes, *, where: str) -> dict[str, Any]:
    """The object that the bytes describe; BundleError where they are not one JSON object of sane size."""
    if len(text) > LARGEST_FILE:
        raise refusal(where, f"larger than {LARGEST_FILE} bytes, so it is not a bundle")
    try:
        return strict_object(text)
    except ValueError as error:
        raise refusal(where, f"not readable as a bundle: {error}") from error


def refusal(where: str, problem: str, *, remedy: str = "") -> BundleError:
    """The error of one problem with a bundle."""
    return BundleError([Fault(where, problem, remedy=remedy)])


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value
