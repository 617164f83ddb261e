"""When to worry: a rule that stands beforehand, whose rate of false alarms holds however often one looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from her2mri.web.monitoring.judged import Judged


class Level(StrEnum):
    """What a head of department reads first."""

    EARLY = "too early to say"
    NO_SIGN = "no sign of trouble"
    WATCH = "watch"
    WORRY = "worry"


@dataclass(frozen=True)
class Harm:
    """Something nobody wants to miss: the lesions after which it would have been seen with a chance of 80 %."""

    label: str
    needed: int
    is_reached: bool


@dataclass(frozen=True)
class Verdict:
    """The level, the lesions (one a patient) that it rests on, the evidence after each, and what it can see."""

    level: Level
    lesions: int
    evidence: tuple[float, ...]
    highest: float
    since: int | None
    harms: tuple[Harm, ...]


def verdict(judged: Judged) -> Verdict:
    """By the evidence that calibration has left what is tolerated; an alarm stays until another model is in use."""
    from her2mri.evaluation.calibration_watch import WATCH, WORRY, lesions_needed, watch_calibration

    summary = judged.bundle.content["development"]["linear_predictor"]
    used = judged.one_a_patient
    watched = watch_calibration(
        [bool(said.event) for said in used], [said.probability for said in used], middle=summary["mean"]
    )
    n = len(used)
    harms = tuple(
        Harm(label, needed, n >= needed)
        for label, needed in lesions_needed(summary["mean"], summary["sd"]).items()
    )
    if watched.highest >= WORRY:
        level = Level.WORRY
    elif watched.highest >= WATCH:
        level = Level.WATCH
    else:
        level = Level.NO_SIGN if any(harm.is_reached for harm in harms) else Level.EARLY
    since = watched.first_at(WORRY) or watched.first_at(WATCH)
    evidence = tuple(float(value) for value in watched.evidence)
    return Verdict(level, n, evidence, watched.highest, since, harms)
