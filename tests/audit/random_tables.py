"""Random tables computed from random data and then rounded, as rows of text: nothing in them is wrong."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np

from her2mri.audit.confusion import FIGURES, ConfusionRows
from her2mri.audit.formats import CHARACTERISTICS, PERFORMANCE, RELATIONS
from her2mri.audit.reading import TextTable
from her2mri.dictionary import load_dictionary
from her2mri.statistics import benjamini_hochberg, independence_test, wilson

ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN)
QUADRANTS = {
    "left": ("upper_left", "lower_left", "left_central"),
    "right": ("upper_right", "lower_right", "right_central"),
}


def rounded(value: Fraction | float, decimals: int, rounding: str) -> str:
    """A value as a table prints it; fractions are rounded exactly."""
    exact = Fraction(value) if isinstance(value, Fraction) else Fraction(float(value))
    # 28 digits decide every tie of a fraction of two counts.
    number = Decimal(exact.numerator) / Decimal(exact.denominator)
    return f"{number.quantize(Decimal(1).scaleb(-decimals), rounding=rounding):f}"


def random_confusion_rows(rng: np.random.Generator, rows: int, *, largest: int = 900) -> ConfusionRows:
    """Figures of random two-by-two tables, rounded half up or half down, with some figures left out."""
    n1, n0 = rng.integers(1, largest, rows), rng.integers(1, largest, rows)
    tp, tn = rng.integers(0, n1 + 1), rng.integers(0, n0 + 1)
    fp, fn = n0 - tn, n1 - tp
    above = np.stack([tp, tn, tp + tn, tn, tp], axis=1)
    below = np.stack([n1, n0, n1 + n0, tn + fn, tp + fp], axis=1)
    scale = 10 ** rng.integers(1, 5, rows)[:, None]
    up = (2 * above * scale + below) // np.maximum(2 * below, 1)
    down = -((-2 * above * scale + below) // np.maximum(2 * below, 1))
    printed = np.where(rng.random((rows, 1)) < 0.5, up, down) * (10_000 // scale)
    half = 10_000 // scale
    there = (below > 0) & (rng.random(above.shape) < 0.85)
    return ConfusionRows(n1, n0, 2 * printed - half, 2 * printed + half, there, 20_000)


def performance_rows(rng: np.random.Generator, table: str) -> list[dict[str, str]]:
    """A performance table: three sets of their own sizes, up to five models, scores cut at one threshold."""
    decimals, rounding = int(rng.integers(2, 4)), str(rng.choice(ROUNDINGS))
    rows = []
    models = [f"model {number}" for number in range(1, int(rng.integers(2, 6)) + 1)]
    shift = {model: rng.uniform(0, 2) for model in models}
    for name in ("training", "internal_validation", "external_validation"):
        n1, n0 = int(rng.integers(15, 200)), int(rng.integers(15, 300))
        for model in models:
            positive, negative = rng.normal(shift[model], 1, n1), rng.normal(0, 1, n0)
            cut = shift[model] / 2 + rng.normal(0, 0.2)
            tp, fp = int(np.sum(positive >= cut)), int(np.sum(negative >= cut))
            for metric, (k, n) in _metrics(tp, fp, n1, n0).items():
                if n == 0:
                    continue
                low, high = wilson(k, n)
                texts = [rounded(value, decimals, rounding) for value in (Fraction(k, n), low, high)]
                rows.append(_performance_row(table, name, model, metric, texts, n1, n0))
            wins = int(np.sum(np.searchsorted(np.sort(negative), positive)))
            auc = Fraction(wins, n1 * n0)
            half = 1.96 * _delong(positive, negative)
            bounds = [rounded(min(max(float(auc) + s * half, 0), 1), decimals, rounding) for s in (-1, 1)]
            texts = [rounded(auc, decimals, rounding), *bounds]
            rows.append(_performance_row(table, name, model, "auc", texts, n1, n0))
    return rows


def _metrics(tp: int, fp: int, n1: int, n0: int) -> dict[str, tuple[int, int]]:
    tn, fn = n0 - fp, n1 - tp
    counts = ((tp, n1), (tn, n0), (tp + tn, n1 + n0), (tn, tn + fn), (tp, tp + fp))
    return dict(zip(FIGURES, counts, strict=True))


def _delong(positive: np.ndarray, negative: np.ndarray) -> float:
    wins = positive[:, None] > negative[None, :]
    first, second = wins.mean(axis=1), wins.mean(axis=0)
    return float(np.sqrt(first.var(ddof=1) / first.size + second.var(ddof=1) / second.size))


def _performance_row(
    table: str, name: str, model: str, metric: str, texts: list[str], n1: int, n0: int
) -> dict[str, str]:
    values = (table, name, model, metric, *texts, "diseased", "healthy", str(n1), str(n0))
    return dict(zip(PERFORMANCE.names, values, strict=False))


def characteristics_rows(rng: np.random.Generator, number: int) -> list[dict[str, str]]:
    """Two tables of the same lesions: positive against negative, and the negative ones as low against zero.

    Each table has its own split of the first center; the second center is a set of its own.
    """
    n = int(rng.integers(80, 400))
    lesions = _lesions(rng, n)
    decimals, rounding = int(rng.integers(1, 3)), str(rng.choice(ROUNDINGS))
    rows = []
    for table, groups in (
        (f"A{number}", {"HER2-positive": ["positive"], "HER2-negative": ["low", "zero"]}),
        (f"B{number}", {"HER2-low": ["low"], "HER2-zero": ["zero"]}),
    ):
        split = np.where(
            lesions["center"] == 2, "external", np.where(rng.random(n) < 0.7, "training", "internal")
        )
        for name in ("training", "internal", "external"):
            members = {
                group: np.flatnonzero((split == name) & np.isin(lesions["her2"], statuses))
                for group, statuses in groups.items()
            }
            if min(map(len, members.values())) < 2:
                continue
            rows += _set_rows(table, name, members, lesions, decimals, rounding)
    return rows


def _lesions(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    pick = {
        name: rng.choice(levels, n, p=weights)
        for name, levels, weights in (
            ("er_status", ["positive", "negative"], [0.7, 0.3]),
            ("pr_status", ["positive", "negative"], [0.6, 0.4]),
            ("ki67_status", ["low", "high"], [0.3, 0.7]),
            ("location", ["left", "right", "bilateral"], [0.49, 0.49, 0.02]),
        )
    }
    her2 = rng.choice(["positive", "low", "zero"], n, p=[0.3, 0.4, 0.3])
    dictionary = load_dictionary()
    rules = {
        rule.target: rule for rule in dictionary.rules if rule.target in ("hr_status", "molecular_subtype")
    }
    derived: dict[str, list[str]] = {"hr_status": [], "molecular_subtype": []}
    for at in range(n):
        lesion = {name: str(values[at]) for name, values in pick.items()} | {"her2_status": str(her2[at])}
        for name, rule in rules.items():
            lesion[name] = str(rule.apply(lesion).value)
            derived[name].append(lesion[name])
    side = np.where(pick["location"] == "bilateral", rng.choice(["left", "right"], n), pick["location"])
    diameter = np.round(np.exp(rng.normal(0.8, 0.5, n)), 1)
    return {
        **pick,
        **{name: np.array(values) for name, values in derived.items()},
        "quadrant": np.array([rng.choice(QUADRANTS[str(each)]) for each in side]),
        "t_category": np.array(["T1", "T2", "T3"])[np.searchsorted([2, 5], diameter)],
        "diameter_cm": diameter,
        "age": rng.normal(54, 11, n).round(),
        "her2": her2,
        "center": rng.choice([1, 2], n, p=[0.75, 0.25]),
    }


def _set_rows(
    table: str,
    name: str,
    members: dict[str, np.ndarray],
    lesions: dict[str, np.ndarray],
    decimals: int,
    rounding: str,
) -> list[dict[str, str]]:
    categories = [key for key in lesions if key not in ("age", "diameter_cm", "her2", "center")]
    p_values = {}
    for key in categories:
        levels = np.unique(lesions[key])
        counts = [[int(np.sum(lesions[key][at] == level)) for at in members.values()] for level in levels]
        p_values[key] = independence_test(counts).p_value
    adjusted = dict(zip(p_values, benjamini_hochberg(list(p_values.values())), strict=True))
    rows = []
    for group, at in members.items():
        base = {
            "table": table,
            "set": name,
            "cohort": f"center {2 if name == 'external' else 1} of {table[1:]}",
            "group": group,
            "part_of": "HER2-negative" if table[0] == "B" else "",
            "n": str(at.size),
        }
        for key in categories:
            p = adjusted[key]
            for level in np.unique(lesions[key]):
                count = int(np.sum(lesions[key][at] == level))
                rows.append(
                    base
                    | {
                        "variable": key,
                        "level": str(level),
                        "count": str(count),
                        "percent": rounded(Fraction(100 * count, at.size), decimals, rounding),
                        "p_value": "" if np.isnan(p) else "<0.001" if p < 0.001 else rounded(p, 2, rounding),
                    }
                )
        rows.append(base | _age(lesions["age"][at], rounding))
        rows.append(base | _diameter(lesions["diameter_cm"][at], rounding))
    return rows


def _age(values: np.ndarray, rounding: str) -> dict[str, str]:
    total, squares = int(values.sum()), int((values**2).sum())
    variance = (squares - Fraction(total**2, values.size)) / (values.size - 1)
    sd = Decimal(variance.numerator) / Decimal(variance.denominator)
    return {
        "variable": "age",
        "mean": rounded(Fraction(total, values.size), 2, rounding),
        "sd": str(sd.sqrt().quantize(Decimal("0.01"), rounding=rounding)),
        "step": "1",
    }


def _diameter(values: np.ndarray, rounding: str) -> dict[str, str]:
    quartiles = np.quantile(values, [0.25, 0.5, 0.75])
    # Tenths are not exact in binary: rounding to 6 decimals first gives the quartile that was meant.
    texts = [rounded(Fraction(str(round(float(value), 6))), 2, rounding) for value in quartiles]
    return {"variable": "diameter_cm", "median": texts[1], "q1": texts[0], "q3": texts[2], "step": "0.1"}


def relation_rows() -> list[dict[str, str]]:
    """Each quadrant lies on its side, or in a lesion of both."""
    return [
        dict(zip(RELATIONS.names, ("quadrant", level, "location", f"{side}|bilateral"), strict=True))
        for side, levels in QUADRANTS.items()
        for level in levels
    ]


def random_input(seed: int, tables: int) -> list[TextTable]:
    """So many random performance tables, and as many pairs of tables of characteristics, with relations."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    performance, characteristics = [], []
    for number in range(tables):
        performance += performance_rows(rng, f"P{number}")
        characteristics += characteristics_rows(rng, number)
    return [
        TextTable(form.name, form.names, tuple(enumerate(rows, start=2)))
        for form, rows in (
            (PERFORMANCE, performance),
            (CHARACTERISTICS, characteristics),
            (RELATIONS, relation_rows()),
        )
    ]
