"""Whether the chosen model is shown to do good: read from its decision curves, threshold by threshold."""

from __future__ import annotations

from typing import Final

import pandas as pd

from her2mri.output.wording import listing, number
from her2mri.vocabulary import CROSS_VALIDATED, EXTERNAL_VALIDATION

_PLACES: Final = {CROSS_VALIDATED: "held-out lesions", EXTERNAL_VALIDATION: "the external set"}
_ROUNDING: Final = 1e-9
"""A gain of exactly 0, computed in two ways, may end this far above it."""


def worth_using(curves: pd.DataFrame, model: str, *, better_than_chance: bool) -> str:
    """In words, over how many thresholds ``model`` is shown to beat treating all and treating none.

    ``curves`` has the rows of ``Evaluation.decision_curve_frame()``. Worth using: in every set that there is,
    at every threshold (else "at some thresholds"), and with an AUC of held-out lesions shown to be above 0.5.
    """
    found: dict[str, str] = {}
    failing, everywhere = [], True
    for sample, place in _PLACES.items():
        curve = curves[(curves["model"] == model) & (curves["sample"] == sample)]
        if curve.empty:
            continue
        shown = curve.loc[beats_both(curve), "threshold"]
        found[place] = f"in {place} at {_share(shown, len(curve))}"
        everywhere = everywhere and len(shown) == len(curve)
        if shown.empty:
            failing.append(place)
    if not found:
        return "Not shown to be worth using: it has no decision curve."
    if failing:
        verdict = f"Not shown to be worth using in {listing(failing)}"
    elif not better_than_chance:
        verdict = "Not shown to be worth using, since its AUC is not shown to be above 0.5"
    else:
        verdict = "Worth using" if everywhere else "Worth using at some thresholds"
    return (
        f"{verdict}: of the thresholds set beforehand, it is shown to beat both treating all and treating none "
        f"{listing(list(found.values()))} (95 % bands, each threshold by itself)."
    )


def beats_both(curve: pd.DataFrame) -> pd.Series:
    """Of each threshold, whether both bands lie above 0: net benefit, and its gain over treating all."""
    return (curve["conf_low"] > _ROUNDING) & (curve["avoided_low"] > _ROUNDING)


def _share(shown: pd.Series, n: int) -> str:
    if shown.empty:
        return f"none of {n}"
    low, high = number(shown.min()), number(shown.max())
    where = low if low == high else f"between {low} and {high}"
    return f"{len(shown)} of {n} ({where})"
