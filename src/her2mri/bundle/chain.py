"""Two bundles as one answer: the second asks about the lesions on one side of the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Final, Self

import numpy as np

from her2mri.bundle.answer import Answer, Warned
from her2mri.bundle.arrays import Z_95, FloatArray, expit, logit
from her2mri.bundle.bundle import Bundle
from her2mri.errors import BundleError, Fault, LesionError

_NODES: Final = 101
_CERTAIN: Final = 1e-9


@dataclass(frozen=True)
class ClassProbability:
    """One of the three classes; the bounds are None where a model has no interval."""

    label: str
    probability: float
    conf_low: float | None
    conf_high: float | None


@dataclass(frozen=True)
class ChainedAnswer:
    """Three classes whose probabilities sum to 1, and the two answers they come from.

    Empty ``classes`` and the reason in ``refused`` where either model cannot answer.
    """

    classes: tuple[ClassProbability, ...]
    first: Answer
    second: Answer
    refused: str = ""

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """What must be read with the answer, once each."""
        return tuple(dict.fromkeys((*self.first.warnings, *self.second.warnings)))

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain data, for JSON."""
        return {**asdict(self), "warnings": [asdict(warned) for warned in self.warnings]}


@dataclass(frozen=True, eq=False)
class Chain:
    """``second`` asks about lesions that are no event of ``first`` (``after_event``: about those that are)."""

    first: Bundle
    second: Bundle
    after_event: bool

    @classmethod
    def of(cls, one: Bundle, other: Bundle) -> Self:
        """The chain of two bundles, in whichever order; BundleError where they do not make one."""
        for first, second in ((one, other), (other, one)):
            asked = set(second.task.eligible)
            if first.task.outcome != second.task.outcome:
                continue
            if asked <= set(first.task.negative):
                return cls(first, second, after_event=False)
            if asked <= set(first.task.positive):
                return cls(first, second, after_event=True)
        problem = f"{one.task.name} and {other.task.name} do not make a chain"
        remedy = "the second task must ask about the lesions of one class of the first"
        raise BundleError([Fault("bundles", problem, remedy=remedy)])

    def predict(
        self,
        lesion: Mapping[str, object],
        *,
        prevalence: tuple[float | None, float | None] = (None, None),
        explained: bool = False,
    ) -> ChainedAnswer:
        """The three classes of a lesion; ``prevalence`` of the first event and, among those asked, the second.

        Raises LesionError as ``Bundle.predict`` does. An input of either model is no stranger to the other.
        """
        known = {name for bundle in (self.first, self.second) for name in bundle.variables}
        strange = {name: lesion[name] for name in lesion if name not in known} if _is_mapping(lesion) else {}
        faults: list[Fault] = []
        answers: list[Answer] = []
        for bundle, share in zip((self.first, self.second), prevalence, strict=True):
            own = {name: value for name, value in lesion.items() if name in bundle.variables}
            try:
                answers.append(bundle.predict({**own, **strange}, prevalence=share, explained=explained))
            except LesionError as error:
                faults += [fault for fault in error.faults if fault not in faults]
        if faults:
            raise LesionError(faults)
        first, second = answers
        refused = "; ".join(dict.fromkeys(filter(None, (first.refused, second.refused))))
        return ChainedAnswer(() if refused else self._classes(first, second), first, second, refused)

    def _classes(self, first: Answer, second: Answer) -> tuple[ClassProbability, ...]:
        assert first.probability is not None
        assert second.probability is not None
        p, q = first.probability, second.probability
        alone, rest = (1 - p, p) if self.after_event else (p, 1 - p)
        ends = _mirrored(first) if self.after_event else (first.conf_low, first.conf_high)
        label = first.negative_label if self.after_event else first.positive_label
        single = ClassProbability(label, alone, *ends)
        grids = _grid(first), _grid(second)
        parts = []
        for name, share, is_event in (
            (second.positive_label, q, True),
            (second.negative_label, 1 - q, False),
        ):
            bounds: tuple[float | None, float | None] = (None, None)
            if grids[0] is not None and grids[1] is not None:
                left = grids[0] if self.after_event else 1 - grids[0]
                bounds = _bounds(np.outer(left, grids[1] if is_event else 1 - grids[1]))
            parts.append(ClassProbability(name, rest * share, *bounds))
        return (*parts, single) if self.after_event else (single, *parts)


def read_chain(bundles: Sequence[Bundle]) -> Bundle | Chain:
    """One bundle as it is, two as a chain; BundleError for any other number."""
    if len(bundles) == 1:
        return bundles[0]
    if len(bundles) == 2:
        return Chain.of(*bundles)
    raise BundleError([Fault("bundles", f"one or two make an answer, got {len(bundles)}")])


def _is_mapping(lesion: object) -> bool:
    if isinstance(lesion, Mapping):
        return True
    raise LesionError([Fault("lesion", "must be an object of names and values")])


def _mirrored(answer: Answer) -> tuple[float | None, float | None]:
    if answer.conf_low is None or answer.conf_high is None:
        return None, None
    return 1 - answer.conf_high, 1 - answer.conf_low


def _grid(answer: Answer) -> FloatArray | None:
    """Equally probable probabilities: log-odds taken as normal, as wide as the interval. Decision 0085."""
    if answer.conf_low is None or answer.conf_high is None:
        return None
    low, high = (logit(min(max(end, _CERTAIN), 1 - _CERTAIN)) for end in (answer.conf_low, answer.conf_high))
    nodes = [NormalDist().inv_cdf((i + 0.5) / _NODES) for i in range(_NODES)]
    return expit((low + high) / 2 + (high - low) / (2 * Z_95) * np.array(nodes))


def _bounds(products: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(products, (0.025, 0.975))
    return float(low), float(high)
