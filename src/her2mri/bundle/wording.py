"""An answer in plain words, for a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from her2mri.bundle.answer import Answer, Warned
from her2mri.bundle.bundle import Bundle
from her2mri.bundle.chain import Chain, ChainedAnswer


def ask(
    model: Bundle | Chain,
    lesion: Mapping[str, object],
    prevalence: Sequence[float | None],
    *,
    explained: bool = False,
) -> Answer | ChainedAnswer:
    """What one bundle or a chain says of a lesion; ``prevalence`` has one entry a bundle."""
    if isinstance(model, Bundle):
        return model.predict(lesion, prevalence=prevalence[0], explained=explained)
    return model.predict(lesion, prevalence=(prevalence[0], prevalence[1]), explained=explained)


def as_json(content: Any) -> str:
    """Indented JSON; NaN cannot occur."""
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)


def in_words(model: Bundle | Chain, answer: Answer | ChainedAnswer) -> str:
    """A few lines that a radiologist can read."""
    if isinstance(model, Bundle) and isinstance(answer, Answer):
        lines = [_heading(model), *_one(model, answer)]
    elif isinstance(model, Chain) and isinstance(answer, ChainedAnswer):
        lines = [f"{model.first.task.label}, then {model.second.task.label}", *_chained(model, answer)]
    else:
        raise TypeError("an answer of another model")
    return "\n".join([*lines, *_said(answer.warnings)])


def _heading(bundle: Bundle) -> str:
    return f"{bundle.task.label} ({bundle.content['model']['label']})"


def _chained(chain: Chain, answer: ChainedAnswer) -> list[str]:
    if answer.refused:
        return [f"No answer: {answer.refused}"]
    lines = [
        f"  {part.label}: {share_in_words(part.probability, part.conf_low, part.conf_high)}"
        for part in answer.classes
    ]
    for bundle, own in ((chain.first, answer.first), (chain.second, answer.second)):
        lines += ["", _heading(bundle), *_one(bundle, own)]
    return lines


def _one(bundle: Bundle, answer: Answer) -> list[str]:
    if answer.refused or answer.probability is None:
        return [f"No answer: {answer.refused}"]
    share = share_in_words(answer.probability, answer.conf_low, answer.conf_high)
    lines = [f"Probability of {answer.positive_label}: {share}"]
    for entry in bundle.content["thresholds"]:
        if entry["locked"]:
            called = answer.positive_label if answer.calls[entry["name"]] else answer.negative_label
            lines.append(f"Called {called} at the threshold {entry['value']:.3f} ({entry['chosen']})")
    if answer.total_points is not None:
        lines.append(f"Total points: {answer.total_points:.1f}")
    if answer.points is not None and answer.contributions is not None:
        for name, value in answer.points.items():
            if value is not None:
                parts = f"{value:6.1f} points, log-odds {answer.contributions[name]:+.2f}"
                lines.append(f"  {bundle.variables[name].label:<32}{parts}")
    elif answer.contributions is not None:
        lines.append(f"Average probability {answer.baseline:.3f}; what knowing each value adds:")
        lines += [
            f"  {bundle.variables[name].label:<32}{value:+.3f}"
            for name, value in answer.contributions.items()
            if value is not None
        ]
    return lines


def share_in_words(probability: float, low: float | None, high: float | None) -> str:
    """A probability, with its interval where it has one."""
    said = f"{probability:.3f}"
    return said if low is None or high is None else f"{said} (95 % interval {low:.3f} to {high:.3f})"


def _said(warnings: Sequence[Warned]) -> list[str]:
    return [f"Note: {warned.message}" for warned in warnings]
