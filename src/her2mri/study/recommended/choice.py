"""Which of several developed models is worth using: docs/decisions/0165."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from her2mri.output.wording import model_name, number, p_value
from her2mri.study.recommended.plan import SIMPLEST_FIRST
from her2mri.vocabulary import CROSS_VALIDATED, MODEL_LABELS

SIGNIFICANT: Final = 0.05


@dataclass(frozen=True)
class Choice:
    """The model to use, and why; ``better_than_chance`` is whether its AUC's interval lies above 0.5."""

    model: str
    better_than_chance: bool
    reason: str


def choose(performance: pd.DataFrame, comparison: pd.DataFrame, models: Sequence[str]) -> Choice:
    """The simplest model, unless a less simple one is better on held-out lesions by two accounts.

    Both are those of the cross-validated predictions: an AUC higher by DeLong's paired test with Holm's
    adjustment, and a lower Brier score. Of several that are, the one with the highest AUC.
    """
    held_out = performance[performance["sample"] == CROSS_VALIDATED]
    auc, brier = (_by_model(held_out, metric) for metric in ("auc", "brier"))
    ranked = [name for name in SIMPLEST_FIRST if name in models and name in auc]
    simplest = ranked[0]
    p_of = _p_values(comparison, simplest)
    higher = [name for name in ranked[1:] if p_of.get(name, 1.0) < SIGNIFICANT and auc[name] > auc[simplest]]
    # Of a model that gives classes there is no Brier score, and so no lower one.
    better = [name for name in higher if brier.get(name, np.inf) < brier.get(simplest, np.inf)]
    chosen = max(better, key=auc.__getitem__) if better else simplest
    lowest = _by_model(held_out, "auc", "conf_low")[chosen]
    highest = max(better or higher or ranked, key=auc.__getitem__)
    compared = (
        f"{number(auc[highest])} against {number(auc[simplest])}, paired DeLong test with Holm's adjustment, p "
        f"{p_value(p_of.get(highest, float('nan')))}"
    )
    return Choice(chosen, lowest > 0.5, _reason(simplest, highest, compared, bool(higher), bool(better)))


def _reason(simplest: str, highest: str, compared: str, orders_better: bool, is_better: bool) -> str:
    """The choice in words; ``compared`` are both AUCs and the test of their difference."""
    name = model_name(simplest)
    if is_better:
        return (
            f"{MODEL_LABELS[highest]} orders held-out lesions better than {name} (AUC {compared}) and has the lower "
            "Brier score."
        )
    if orders_better:
        return (
            f"{MODEL_LABELS[highest]} orders held-out lesions better than {name} (AUC {compared}), but has no lower "
            "Brier score: the simplest is kept."
        )
    if highest == simplest:
        return f"{MODEL_LABELS[simplest]} is the simplest and has the highest AUC on held-out lesions."
    return (
        f"No model is shown to order held-out lesions better than {name}, the simplest: the highest AUC is that of "
        f"{model_name(highest)} ({compared})."
    )


def _by_model(held_out: pd.DataFrame, metric: str, column: str = "estimate") -> dict[str, float]:
    rows = held_out[held_out["metric"] == metric].dropna(subset="estimate")
    return dict(zip(rows["model"].astype(str), rows[column].astype(float), strict=True))


def _p_values(comparison: pd.DataFrame, simplest: str) -> dict[str, float]:
    """Of each other model against the simplest, adjusted for all pairs of the sample."""
    rows = comparison[comparison["sample"] == CROSS_VALIDATED]
    found = {}
    for row in rows.to_dict("records"):
        pair = {str(row["model"]), str(row["comparator"])}
        if simplest in pair:
            (other,) = pair - {simplest}
            found[other] = float(row["p_holm"])
    return found
