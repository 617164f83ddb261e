"""What follows from what: gaps filled by the dictionary's rules, contradictions listed, nothing overwritten."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from her2mri.cohort.cohort import Caveat
from her2mri.dictionary import CutRule, DataDictionary, Derived, TableRule, Variable
from her2mri.dictionary.rules import Rule, is_missing

Caveats = list[Caveat]


def derive(
    frame: pd.DataFrame, places: pd.DataFrame, dictionary: DataDictionary, *, label_rule: str
) -> tuple[pd.DataFrame, tuple[Caveat, ...]]:
    """The frame with its outcome and derived variables, and what was contradictory or could not be labelled.

    A given value is kept; a rule fills what is missing, and makes a given value more exact where that value
    covers the derived one. ``places`` has the table (``where``) and the row of each lesion.
    """
    label = dictionary.label_rule(label_rule)
    frame = frame.copy()
    caveats: Caveats = []
    for rule in (label, *dictionary.rules):
        values, found = apply_rule(frame, places, rule, dictionary)
        if values.notna().any() or rule is label:
            frame[rule.target] = values
        caveats += found
    caveats += _not_labelled(frame, places, label, dictionary)
    order = [variable.name for variable in dictionary.variables if variable.name in frame]
    return frame[order], tuple(caveats)


def apply_rule(
    frame: pd.DataFrame, places: pd.DataFrame, rule: Rule, dictionary: DataDictionary
) -> tuple[pd.Series[str], Caveats]:
    """The target of one rule for every lesion, and a caveat for each contradiction."""
    target = dictionary[rule.target]
    given = frame[rule.target] if rule.target in frame else pd.Series(None, index=frame.index, dtype="str")
    inputs = frame.reindex(columns=list(rule.inputs)).astype(object)
    derived_of: dict[tuple[object, ...], Derived] = {}
    values: list[object] = []
    caveats: Caveats = []
    rows = zip(given, inputs.itertuples(index=False, name=None), strict=True)
    for position, (value, lesion) in enumerate(rows):
        # A missing input is missing under any name: NaN would not be found again as a key.
        key = tuple(None if is_missing(item) else item for item in lesion)
        if key not in derived_of:
            derived_of[key] = rule.apply(dict(zip(rule.inputs, key, strict=True)))
        derived = derived_of[key]
        if derived.contradiction:
            caveats.append(_contradiction(derived.contradiction, places, position, target, key, rule))
        if not is_missing(value) and _contradicts(str(value), derived, target, rule):
            message = _disagreement(str(value), str(derived.value), target, rule, dictionary)
            caveats.append(_contradiction(message, places, position, target, key, rule))
        values.append(_settled(value, derived, target, rule))
    return pd.Series(values, index=frame.index, dtype="str"), caveats


def _settled(given: object, derived: Derived, target: Variable, rule: Rule) -> object:
    """The given value, or the derived one where nothing or something less exact is given."""
    if not rule.fills or derived.value is None:
        return given
    if is_missing(given) or derived.value in _covered(str(given), target):
        return derived.value
    return given


def _contradicts(given: str, derived: Derived, target: Variable, rule: Rule) -> bool:
    """Whether given and derived value exclude each other; a value that the rule never gives says nothing."""
    if derived.value is None or given == derived.value:
        return False
    covered = _covered(given, target)
    return derived.value not in covered if covered else given in _possible(rule)


def _covered(value: str, target: Variable) -> tuple[str, ...]:
    return next((level.covers for level in target.levels if level.value == value), ())


def _possible(rule: Rule) -> set[str | None]:
    return set(rule.levels) if isinstance(rule, CutRule) else {row.then for row in rule.rows}


def _disagreement(given: str, derived: str, target: Variable, rule: Rule, dictionary: DataDictionary) -> str:
    sources = " and ".join(dictionary[name].label for name in rule.inputs)
    return (
        f"{target.label} is given as {target.label_of(given)}, but by {sources} it would be "
        f"{target.label_of(derived)}; the given value is kept"
    )


def _contradiction(
    message: str, places: pd.DataFrame, position: int, target: Variable, key: tuple[object, ...], rule: Rule
) -> Caveat:
    sources = ", ".join(
        f"{name} {item:g}" if isinstance(item, float) else f"{name} {item}"
        for name, item in zip(rule.inputs, key, strict=True)
        if item is not None
    )
    return _caveat_at("contradiction", message, places, position, target.name, sources)


def _not_labelled(
    frame: pd.DataFrame, places: pd.DataFrame, rule: TableRule, dictionary: DataDictionary
) -> Iterator[Caveat]:
    """The lesions whose outcome cannot be said, each with what is known; one caveat if no lesion has any."""
    outcome = dictionary[rule.target]
    unlabelled = frame[rule.target].isna()
    if unlabelled.all():
        message = f"{outcome.label} is not known of any lesion"
        yield Caveat("no_outcome", message, column=outcome.name)
        return
    for position, is_unlabelled in enumerate(unlabelled):
        if is_unlabelled:
            known = []
            for name in rule.inputs:
                value = frame[name].iloc[position] if name in frame else None
                said = "not given" if is_missing(value) else dictionary[name].label_of(str(value))
                known.append(f"{dictionary[name].label} {said}")
            message = f"{outcome.label} cannot be said: {', '.join(known)}"
            yield _caveat_at("not_labelled", message, places, position, outcome.name, "")


def _caveat_at(
    code: str, message: str, places: pd.DataFrame, position: int, column: str, value: str
) -> Caveat:
    row, where = int(places["row"].iloc[position]), str(places["where"].iloc[position])
    return Caveat(code, message, row=row, column=column, value=value, where=where)
