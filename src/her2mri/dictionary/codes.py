"""By which codes other systems name what the dictionary names: a file beside it, which stays as it is."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

from her2mri.dictionary.dictionary import DataDictionary, load_dictionary
from her2mri.dictionary.variable import Variable


@dataclass(frozen=True)
class Code:
    """A code of a code system, known by its URI, with what the system calls it."""

    system: str
    code: str
    display: str


@dataclass(frozen=True)
class Codes:
    """The codes of one dictionary.

    ``system`` is the URI of the code system of our own, in which every variable and level has a code;
    ``interval`` the URI of the extension that holds an interval. ``standard`` and ``standard_levels`` are codes
    of other systems that mean the same. ``units`` are UCUM codes by the dictionary's spelling,
    ``unit_spellings`` the same by other UCUM spellings.
    """

    dictionary: DataDictionary
    system: str
    interval: str
    ucum: str
    standard: dict[str, tuple[Code, ...]]
    standard_levels: dict[tuple[str, str], tuple[Code, ...]]
    units: dict[str, str]
    unit_spellings: dict[str, str]

    def of(self, variable: Variable) -> tuple[Code, ...]:
        """Every code of a variable, our own first."""
        return (Code(self.system, variable.name, variable.label), *self.standard.get(variable.name, ()))

    def of_level(self, variable: Variable, value: str) -> tuple[Code, ...]:
        """Every code of a level, our own first."""
        own = Code(self.system, f"{variable.name}.{value}", variable.label_of(value))
        return (own, *self.standard_levels.get((variable.name, value), ()))

    @cached_property
    def variables(self) -> dict[tuple[str, str], Variable]:
        """The variable that a system and a code name; identifiers and dates have none, being no findings."""
        return {
            (code.system, code.code): variable
            for variable in self.dictionary.variables
            if variable.kind not in {"identifier", "date"}
            for code in self.of(variable)
        }

    def level(self, variable: Variable, system: str, code: str) -> str | None:
        """The level of a variable that a system and a code name; None where they name none."""
        for value in variable.values:
            if any((known.system, known.code) == (system, code) for known in self.of_level(variable, value)):
                return value
        return None


@cache
def load_codes(name: str = "her2") -> Codes:
    """The codes of a dictionary that ships with the package.

    >>> [code.code for code in load_codes().of(load_dictionary()["er_status"])]
    ['er_status', '85337-4']
    """
    dictionary = load_dictionary(name)
    file = resources.files("her2mri.dictionary").joinpath(f"{name}.codes.toml")
    return parse_codes(file.read_text(encoding="utf-8"), dictionary)


def parse_codes(text: str, dictionary: DataDictionary) -> Codes:
    """The codes that a TOML file gives for a dictionary; ValueError where it speaks of what is not in it."""
    data = tomllib.loads(text)
    standard = {name: _codes(data, entries) for name, entries in data["variables"].items()}
    levels = {
        (name, value): _codes(data, entries)
        for name, by_value in data["levels"].items()
        for value, entries in by_value.items()
    }
    unknown = [name for name in standard if name not in dictionary]
    unknown += [
        f"{name}.{value}"
        for name, value in levels
        if name not in dictionary or value not in dictionary[name].values
    ]
    spoken = {variable.unit for variable in dictionary.variables if variable.kind == "continuous"}
    spoken |= {slip.unit for variable in dictionary.variables for slip in variable.unit_slips}
    unknown += [f"unit {unit!r} without UCUM" for unit in sorted(spoken - set(data["units"]))]
    if unknown:
        raise ValueError(f"codes do not fit the {dictionary.name} dictionary: {', '.join(unknown)}")
    return Codes(
        dictionary,
        data["system"],
        data["interval"],
        data["systems"]["UCUM"],
        standard,
        levels,
        data["units"],
        data["unit_spellings"],
    )


def _codes(data: dict[str, Any], entries: list[list[str]]) -> tuple[Code, ...]:
    return tuple(Code(data["systems"][system], code, display) for system, code, display in entries)
