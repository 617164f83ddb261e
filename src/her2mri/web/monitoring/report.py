"""All that the dashboard shows of the models in use, computed once for each state of the database."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.bundle import Bundle
from her2mri.errors import EstimationError
from her2mri.web.database.tables import StoredAnswer
from her2mri.web.database.truth_tables import Examination, Pathology
from her2mri.web.lesions.models import Answering
from her2mri.web.monitoring.cases import Case, cases_of
from her2mri.web.monitoring.drift import Drift, drift
from her2mri.web.monitoring.groups import Group, by_month, by_scanner
from her2mri.web.monitoring.judged import Judged, judged
from her2mri.web.monitoring.performance import Curve, Figure, calibration, figures, is_enough
from her2mri.web.monitoring.verdict import Verdict, verdict

_MOST_KEPT: Final = 8
_GROWING: Final = (
    (StoredAnswer.id, StoredAnswer.answered_at),
    (Pathology.id, Pathology.entered_at),
    (Examination.id, Examination.entered_at),
)


@dataclass(frozen=True)
class TaskReport:
    """What is known of one bundle. ``figures`` is empty and ``curve`` None where too few outcomes are known."""

    judged: Judged
    verdict: Verdict
    figures: tuple[Figure, ...]
    curve: Curve | None
    drift: tuple[Drift, ...]
    months: tuple[Group, ...]
    scanners: tuple[Group, ...]

    @property
    def bundle(self) -> Bundle:
        """The model that is judged."""
        return self.judged.bundle


@dataclass
class Reports:
    """Reports that were computed already, by the state of the database that they are of."""

    _kept: OrderedDict[tuple[object, ...], tuple[TaskReport, ...]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, session: Session, address: str, answering: Answering) -> tuple[TaskReport, ...]:
        """A report for each bundle of the models. Whoever asks while it is computed waits for it."""
        # These tables only grow: their last numbers say what is in them.
        newest = (_last(session, columns) for columns in _GROWING)
        key = (address, *(bundle.sha256 for bundle in answering.bundles), *newest)
        with self._lock:
            if key not in self._kept:
                cases = cases_of(session, answering)
                self._kept[key] = tuple(task_report(bundle, cases) for bundle in answering.bundles)
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]


def _last(session: Session, columns: tuple[Any, Any]) -> tuple[object, ...]:
    """Number and time of the last row: a room that is restored may have another row of that number."""
    number, at = columns
    return tuple(session.execute(select(number, at).order_by(number.desc()).limit(1)).one_or_none() or ())


def task_report(bundle: Bundle, cases: list[Case]) -> TaskReport:
    """What the lesions say of one bundle."""
    found = judged(bundle, cases)
    true = found.true
    enough = is_enough(found.events, len(true))
    return TaskReport(
        judged=found,
        verdict=verdict(found),
        figures=figures(bundle, true) if enough else (),
        curve=_curve(found) if enough else None,
        drift=drift(bundle, found.said),
        months=tuple(by_month(found.said)),
        scanners=tuple(by_scanner(found.said)),
    )


def _curve(found: Judged) -> Curve | None:
    try:
        return calibration(found.true)
    except EstimationError:  # one distinct probability: there is no curve
        return None
