"""What errors of measurement do to a frozen model's probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from her2mri.bundle import Bundle
from her2mri.bundle.lesion import read_lesion
from her2mri.errors import Fault, InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWS: Final = 2000
EFFECT_COLUMNS: Final = (
    "lesion_id", "probability", "std_error", "conf_low", "conf_high", "threshold", "called", "share_changed", "note",
)  # fmt: skip
"""``conf_low`` and ``conf_high`` hold 95 % of the probabilities that the errors make; ``share_changed`` is how
often the lesion comes to lie on the other side of the threshold."""


@dataclass(frozen=True, eq=False)
class ErrorEffect:
    """A row a lesion (``EFFECT_COLUMNS``); ``label`` is the event that the probability is of."""

    table: pd.DataFrame
    label: str

    def frame(self) -> pd.DataFrame:
        """The table."""
        return self.table.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every lesion's probability with what the errors make of it, and the threshold."""
        from her2mri.imaging.drawing_repeat import draw_error_effect

        return draw_error_effect(self.table, self.label, ax=ax)

    def summary(self) -> str:
        """In a sentence."""
        told = self.table[self.table["probability"].notna()]
        half = (told["conf_high"] - told["conf_low"]).median() / 2
        said = (
            f"Errors of measurement move the probability of {self.label} by ±{half:.3f} in the median lesion"
        )
        if told["threshold"].notna().any():
            changing = float(told["share_changed"].mean())
            unsure = int((told["share_changed"] > 0.05).sum())
            said += (
                f"; {100 * changing:.1f} % of calls change, and {unsure} of {len(told)} lesions change side "
                "in more than one of 20 measurements"
            )
        return said + "."


def error_effect(
    bundle: Bundle,
    lesions: pd.DataFrame,
    errors: Mapping[str, float] | pd.DataFrame,
    *,
    threshold: float | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> ErrorEffect:
    """Probabilities of ``lesions`` (a row each, with ``lesion_id``) under normal errors of their measurements.

    ``errors`` are standard deviations by variable, or a frame with columns lesion_id, measure, std_error, in
    which a lesion without a row for a measure has none. Values stay within the dictionary's bounds. The threshold
    is the bundle's locked one unless given. Raises InputError where no error is of an input of the model.
    """
    inputs = {known.variable.name for known in bundle.inputs if not known.variable.is_categorical}
    named = set(errors["measure"] if isinstance(errors, pd.DataFrame) else errors) & inputs
    if not named:
        allowed = ", ".join(sorted(inputs)) or "none: every input is a category"
        raise InputError([Fault("errors", "none is of a measurement that the model uses", allowed=allowed)])
    cut = bundle.locked_threshold if threshold is None else threshold
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    z = rng.standard_normal((draws, len(inputs)))
    order = sorted(inputs)
    rows = []
    for lesion in lesions.to_dict("records"):
        name = str(lesion["lesion_id"])
        sds = np.array([_sd(errors, name, variable) for variable in order])
        rows.append({"lesion_id": name, **_row(bundle, lesion, order, z * sds, cut)})
    return ErrorEffect(pd.DataFrame(rows, columns=list(EFFECT_COLUMNS)), bundle.task.positive_label)


def _sd(errors: Mapping[str, float] | pd.DataFrame, lesion: str, variable: str) -> float:
    if not isinstance(errors, pd.DataFrame):
        return float(errors.get(variable, 0.0))
    here = errors[(errors["lesion_id"].astype(str) == lesion) & (errors["measure"] == variable)]
    found = here["std_error"].to_numpy(dtype=float)
    return float(found[0]) if len(found) and np.isfinite(found[0]) else 0.0


def _row(
    bundle: Bundle,
    lesion: Mapping[Any, Any],
    order: list[str],
    moved: NDArray[np.float64],
    threshold: float | None,
) -> dict[str, Any]:
    used = {name: lesion.get(name) for name in bundle.variables}
    reading = read_lesion(used, bundle.inputs, bundle.exclusions)
    if reading.refused:
        return {"note": reading.refused}
    x, _, gaps = bundle.design.plain_row(reading.values)
    plain, weight = bundle.completed(x, gaps)
    before = float(weight @ bundle.family.probability(bundle.design.expanded(plain)))
    points = np.repeat(plain[None], len(moved), axis=0)
    for index, name in enumerate(order):
        value, columns = reading.values[name], bundle.design.inputs[name].plain
        if value is not None and columns:
            low, high = bundle.variables[name].bounds or (-np.inf, np.inf)
            points[:, :, columns[0]] = np.clip(float(value) + moved[:, index], low, high)[:, None]
    flat = points.reshape(-1, plain.shape[1])
    after = bundle.family.probability(bundle.design.expanded(flat)).reshape(len(moved), -1) @ weight
    low, high = np.quantile(after, [0.025, 0.975]).tolist()
    row = {"probability": before, "std_error": float(after.std(ddof=1)), "conf_low": low, "conf_high": high}
    if threshold is not None:
        called = before >= threshold
        changed = float(((after >= threshold) != called).mean())
        row |= {"threshold": threshold, "called": called, "share_changed": changed}
    return {**row, "note": ""}
