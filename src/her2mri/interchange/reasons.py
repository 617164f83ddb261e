"""What an answer says and why, in the short form that messages to other systems hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from her2mri.bundle import Bundle
from her2mri.bundle.answer import Answer
from her2mri.bundle.chain import Chain, ChainedAnswer

MOST: Final = 3


@dataclass(frozen=True)
class ClassShare:
    """One class: the levels of the outcome that it is made of, its probability and 95 % interval."""

    label: str
    levels: tuple[str, ...]
    probability: float
    conf_low: float | None
    conf_high: float | None


def shares_of(model: Bundle | Chain, answer: Answer | ChainedAnswer) -> tuple[ClassShare, ...]:
    """The classes with their probabilities, which sum to 1; none where the lesion was refused."""
    if isinstance(answer, ChainedAnswer):
        assert isinstance(model, Chain)
        levels = _levels(model.first) | _levels(model.second)
        return tuple(
            ClassShare(part.label, levels[part.label], part.probability, part.conf_low, part.conf_high)
            for part in answer.classes
        )
    if answer.probability is None:
        return ()
    assert isinstance(model, Bundle)
    low, high = answer.conf_low, answer.conf_high
    mirrored = (None, None) if low is None or high is None else (1 - high, 1 - low)
    positive, negative = answer.positive_label, answer.negative_label
    levels = _levels(model)
    return (
        ClassShare(positive, levels[positive], answer.probability, low, high),
        ClassShare(negative, levels[negative], 1 - answer.probability, *mirrored),
    )


def reasons(
    bundle: Bundle, answer: Answer, lesion: Mapping[str, str | float], *, most: int = MOST
) -> list[str]:
    """The values that moved the answer most, the strongest first, each with what it added.

    What it added is in log-odds or in probability, as ``answer.contributions_to`` says.
    """
    parts = [
        (name, value) for name, value in (answer.contributions or {}).items() if value and name in lesion
    ]
    strongest = sorted(parts, key=lambda part: -abs(part[1]))[:most]
    return [f"{_said(bundle, name, lesion[name])} {value:+.2f}" for name, value in strongest]


def _said(bundle: Bundle, name: str, given: str | float) -> str:
    variable = bundle.variables[name]
    if variable.is_categorical:
        return f"{variable.label}: {variable.label_of(str(given))}"
    return f"{variable.label}: {given:g} {variable.unit}".rstrip()


def _levels(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    task = bundle.task
    return {task.positive_label: task.positive, task.negative_label: task.negative}
