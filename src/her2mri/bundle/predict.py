"""From a lesion to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from her2mri.bundle.answer import Answer, Warned
from her2mri.bundle.arrays import (
    Z_95,
    FloatArray,
    expit,
    mixture_quantile,
    shifted,
    weighted_quantile,
)
from her2mri.bundle.families import Logistic, Tree
from her2mri.bundle.joint import TooManyMissingError
from her2mri.bundle.lesion import Reading, read_lesion
from her2mri.bundle.points import baseline, contributions, points

if TYPE_CHECKING:
    from her2mri.bundle.bundle import Bundle

_TAILS: Final = (0.025, 0.975)
_SAME: Final = 1 + 1e-9
"""One lesion of development lies at the limit itself: how a reader rounds must not decide what is said of it."""


def predict(
    bundle: Bundle, lesion: Mapping[str, object], *, prevalence: float | None, explained: bool
) -> Answer:
    """As ``Bundle.predict``."""
    offset = bundle.offset(prevalence)
    reading = read_lesion(lesion, bundle.inputs, bundle.exclusions)
    answer = Answer(
        task=bundle.task.name,
        model=bundle.model,
        positive_label=bundle.task.positive_label,
        negative_label=bundle.task.negative_label,
        bundle=bundle.sha256,
        prevalence=prevalence,
        warnings=reading.warnings,
        refused=reading.refused,
    )
    if reading.refused:
        return answer
    x, missing, gaps = bundle.design.plain_row(reading.values)
    if len(missing) == len(bundle.inputs):
        return replace(answer, missing=missing, refused="every input is missing")
    try:
        plain, weight = bundle.completed(x, gaps)
    except TooManyMissingError as error:
        return replace(answer, missing=missing, refused=f"{error}: give more of them")
    X = bundle.design.expanded(plain)
    answer = _with_probability(bundle, answer, X, weight, offset)
    if missing:
        answer = _with_gaps(bundle, answer, X, weight, offset, missing)
    answer = _with_parts(bundle, answer, reading, offset)
    if explained and answer.contributions is None and not bundle.contains_patient_data:
        answer = _attributed(bundle, answer, reading, offset)
    return replace(answer, warnings=(*answer.warnings, *_remarks(bundle, answer, X, prevalence)))


def _with_probability(
    bundle: Bundle, answer: Answer, X: FloatArray, weight: FloatArray, offset: float
) -> Answer:
    family = bundle.family
    probability = float(weight @ shifted(family.probability(X), offset))
    if isinstance(family, Logistic):
        mean = family.log_odds(X) + offset
        probability = float(weight @ expit(mean))
        sd = family.std_error(X)
        if sd is None:
            return replace(answer, probability=_in_unit(probability), calls=_calls(bundle, probability))
        if len(X) == 1:
            ends = [float(mean[0]) - Z_95 * float(sd[0]), float(mean[0]) + Z_95 * float(sd[0])]
            method = "Wald, on the log-odds"
        else:
            ends = [mixture_quantile(tail, mean, sd, weight) for tail in _TAILS]
            method = "Wald, on the log-odds, over the missing values"
        low, high = (float(end) for end in expit(np.array(ends)))
    elif isinstance(family, Tree):
        lows, highs = (shifted(bound, offset) for bound in family.bounds(X))
        low, high = (
            weighted_quantile(_TAILS[0], lows, weight),
            weighted_quantile(_TAILS[1], highs, weight),
        )
        method = "Wilson, in the leaf" + (", over the missing values" if len(X) > 1 else "")
    else:
        return replace(answer, probability=_in_unit(probability), calls=_calls(bundle, probability))
    return replace(
        answer,
        probability=_in_unit(probability),
        conf_low=low,
        conf_high=high,
        interval=method,
        calls=_calls(bundle, probability),
    )


def _in_unit(probability: float) -> float:
    """Sums of weights may pass 1 by a rounding error."""
    return min(max(probability, 0.0), 1.0)


def _calls(bundle: Bundle, probability: float) -> dict[str, bool]:
    return {entry["name"]: probability >= entry["value"] for entry in bundle.content["thresholds"]}


def _with_gaps(
    bundle: Bundle,
    answer: Answer,
    X: FloatArray,
    weight: FloatArray,
    offset: float,
    missing: tuple[str, ...],
) -> Answer:
    """What the missing values leave open."""
    possible = shifted(bundle.family.probability(X), offset)
    low, high = (weighted_quantile(tail, possible, weight) for tail in _TAILS)
    labels = ", ".join(bundle.variables[name].label for name in missing)
    message = (
        f"missing: {labels}; averaged over what they probably are. Known, they would put the probability of "
        f"{answer.positive_label} between {low:.2f} and {high:.2f}"
    )
    return replace(
        answer,
        missing=missing,
        spread_low=low,
        spread_high=high,
        warnings=(*answer.warnings, Warned("missing", message)),
    )


def _with_parts(bundle: Bundle, answer: Answer, reading: Reading, offset: float) -> Answer:
    """Linear predictor, points and contributions: of a linear model alone."""
    if not isinstance(bundle.family, Logistic):
        return answer
    parts = contributions(bundle, reading.values)
    found = points(bundle, reading.values)
    whole = not answer.missing
    base = baseline(bundle) + offset
    return replace(
        answer,
        baseline=base,
        contributions=parts,
        contributions_to="log-odds",
        points=found,
        linear_predictor=base + sum(value for value in parts.values() if value is not None)
        if whole
        else None,
        total_points=sum(value for value in found.values() if value is not None) if whole else None,
    )


def _attributed(bundle: Bundle, answer: Answer, reading: Reading, offset: float) -> Answer:
    """Contributions to the probability itself, of DT and ANN."""
    from her2mri.bundle.attribution import attribution

    found = attribution(bundle, reading.values, offset=offset)
    if found is None:
        return answer
    return replace(answer, baseline=found[0], contributions=found[1], contributions_to="probability")


def _remarks(bundle: Bundle, answer: Answer, X: FloatArray, prevalence: float | None) -> list[Warned]:
    remarks = []
    moments = bundle.content["development"]["moments"]
    if not answer.missing:
        away = X[0] - np.array(moments["mean"])
        distance = float(np.sqrt(max(away @ np.array(moments["precision"]) @ away, 0.0)))
        if distance > moments["distance_99"] * _SAME:
            remarks.append(
                Warned("unusual", "an unusual combination of values: rarer than 99 % of development lesions")
            )
    if answer.conf_low is None:
        remarks.append(Warned("no_interval", f"{bundle.model} has no confidence interval"))
    if prevalence is not None:
        message = f"moved from a prevalence of {bundle.prevalence:.3g} in development to {prevalence:.3g}"
        remarks.append(Warned("prevalence", message))
    if bundle.notice:
        remarks.append(Warned("not_patients", bundle.notice))
    return remarks
