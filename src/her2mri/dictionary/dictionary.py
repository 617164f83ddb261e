"""The data dictionary, read from its TOML file: the source of validation, templates, forms and labels."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from her2mri.dictionary.rules import CutRule, Exclusion, Rule, TableRow, TableRule, tuple_of
from her2mri.dictionary.subgroup import Subgroup
from her2mri.dictionary.task import Task
from her2mri.dictionary.variable import Level, UnitSlip, Variable


@dataclass(frozen=True)
class DataDictionary:
    """Everything that is particular to one clinical question; the rest of the package knows none of it.

    ``caution`` says what a prediction does not replace, ``labelling`` how outcomes are labelled; ``{rule}`` in
    it stands for the version of the label rule. The first of ``label_rules`` is the default.
    """

    name: str
    version: str
    title: str
    groups: dict[str, str]
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    label_rules: tuple[TableRule, ...]
    exclusions: tuple[Exclusion, ...]
    tasks: tuple[Task, ...]
    sha256: str
    caution: str = ""
    labelling: str = ""
    subgroups: tuple[Subgroup, ...] = ()

    def __contains__(self, name: object) -> bool:
        return any(variable.name == name for variable in self.variables)

    def __getitem__(self, name: str) -> Variable:
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise KeyError(f"the {self.name} dictionary has no variable {name!r}")

    def with_role(self, *roles: str) -> Iterator[Variable]:
        """The variables that play one of these roles, in the order of the dictionary."""
        return (variable for variable in self.variables if variable.role in roles)

    def task(self, name: str) -> Task:
        """The task of that name; KeyError names those there are."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise KeyError(f"no task {name!r}: {', '.join(task.name for task in self.tasks)}")

    def label_rule(self, version: str | None = None) -> TableRule:
        """The rule of that version (None: the first) that gives a lesion its outcome.

        KeyError names the versions there are.
        """
        for rule in self.label_rules:
            if version in (None, rule.version):
                return rule
        raise KeyError(f"no label rule {version!r}: {', '.join(rule.version for rule in self.label_rules)}")


@cache
def load_dictionary(name: str = "her2") -> DataDictionary:
    """A dictionary that ships with the package.

    >>> load_dictionary()["adc"].unit
    '×10⁻³ mm²/s'
    """
    return parse_dictionary(resources.files("her2mri.dictionary").joinpath(f"{name}.toml").read_bytes())


def parse_dictionary(content: bytes) -> DataDictionary:
    """The dictionary that a TOML file describes; ValueError where it contradicts itself."""
    data = tomllib.loads(content.decode("utf-8"))
    dictionary = DataDictionary(
        name=data["name"],
        version=data["version"],
        title=data["title"],
        groups=data["groups"],
        variables=tuple(_variable(entry) for entry in data["variables"]),
        rules=tuple(_rule(entry) for entry in data["rules"]),
        label_rules=tuple(rule for entry in data["label_rules"] for rule in _label_rules(entry)),
        exclusions=tuple(_exclusion(entry) for entry in data["exclusions"]),
        tasks=tuple(_task(entry) for entry in data["tasks"]),
        sha256=hashlib.sha256(content).hexdigest(),
        caution=data["caution"],
        labelling=data["labelling"],
        subgroups=tuple(_subgroup(entry) for entry in data.get("subgroups", ())),
    )
    _check(dictionary)
    return dictionary


def _variable(entry: dict[str, Any]) -> Variable:
    plain = {key: entry[key] for key in entry if key not in {"levels", "bounds", "typical", "unit_slips"}}
    return Variable(
        **plain,
        levels=tuple(
            Level(
                value=level["value"],
                label=level.get("label", level["value"]),
                aliases=tuple_of(level.get("aliases", ())),
                covers=tuple_of(level.get("covers", ())),
            )
            for level in entry.get("levels", ())
        ),
        bounds=_range(entry.get("bounds")),
        typical=_range(entry.get("typical")),
        unit_slips=tuple(UnitSlip(**slip) for slip in entry.get("unit_slips", ())),
    )


def _range(pair: list[float] | None) -> tuple[float, float] | None:
    return None if pair is None else (float(pair[0]), float(pair[1]))


def _rule(entry: dict[str, Any]) -> Rule:
    return _cut_rule(entry) if "cuts" in entry else _table_rule(entry)


def _cut_rule(entry: dict[str, Any]) -> CutRule:
    tuples: dict[str, Any] = {key: tuple(entry[key]) for key in ("inputs", "cuts", "levels")}
    return CutRule(**{**entry, **tuples})


def _table_rule(entry: dict[str, Any]) -> TableRule:
    rows = tuple(
        TableRow(
            when=tuple((name, tuple_of(allowed)) for name, allowed in row["when"].items()),
            then=row.get("then"),
            contradiction=row.get("contradiction", ""),
        )
        for row in entry["rows"]
    )
    return TableRule(**{**entry, "inputs": tuple(entry["inputs"]), "rows": rows})


def _label_rules(entry: dict[str, Any]) -> Iterator[TableRule]:
    """One rule for each version of the guideline that reads the same table."""
    table = {key: value for key, value in entry.items() if key != "versions"}
    return (_table_rule({**table, "version": version}) for version in entry["versions"])


def _exclusion(entry: dict[str, Any]) -> Exclusion:
    lists: dict[str, Any] = {
        key: tuple_of(entry[key]) for key in ("equals", "missing_in", "within") if key in entry
    }
    return Exclusion(**{**entry, **lists})


def _task(entry: dict[str, Any]) -> Task:
    lists: dict[str, Any] = {
        key: tuple_of(entry[key]) for key in ("positive", "negative", "published") if key in entry
    }
    decided = {"decision_range": _range(entry["decision_range"])} if "decision_range" in entry else {}
    return Task(**{**entry, **lists, **decided})


def _subgroup(entry: dict[str, Any]) -> Subgroup:
    lists: dict[str, Any] = {key: tuple(entry[key]) for key in ("cuts", "labels") if key in entry}
    return Subgroup(**{**entry, **lists})


def _check(dictionary: DataDictionary) -> None:
    """A rule, exclusion or task may only speak of variables and levels that exist."""
    names = [variable.name for variable in dictionary.variables]
    if len(set(names)) != len(names):
        raise ValueError("a variable is defined twice")
    used = {
        name for rule in (*dictionary.rules, *dictionary.label_rules) for name in (rule.target, *rule.inputs)
    }
    used |= {name for task in dictionary.tasks for name in (task.outcome, *task.published)}
    used |= {
        name
        for exclusion in dictionary.exclusions
        for name in (exclusion.variable, *exclusion.within)
        if name
    }
    used |= {subgroup.variable for subgroup in dictionary.subgroups}
    if unknown := used - set(names):
        raise ValueError(f"not variables of the dictionary: {', '.join(sorted(unknown))}")
    for variable in dictionary.variables:
        if variable.group not in dictionary.groups:
            raise ValueError(f"{variable.name}: no group {variable.group!r}")
    for subgroup in dictionary.subgroups:
        if subgroup.cuts and len(subgroup.labels) != len(subgroup.cuts) + 1:
            raise ValueError(f"subgroup {subgroup.variable}: a label for each band between the cuts")
    for task in dictionary.tasks:
        if missing := set(task.eligible) - set(dictionary[task.outcome].values):
            raise ValueError(f"task {task.name}: not levels of {task.outcome}: {', '.join(sorted(missing))}")
