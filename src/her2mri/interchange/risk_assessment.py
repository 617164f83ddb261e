"""An answer as a RiskAssessment of FHIR R4: each class with its probability, and what it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from her2mri import __version__
from her2mri.bundle import Bundle
from her2mri.bundle.answer import Answer
from her2mri.bundle.chain import Chain, ChainedAnswer
from her2mri.dictionary.codes import Code, Codes
from her2mri.interchange.coding import concept, resource_id
from her2mri.interchange.observations import Observed, ObservedLesion
from her2mri.interchange.reasons import ClassShare, reasons, shares_of

_SOFTWARE = "software"


@dataclass(frozen=True)
class Assessed:
    """A lesion as it was observed, the model that was asked, and what it said."""

    observed: ObservedLesion
    model: Bundle | Chain
    answer: Answer | ChainedAnswer
    codes: Codes

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """The models, in the order in which they are asked."""
        return (self.model.first, self.model.second) if isinstance(self.model, Chain) else (self.model,)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answer of each of them."""
        return (self.answer,) if isinstance(self.answer, Answer) else (self.answer.first, self.answer.second)


def risk_assessment(assessed: Assessed, at: str) -> dict[str, Any]:
    """The resource, ``at`` (an ISO time with a zone) being when the model was asked.

    Of the patient it holds the reference that came with the Observations, of these what was read of them and
    nothing else. ``probabilityDecimal`` is in per cent, as R4 wants it (decision 0186).
    """
    used = {name for bundle in assessed.bundles for name in (known.variable.name for known in bundle.inputs)}
    findings = assessed.observed.findings
    basis = [found for found in findings if found.variable.name in used]
    sources = {name for found in basis for name in found.derived_from}
    shown = [found for found in findings if found in basis or found.variable.name in sources]
    outcome = assessed.codes.dictionary[assessed.bundles[0].task.outcome]
    content = {
        "resourceType": "RiskAssessment",
        "contained": [_software(), *(_observation(found, assessed.codes) for found in shown)],
        "status": "final",
        "method": {"text": _method(assessed.bundles)},
        "code": concept(assessed.codes.of(outcome), outcome.label),
        "subject": _subject(assessed.observed.subject),
        "occurrenceDateTime": at,
        "performer": {"reference": f"#{_SOFTWARE}"},
        "basis": [{"reference": f"#{resource_id(found.variable.name)}"} for found in basis],
        "prediction": [_prediction(assessed, share) for share in shares_of(assessed.model, assessed.answer)],
    }
    notes = [*assessed.observed.notes, *dict.fromkeys(said.message for said in assessed.answer.warnings)]
    return content | ({"note": [{"text": text} for text in notes]} if notes else {})


def in_per_cent(share: float) -> float:
    """A probability in per cent, without the digits that only binary arithmetic adds.

    >>> in_per_cent(0.2898570507083477)
    28.98570507083477
    """
    return float(Decimal(repr(share)) * 100)


def _prediction(assessed: Assessed, share: ClassShare) -> dict[str, Any]:
    outcome = assessed.codes.dictionary[assessed.bundles[0].task.outcome]
    codes: Sequence[Code] = ()
    if len(share.levels) == 1:
        codes = assessed.codes.of_level(outcome, share.levels[0])
    part: dict[str, Any] = {
        "outcome": concept(codes, share.label),
        "probabilityDecimal": in_per_cent(share.probability),
        "rationale": "; ".join(_rationale(assessed, share)),
    }
    if share.conf_low is None or share.conf_high is None:
        return part
    ends = {
        end: {"value": in_per_cent(value), "unit": "%", "system": assessed.codes.ucum, "code": "%"}
        for end, value in (("low", share.conf_low), ("high", share.conf_high))
    }
    return {"extension": [{"url": assessed.codes.interval, "valueRange": ends}], **part}


def _rationale(assessed: Assessed, share: ClassShare) -> list[str]:
    said = []
    if share.conf_low is not None and share.conf_high is not None:
        said.append(f"95 % interval {100 * share.conf_low:.1f} to {100 * share.conf_high:.1f} %")
    for bundle, answer in zip(assessed.bundles, assessed.answers, strict=True):
        if parts := reasons(bundle, answer, assessed.observed.lesion):
            said.append(f"{bundle.task.label}, {answer.contributions_to}: {', '.join(parts)}")
    return said


def _method(bundles: Sequence[Bundle]) -> str:
    named = (
        f"{bundle.task.label} by {bundle.content['model']['label']} (bundle {bundle.sha256})"
        for bundle in bundles
    )
    return ", then ".join(named)


def _subject(reference: str) -> dict[str, Any]:
    if reference:
        return {"reference": reference}
    absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    return {"extension": [{"url": absent, "valueCode": "masked"}]}


def _software() -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "id": _SOFTWARE,
        "deviceName": [{"name": "her2mri", "type": "model-name"}],
        "version": [{"value": __version__}],
    }


def _observation(found: Observed, codes: Codes) -> dict[str, Any]:
    """What was read, and nothing else of what was sent."""
    variable = found.variable
    content: dict[str, Any] = {
        "resourceType": "Observation",
        "id": resource_id(variable.name),
        "status": "final",
        "code": concept(codes.of(variable), variable.label),
    }
    if isinstance(found.value, str):
        label = variable.label_of(found.value)
        content["valueCodeableConcept"] = concept(codes.of_level(variable, found.value), label)
    else:
        unit = codes.units[variable.unit]
        content["valueQuantity"] = {"value": found.value, "system": codes.ucum, "code": unit}
        if variable.unit:
            content["valueQuantity"]["unit"] = variable.unit
    if found.derived_from:
        content["derivedFrom"] = [{"reference": f"#{resource_id(name)}"} for name in found.derived_from]
    return content
