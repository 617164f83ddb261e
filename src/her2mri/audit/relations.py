"""Counts of a derived variable against the counts of its parts.

Two kinds of knowledge: rules of the dictionary (one variable follows from others), and relations that the user
gives (who has this level has one of those levels). From counts alone follow the sharp bounds of Fréchet and, for
relations, Hall's condition: lesions with certain levels cannot outnumber those with the levels these imply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from her2mri.audit.columns import Block, cell_finding
from her2mri.audit.finding import IMPOSSIBLE, UNLIKELY, Finding
from her2mri.audit.printed import Printed
from her2mri.audit.tables import Relation
from her2mri.dictionary import CutRule, DataDictionary, TableRule

MOST_LEVELS = 8


def check_relations(
    parts: Sequence[Block], relations: Sequence[Relation], dictionary: DataDictionary
) -> list[Finding]:
    """Every count that the counts of other variables of the same group rule out."""
    tables: dict[tuple[str, str], dict[str, Block]] = {}
    for block in parts:
        tables.setdefault((block.table, block.set), {})[block.variable] = block
    findings: list[Finding] = []
    for variables in tables.values():
        for rule in dictionary.rules:
            if rule.target not in variables:
                continue
            for group in variables[rule.target].groups:
                if isinstance(rule, TableRule):
                    findings += _derived(rule, variables, group, dictionary)
                else:
                    findings += _cut(rule, variables, group, dictionary)
        for variable, other in dict.fromkeys((each.variable, each.other_variable) for each in relations):
            chosen = [r for r in relations if (r.variable, r.other_variable) == (variable, other)]
            if variable in variables and other in variables:
                for group in variables[variable].groups:
                    findings += _implied(variables[variable], variables[other], group, chosen)
    return findings


def _stored(block: Block, group: str, dictionary: DataDictionary) -> dict[str, int] | None:
    """The counts of one group by the values of the dictionary; None where they are not complete."""
    if block.variable not in dictionary or group not in block.groups:
        return None
    spellings = dictionary[block.variable].spellings()
    counts = block.group_counts(group)
    stored = {spellings.get(level.strip().casefold(), ""): count for level, count in counts.items()}
    n = block.sizes()[group]
    complete = len(stored) == len(counts) and "" not in stored and sum(stored.values()) == n
    return stored if complete else None


def _inputs(
    rule: TableRule, variables: Mapping[str, Block], group: str, dictionary: DataDictionary
) -> dict[str, dict[str, int]] | None:
    """Counts of each input of a rule in a group; the group itself may tell an input, such as the outcome."""
    found = {}
    size = next(iter(variables.values())).sizes().get(group) or 0
    for name in rule.inputs:
        stored = _stored(variables[name], group, dictionary) if name in variables else None
        if stored is None and name in dictionary:
            told = dictionary[name].spellings().get(group.strip().casefold())
            stored = {told: size} if told else None
        if stored is None:
            return None
        found[name] = stored
    return found


def _derived(
    rule: TableRule, variables: Mapping[str, Block], group: str, dictionary: DataDictionary
) -> Iterator[Finding]:
    block = variables[rule.target]
    inputs = _inputs(rule, variables, group, dictionary)
    counts, n = block.group_counts(group), block.sizes()[group]
    if inputs is None or n is None:
        return
    spellings = dictionary[rule.target].spellings()
    lesions = list(product(*inputs.values()))
    outcome = {lesion: rule.apply(dict(zip(rule.inputs, lesion, strict=True))).value for lesion in lesions}
    for level, count in counts.items():
        target = spellings.get(level.strip().casefold())
        inside = {lesion for lesion in lesions if outcome[lesion] == target}
        outside = set(lesions) - inside
        most, because = _at_most(inside, inputs, n)
        rest, why_rest = _at_most(outside, inputs, n)
        if count > most:
            why = f"at most {most} can be {level}: it needs {because}"
        elif count < n - rest:
            why = f"at least {n - rest} must be {level}: at most {rest} can be something else, which needs {why_rest}"
        else:
            continue
        bound = f"{n - rest} to {most}" if n - rest != most else str(most)
        yield cell_finding(block, group, level, "count", str(count), bound, IMPOSSIBLE, why, "derived")


def _at_most(
    lesions: set[tuple[str, ...]], inputs: Mapping[str, Mapping[str, int]], n: int
) -> tuple[int, str]:
    """The most lesions that can be of these kinds, and why: by one input, or by several added up."""
    if not lesions:
        return 0, "what nobody has"
    best, because = n, "anything"
    for at, (name, counts) in enumerate(inputs.items()):
        levels = {lesion[at] for lesion in lesions}
        total = sum(counts[level] for level in levels)
        if total < best:
            best, because = total, f"{name} {' or '.join(sorted(levels))}, which {total} have"
    cover = _cover(lesions, inputs)
    if cover is not None and cover[0] < best:
        best, because = cover
    return best, because


def _cover(lesions: set[tuple[str, ...]], inputs: Mapping[str, Mapping[str, int]]) -> tuple[int, str] | None:
    """The fewest lesions, added over levels of several inputs, that take in all of these kinds."""
    choices = [
        (at, level, count) for at, (_, counts) in enumerate(inputs.items()) for level, count in counts.items()
    ]
    names = list(inputs)
    best: tuple[int, str] | None = None
    for size in (2, 3):
        for chosen in combinations(choices, size):
            if all(any(lesion[at] == level for at, level, _ in chosen) for lesion in lesions):
                total = sum(count for _, _, count in chosen)
                if best is None or total < best[0]:
                    text = " or ".join(f"{names[at]} {level} ({count})" for at, level, count in chosen)
                    best = total, f"{text}, together {total}"
    return best


def _implied(block: Block, other: Block, group: str, relations: Sequence[Relation]) -> Iterator[Finding]:
    """Hall's condition, for every union of the sets of levels that the relations name."""
    if group not in other.groups:
        return
    counts, others = block.group_counts(group), other.group_counts(group)
    n = other.sizes()[group]
    leads = {r.level: frozenset(r.other_levels) for r in relations if r.level in counts}
    if not leads or sum(others.values()) != n:
        return
    worst: tuple[int, tuple[str, ...], frozenset[str]] | None = None
    images = list(dict.fromkeys(leads.values()))[:MOST_LEVELS]
    for size in range(1, len(images) + 1):
        for chosen in combinations(images, size):
            allowed = frozenset().union(*chosen)
            levels = tuple(level for level, image in leads.items() if image <= allowed)
            excess = sum(counts[level] for level in levels) - sum(others.get(level, 0) for level in allowed)
            if excess > 0 and (worst is None or excess > worst[0]):
                worst = excess, levels, allowed
    if worst is None:
        return
    _, levels, allowed = worst
    named = [level for level in others if level in allowed]
    total, most = sum(counts[level] for level in levels), sum(others[level] for level in named)
    why = (
        f"{' + '.join(f'{level} {counts[level]}' for level in levels)} = {total} lesions must be "
        f"{' or '.join(named)} by {other.variable}, and only {' + '.join(str(others[level]) for level in named)} "
        f"= {most} are"
    )
    yield cell_finding(
        block, group, " + ".join(levels), "count", str(total), f"at most {most}", IMPOSSIBLE, why, "relation"
    )


