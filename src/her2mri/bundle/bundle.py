"""The frozen model: loaded, verified and asked for one lesion at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from her2mri.bundle.answer import Answer
from her2mri.bundle.arrays import FloatArray, logit
from her2mri.bundle.canonical import canonical, digest, parse, refusal
from her2mri.bundle.consistency import contradictions
from her2mri.bundle.design import Design
from her2mri.bundle.families import Family, family_of, floats
from her2mri.bundle.formats import NEWEST, format_of
from her2mri.bundle.joint import MOST_POINTS, Gap, Joint
from her2mri.bundle.lesion import Input
from her2mri.bundle.points import scale_of
from her2mri.bundle.schema import problems
from her2mri.dictionary.rules import Exclusion
from her2mri.dictionary.task import Task
from her2mri.dictionary.variable import Level, UnitSlip, Variable
from her2mri.errors import BundleError, Fault, LesionError
from her2mri.explanation.nomogram_scale import NomogramScale

TOLERANCE: Final = 1e-9
_CHECKED: Final = ("probability", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class Bundle:
    """One model of one task. ``content`` is the whole file; make one with ``load``, ``loads`` or ``sealed``."""

    content: dict[str, Any]

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """The bundle in a file; BundleError where it cannot be read, was altered or contradicts itself."""
        path = Path(path)
        try:
            text = path.read_bytes()
        except OSError as error:
            raise refusal(str(path), f"cannot be read: {error.strerror or error}") from error
        return cls.loads(text, where=path.name)

    @classmethod
    def loads(cls, text: bytes, *, where: str = "bundle") -> Self:
        """The bundle in these bytes; BundleError as in ``load``."""
        return cls.of(parse(text, where=where), where=where)

    @classmethod
    def of(cls, content: dict[str, Any], *, where: str = "bundle") -> Self:
        """The bundle of this content, verified to the last number; BundleError as in ``load``."""
        _check_format(content, where)
        try:
            found = digest(content)
        except (ValueError, TypeError, RecursionError) as error:
            raise refusal(where, f"not a bundle: {error}") from error
        if found != content.get("sha256"):
            remedy = "take the file again from where it came"
            raise refusal(where, "altered or damaged: the content does not match its hash", remedy=remedy)
        if wrong := problems(content) or list(contradictions(content)):
            raise BundleError(Fault(where, problem) for problem in wrong)
        bundle = cls(content)
        bundle._verify(where)
        return bundle

    @classmethod
    def sealed(cls, content: Mapping[str, Any], lesions: Sequence[Mapping[str, str | float]]) -> Self:
        """The bundle of a content without hash and checks; made-up ``lesions`` become its checks.

        Raises BundleError where the content cannot be a bundle.
        """
        fresh = {**content, "format": format_of(content), "sha256": "", "checks": []}
        draft = cls(fresh)
        for lesion in lesions:
            answer = draft.predict(lesion)
            expected = {name: getattr(answer, name) for name in _CHECKED}
            fresh["checks"].append({"lesion": dict(lesion), **expected})
        return cls.of({**fresh, "sha256": digest(fresh)})

    def dumps(self) -> bytes:
        """The file: canonical JSON in UTF-8, and a line end."""
        return (canonical(self.content) + "\n").encode("utf-8")

    @property
    def sha256(self) -> str:
        """The hash over the content."""
        return str(self.content["sha256"])

    @property
    def model(self) -> str:
        """The name of the model: DT, ANN, SVM, k-NN, or that of a linear one, such as LR."""
        return str(self.content["model"]["name"])

    @property
    def contains_patient_data(self) -> bool:
        """Whether patients can be read from the parameters."""
        return bool(self.content["contains_patient_data"])

    @property
    def notice(self) -> str:
        """What must be said wherever a number of this model is shown; empty for a model of patients."""
        return str(self.content["card"]["notice"])

    @property
    def prevalence(self) -> float:
        """The share of events that the intercept stands for: that of development, until an update."""
        return float(self.content["development"]["prevalence"])

    @property
    def locked_threshold(self) -> float | None:
        """The threshold fixed on development data, if the bundle has one."""
        locked = [entry["value"] for entry in self.content["thresholds"] if entry["locked"]]
        return float(locked[0]) if locked else None

    @cached_property
    def task(self) -> Task:
        """The question that the model answers."""
        task = self.content["task"]
        return Task(**{**task, "positive": tuple(task["positive"]), "negative": tuple(task["negative"])})

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """The slice of the dictionary: inputs and what the exclusions speak of, by name."""
        return {entry["name"]: _variable(entry) for entry in self.content["dictionary"]["variables"]}

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """What the model wants to know, in the order of its encoding."""
        summaries = self.content["development"]["variables"]
        found = []
        for entry in self.content["encoding"]["variables"]:
            summary = summaries[entry["name"]]
            limits = {key: float(summary[key]) for key in ("low", "high") if key in summary}
            found.append(Input(self.variables[entry["name"]], tuple(entry["levels"]), **limits))
        return tuple(found)

    @cached_property
    def exclusions(self) -> tuple[tuple[Exclusion, Variable], ...]:
        """The lesions that the model was not made for, each rule with its variable."""
        return tuple(
            (Exclusion(**{**entry, "equals": tuple(entry["equals"])}), self.variables[entry["variable"]])
            for entry in self.content["exclusions"]
        )

    @cached_property
    def design(self) -> Design:
        """What each input becomes: the columns of the model."""
        return Design.of(self.content["encoding"])

    @cached_property
    def family(self) -> Family:
        """The model itself, over columns."""
        return family_of(self.content["parameters"])

    @cached_property
    def joint(self) -> Joint:
        """How the columns went together in development."""
        joint = self.content["development"]["joint"]
        return Joint(*(floats(joint[name]) for name in ("center", "scale", "bias", "coupling")))

    @cached_property
    def scale(self) -> NomogramScale:
        """What a point is worth on the nomogram of a linear model."""
        return scale_of(self)

    def completed(
        self, plain: FloatArray, gaps: Sequence[Gap], *, most: int = MOST_POINTS
    ) -> tuple[FloatArray, FloatArray]:
        """The lesions that one with these gaps may be, by their plain columns, and their weights."""
        if not gaps:
            return plain[None, :], np.ones(1)
        return self.joint.completions(plain, gaps, smooth=self.family.is_smooth, most=most)

    def offset(self, prevalence: float | None) -> float:
        """What a prevalence other than that of development adds to the log-odds.

        Raises ValueError unless 0 < prevalence < 1.
        """
        if prevalence is None:
            return 0.0
        if not 0 < prevalence < 1:
            raise ValueError(f"prevalence must fulfil 0 < prevalence < 1, got {prevalence}")
        return logit(prevalence) - logit(self.prevalence)

    def predict(
        self, lesion: Mapping[str, object], *, prevalence: float | None = None, explained: bool = False
    ) -> Answer:
        """What the model says of a lesion: a mapping from variable to value, missing ones None or left out.

        ``prevalence`` is the share of events where the lesion comes from, if it is not that of development.
        ``explained`` asks for the contributions of a tree or a network too, which take about a tenth of a second.
        Raises LesionError with every value that is of the wrong type, not a level or impossible, and
        ValueError unless 0 < prevalence < 1.
        """
        from her2mri.bundle.predict import predict

        return predict(self, lesion, prevalence=prevalence, explained=explained)

    def _verify(self, where: str) -> None:
        """Every check lesion gets the answer written beside it."""
        for number, check in enumerate(self.content["checks"]):
            try:
                answer = self.predict(check["lesion"])
            except LesionError as error:
                raise refusal(where, f"check {number}: {error}") from error
            for name in _CHECKED:
                found, expected = getattr(answer, name), check[name]
                if (found is None) != (expected is None) or (
                    found is not None and not abs(found - expected) <= TOLERANCE
                ):
                    raise refusal(where, f"check {number}: {name} is {found}, the file says {expected}")


def _check_format(content: dict[str, Any], where: str) -> None:
    """Before the hash: a newer format may be hashed in another way."""
    version = content.get("format")
    if isinstance(version, bool) or not isinstance(version, int):
        raise refusal(where, "not a bundle: it names no format")
    if version > NEWEST:
        remedy = "install a newer her2mri"
        raise refusal(where, f"format {version:.0f} is newer than {NEWEST}, the newest known", remedy=remedy)
    if version < 1:
        raise refusal(where, "there is no such format of bundles")


def _variable(entry: dict[str, Any]) -> Variable:
    parts: dict[str, Any] = {
        "levels": tuple(Level(**{**level, "aliases": tuple(level["aliases"])}) for level in entry["levels"]),
        "bounds": None if entry["bounds"] is None else (float(entry["bounds"][0]), float(entry["bounds"][1])),
        "unit_slips": tuple(UnitSlip(**slip) for slip in entry["unit_slips"]),
    }
    return Variable(**{**entry, **parts})
