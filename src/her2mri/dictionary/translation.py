"""What people read in another language: a file beside the dictionary, which stays as it is."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Final

Words = dict[str, dict[str, str | dict[str, str]]]
PARTS: Final = (
    "groups", "units", "variables", "levels", "descriptions", "exclusions", "tasks", "sentences",
)  # fmt: skip
"""What a translation may speak of, each by the names of the dictionary; ``units`` and ``sentences`` by the
English text itself. What it leaves out is read in English."""


@cache
def translation(name: str, language: str) -> Words:
    """The words of the dictionary ``name`` in ``language`` (ISO 639); empty parts where there is no such file.

    >>> translation("her2", "zh")["variables"]["age"]
    '年龄'
    >>> translation("her2", "xx")["variables"]
    {}
    """
    file = resources.files("her2mri.dictionary").joinpath(f"{name}.{language}.toml")
    found = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if unknown := set(found) - set(PARTS):
        raise ValueError(f"{name}.{language}: not parts of a translation: {', '.join(sorted(unknown))}")
    return {part: found.get(part, {}) for part in PARTS}
