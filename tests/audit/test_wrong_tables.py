"""Tables in which one thing is wrong: what is said of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from her2mri.audit import IMPOSSIBLE, UNCHECKED, UNLIKELY, Finding, audit
from her2mri.audit.auc_bounds import hanley_mcneil, largest_std_error, smallest_std_error
from her2mri.audit.finding import VERDICTS
from her2mri.audit.formats import CHARACTERISTICS, PERFORMANCE, RELATIONS, Format
from her2mri.audit.grim import grim, grimmer
from her2mri.audit.printed import parse_printed
from her2mri.audit.read import parse_tables
from her2mri.audit.reading import TextTable
from her2mri.audit.summary_test import mean_test


def findings(
    form: Format, *rows: dict[str, str], relations: tuple[dict[str, str], ...] = ()
) -> list[Finding]:
    tables = [TextTable("t", form.names, tuple(enumerate(rows, start=2)))]
    if relations:
        tables.append(TextTable("r", RELATIONS.names, tuple(enumerate(relations, start=2))))
    return list(audit(parse_tables(tables)).findings)


def figure(metric: str, estimate: str, low: str = "", high: str = "", **more: str) -> dict[str, str]:
    base = {"table": "T", "set": "test", "model": "M", "n_positive": "40", "n_negative": "60"}
    return base | {"metric": metric, "estimate": estimate, "conf_low": low, "conf_high": high} | more


def cell(variable: str, level: str = "", group: str = "G", n: str = "100", **more: str) -> dict[str, str]:
    return {"table": "T", "set": "s", "group": group, "n": n, "variable": variable, "level": level} | more


@pytest.mark.parametrize(
    ("row", "check", "verdict"),
    [
        (figure("auc", "0.80", "0.70", "1.04"), "outside_range", IMPOSSIBLE),
        (figure("sensitivity", "1.20"), "outside_range", IMPOSSIBLE),
        (figure("auc", "0.80", "0.90", "0.70"), "order", IMPOSSIBLE),
        (figure("auc", "0.80", "0.82", "0.93"), "not_containing", UNLIKELY),
        (figure("auc", "0.80", "0.79", "0.81"), "interval_narrow", UNLIKELY),
        (figure("auc", "0.80", "0.45", "1.00"), "interval_wide", UNLIKELY),
        (figure("sensitivity", "0.80", "0.79", "0.81"), "interval_narrow", UNLIKELY),
        (figure("sensitivity", "1.00", "1.00", "1.00"), "interval_narrow", UNLIKELY),
        (figure("specificity", "0.80", "0.30", "0.95"), "interval_wide", UNLIKELY),
        (figure("sensitivity", "0.81"), "attainability", IMPOSSIBLE),
        (figure("sensitivity", "0.81", n_positive="", n_negative=""), "not_checked", UNCHECKED),
        (figure("brier", "0.11"), "not_checked", UNCHECKED),
    ],
)
def test_a_figure_of_performance(row: dict[str, str], check: str, verdict: str) -> None:
    assert (check, verdict) in {(finding.check, finding.verdict) for finding in findings(PERFORMANCE, row)}


@pytest.mark.parametrize(
    "row",
    [
        figure("auc", "0.80", "0.71", "0.89"),
        figure("auc", "0.80", "0.71", "1.00"),
        figure("sensitivity", "0.80", "0.65", "0.91"),
        figure("sensitivity", "0.80", "0.8", "0.9"),
    ],
)
def test_an_ordinary_interval_is_left_alone(row: dict[str, str]) -> None:
    assert findings(PERFORMANCE, row) == []


def test_an_auc_is_held_against_its_operating_point() -> None:
    rows = figure("auc", "0.55"), figure("sensitivity", "0.90"), figure("specificity", "0.90")
    (finding,) = findings(PERFORMANCE, *rows)
    assert (finding.check, finding.verdict) == ("auc_point", UNLIKELY)


def test_an_auc_of_calls_may_have_the_interval_of_calls() -> None:
    # Calls that are rarely wrong: the AUC is the mean of both shares, its interval that of the mean.
    rows = (
        figure("auc", "0.504", "0.475", "0.533"),
        figure("sensitivity", "0.025"),
        figure("specificity", "0.983"),
    )
    assert "interval_narrow" not in {finding.check for finding in findings(PERFORMANCE, *rows)}


@pytest.mark.parametrize(
    ("rows", "check", "verdict"),
    [
        ((cell("a", "x", count="60"), cell("a", "y", count="41")), "level_sum", IMPOSSIBLE),
        ((cell("a", "x", count="60"), cell("a", "y", count="38")), "level_sum", UNLIKELY),
        ((cell("a", "x", count="101"),), "level_sum", IMPOSSIBLE),
        ((cell("a", "x", n="", count="10"), cell("a", "y", n="", count="3")), "level_sum", UNCHECKED),
        ((cell("a", "x", count="60", percent="59"), cell("a", "y", count="40", percent="40")), "percent", IMPOSSIBLE),
        ((cell("a", "x", count="60", percent="59"),), "percent", UNLIKELY),
        ((cell("a", mean="5.19", n="28", step="1"),), "grim", IMPOSSIBLE),
        ((cell("a", mean="5.19", n="28", step="1?"),), "grim", UNLIKELY),
        ((cell("a", mean="5.19", n="28"),), "granularity", UNCHECKED),
        ((cell("a", mean="3.44", sd="2.47", n="18", step="1"),), "grimmer", IMPOSSIBLE),
        ((cell("a", median="2.45", n="41", step="0.1"),), "grim", IMPOSSIBLE),
        ((cell("a", median="2.0", q1="2.2", q3="3.0"),), "order", IMPOSSIBLE),
        (
            (cell("er_status", "positive", count="70"), cell("er_status", "negative", count="30"),
             cell("pr_status", "positive", count="50"), cell("pr_status", "negative", count="50"),
             cell("hr_status", "positive", count="60"), cell("hr_status", "negative", count="40")),
            "derived", IMPOSSIBLE,
        ),
        (
            (cell("diameter_cm", median="2.6", q1="2.3", q3="3.0"), cell("t_category", "T1", count="40"),
             cell("t_category", "T2", count="60"), cell("t_category", "T3", count="0")),
            "cut", UNLIKELY,
        ),
    ],
)  # fmt: skip
def test_a_cell_of_characteristics(rows: tuple[dict[str, str], ...], check: str, verdict: str) -> None:
    assert (check, verdict) in {
        (finding.check, finding.verdict) for finding in findings(CHARACTERISTICS, *rows)
    }


def test_percentages_of_rows_are_recognised_as_a_convention() -> None:
    rows = [
        cell("a", level, group, count=str(count), percent=f"{100 * count / total:.1f}")
        for level, counts in (("x", (60, 30)), ("y", (40, 70)))
        for group, count, total in zip(("G", "H"), counts, (sum(counts),) * 2, strict=True)
    ]
    assert findings(CHARACTERISTICS, *rows) == []


def test_hormone_receptors_may_overlap_in_any_way_that_the_counts_allow() -> None:
    counts = {"er_status": 70, "pr_status": 50, "hr_status": 80}
    rows = [
        cell(name, level, count=str(count if level == "positive" else 100 - count))
        for name, count in counts.items()
        for level in ("positive", "negative")
    ]
    assert findings(CHARACTERISTICS, *rows) == []


def test_implied_levels_are_counted_together() -> None:
    rows = [cell("part", level, count=str(count)) for level, count in (("a", 30), ("b", 30), ("c", 40))]
    rows += [cell("whole", level, count=str(count)) for level, count in (("left", 55), ("right", 45))]
    relations = tuple(
        {"variable": "part", "level": level, "other_variable": "whole", "other_levels": side}
        for level, side in (("a", "left"), ("b", "left"), ("c", "right"))
    )
    (finding,) = findings(CHARACTERISTICS, *rows, relations=relations)
    assert (finding.check, finding.printed, finding.possible) == ("relation", "60", "at most 55")


def test_a_p_value_is_held_against_the_rule_of_its_table() -> None:
    rows = []
    for number in range(10):
        p = "0.90" if number == 9 else "1.00"
        for group in ("G", "H"):
            rows += [cell(f"v{number}", level, group, count="50", p_value=p) for level in ("x", "y")]
    wrong = [finding for finding in findings(CHARACTERISTICS, *rows) if finding.check == "p_value"]
    assert [(finding.variable, finding.printed, finding.possible) for finding in wrong] == [
        ("v9", "0.90", "1.00")
    ]


def test_published_grim_and_grimmer_examples() -> None:
    mean = parse_printed("5.19")
    sd = parse_printed("2.47")
    assert mean is not None
    assert sd is not None
    assert not grim(mean, 28, Fraction(1))
    assert grim(mean, 28, Fraction(1, 10))
    rng = np.random.default_rng(np.random.SeedSequence(5))
    for _ in range(300):
        values = rng.integers(1, 8, int(rng.integers(2, 40)))
        first, second = parse_printed(f"{values.mean():.2f}"), parse_printed(f"{values.std(ddof=1):.2f}")
        assert first is not None
        assert second is not None
        assert grimmer(first, second, values.size, Fraction(1))


def test_standard_errors_of_simulated_areas_lie_between_the_bounds() -> None:
    rng = np.random.default_rng(np.random.SeedSequence(6))
    for n1, n0, shift, spread in ((20, 60, 1.0, 1.0), (50, 30, 0.3, 2.0), (40, 40, 2.0, 0.4)):
        positive = rng.normal(shift, spread, (4000, n1))
        negative = rng.normal(0, 1, (4000, n0))
        areas = np.array(
            [
                np.searchsorted(np.sort(n), p).sum() / (n1 * n0)
                for p, n in zip(positive, negative, strict=True)
            ]
        )
        bounds = [float(f(areas.mean(), n1, n0)) for f in (smallest_std_error, largest_std_error)]
        assert bounds[0] * 0.97 < areas.std() < bounds[1] * 1.03
        assert float(hanley_mcneil(areas.mean(), n1, n0)) < bounds[1]


def test_the_least_standard_error_is_reached_by_its_curve() -> None:
    # Equal classes, A = 0.5: y = x, the curve of scores that tell nothing.
    assert float(smallest_std_error(0.5, 30, 30)) == pytest.approx(float(np.sqrt((30 + 30 + 1) / (12 * 900))))


def test_the_t_test_from_summaries_covers_scipys() -> None:
    from scipy.stats import ttest_ind_from_stats

    rows = (
        cell("a", mean="53.64", sd="10.99", n="128"),
        cell("a", group="H", mean="52.66", sd="10.00", n="485"),
    )
    cells = parse_tables([TextTable("t", CHARACTERISTICS.names, tuple(enumerate(rows, start=2)))]).cells
    low, high = mean_test(cells)
    for equal in (True, False):
        p = ttest_ind_from_stats(53.64, 10.99, 128, 52.66, 10.0, 485, equal_var=equal).pvalue
        assert low < p < high
    assert high - low < 0.06


def test_every_finding_carries_what_a_program_needs() -> None:
    for finding in findings(
        PERFORMANCE, figure("sensitivity", "0.81"), figure("auc", "0.80", "0.79", "0.81")
    ):
        assert finding.verdict in VERDICTS
        assert finding.why
        assert bool(finding.model) != bool(finding.variable)