def _cut(
    rule: CutRule, variables: Mapping[str, Block], group: str, dictionary: DataDictionary
) -> Iterator[Finding]:
    """Shares below each cut against the printed quartiles of the one variable that is cut."""
    if len(rule.inputs) != 1 or rule.inputs[0] not in variables:
        return
    block, source = variables[rule.target], variables[rule.inputs[0]]
    counts = _stored(block, group, dictionary)
    cell = source.groups.get(group, {}).get("")
    n = block.sizes()[group]
    if counts is None or cell is None or not n:
        return
    for cut, level in zip(rule.cuts, rule.levels[:-1], strict=True):
        lower = sum(counts.get(name, 0) for name in rule.levels[: rule.levels.index(level) + 1])
        for part, quartile in ((0.25, cell.q1), (0.5, cell.median), (0.75, cell.q3)):
            bound = _beyond(quartile, cut, part, n, lower)
            if quartile is not None and bound:
                why = (
                    f"{lower} of {n} up to {level}, but the {part:.0%} quartile of {source.variable} is "
                    f"{quartile.text}: {bound} are up to {cut:g}; the two may be measured differently"
                )
                yield cell_finding(block, group, level, "count", str(lower), bound, UNLIKELY, why, "cut")


def _beyond(quartile: Printed | None, cut: float, part: float, n: int, lower: int) -> str:
    """How many lesions the quartile lets lie up to the cut, where the count is not among these; else ""."""
    if quartile is None:
        return ""
    # A quantile may be interpolated between two lesions: one lesion of play on either side.
    if float(quartile.low) > cut and lower > part * n + 1:
        return f"at most {int(part * n + 1)}"
    if float(quartile.high) < cut and lower < part * n - 1:
        return f"at least {int(part * n)}"
    return ""
