"""The checks by their stable names: what each asks, and how what it finds comes about without ill intent."""

from __future__ import annotations

from typing import Final, NamedTuple


class Check(NamedTuple):
    """A title for reports, and the ordinary causes of a finding."""

    title: str
    causes: str


_SLIP: Final = "a digit mistyped, a figure from an earlier analysis, or a value averaged over folds"

CHECKS: Final[dict[str, Check]] = {
    "positive_class": Check(
        "Which class is called positive",
        "The outcome was coded the other way round in the program than in the text.",
    ),
    "split": Check(
        "Two sets that fit together as parts of one",
        "The models were developed and validated inside one set, and the table names the lesions of another split.",
    ),
    "sizes": Check(
        "Numbers of lesions that fit all figures",
        "The figures come from another split, or from the lesions without missing values.",
    ),
    "column_size": Check(
        "Numbers of lesions that fit a column",
        "The figures come from another split, or from the lesions without missing values.",
    ),
    "attainability": Check("Shares that no whole number gives", f"Often {_SLIP}."),
    "joint": Check(
        "Figures that contradict each other",
        f"Often {_SLIP}, or a column that was copied from another set; predictive values may also have been "
        "computed for another prevalence.",
    ),
    "copied_column": Check("Columns that two sets have in common", "A row or column pasted twice."),
    "outside_range": Check(
        "Values outside 0 to 1", "An interval from the normal approximation that was not cut off, or a slip."
    ),
    "order": Check("Values in the wrong order", "Two numbers changed places."),
    "not_containing": Check(
        "Estimates outside their interval", "A percentile bootstrap of a biased estimate, or another cut-off."
    ),
    "auc_point": Check(
        "AUC against sensitivity and specificity", "The AUC is of other scores, or of a smoothed curve."
    ),
    "interval_narrow": Check(
        "Intervals narrower than the lesions allow",
        "The interval of another, larger set, or a bootstrap in which the figure did not vary.",
    ),
    "interval_wide": Check(
        "Intervals wider than usual",
        "A bootstrap that chose the cut-off anew in every resample, or one that follows patients with several "
        "lesions: then the interval is not that of the cut-off whose estimate is printed.",
    ),
    "interval_width": Check("Intervals without a known number of lesions", "The row contradicts itself."),
    "not_checked": Check("Figures that nothing else determines", "More would have to be printed."),
    "level_sum": Check("Levels against the size of the group", "Missing values that are not mentioned."),
    "percent": Check(
        "Percentages against their counts",
        "Digits cut off, rounded twice, or adjusted so that a column adds up to 100; or one of the two mistyped.",
    ),
    "derived": Check(
        "Derived variables against their parts",
        "The variable was recorded rather than derived, under another definition or at another time.",
    ),
    "relation": Check(
        "Variables that imply each other", "The two were recorded separately and never compared."
    ),
    "cut": Check(
        "A category against the quartiles it is cut from",
        "The two were measured differently, as on an image and on the specimen.",
    ),
    "same_lesions": Check(
        "The same lesions in two tables",
        "One table was updated and the other was not, or a column is of another group.",
    ),
    "p_value": Check(
        "P-values against the counts",
        "Another test for this variable, an earlier version of the counts, or a value from the line above; where "
        "p-values are adjusted together, one wrong value moves its neighbours.",
    ),
    "grim": Check(
        "Means and medians that whole steps cannot have", "Finer raw values than assumed, or missing ones."
    ),
    "grimmer": Check(
        "Standard deviations that whole steps cannot have", "Finer raw values, or missing ones."
    ),
    "granularity": Check("Means and medians of unknown step", "More would have to be printed."),
}
"""In the order of the report."""
