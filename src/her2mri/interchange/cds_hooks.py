"""CDS Hooks 2.0: the service that a health record asks when a patient is opened, and its card. Decision 0188."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from her2mri.bundle import Bundle
from her2mri.dictionary.codes import Codes
from her2mri.dictionary.rules import CutRule
from her2mri.errors import Fault, LesionError
from her2mri.interchange.observations import observations_in
from her2mri.interchange.reasons import ClassShare, reasons, shares_of
from her2mri.interchange.risk_assessment import Assessed

HOOK: Final = "patient-view"
PREFETCH: Final = "findings"
LONGEST_SUMMARY: Final = 140
_HARMLESS: Final = frozenset({"ignored", "prevalence"})
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class NoPrefetchError(LesionError):
    """The findings were not sent along, and nothing here fetches them."""


def service_id(codes: Codes) -> str:
    """The name of the service in its address."""
    return f"{codes.dictionary.name}-probability"


def discovery(codes: Codes, bundles: Sequence[Bundle]) -> dict[str, Any]:
    """What a client is told: one service, and which Observations it wants sent along."""
    service = {
        "hook": HOOK,
        "id": service_id(codes),
        "title": codes.dictionary.title,
        "description": "The probability of each class of one breast lesion with its 95 % interval, from findings "
        "that were coded as Observations. Nothing is stored.",
        "usageRequirements": "A token of the room with the scope predict, and the prefetch: nothing is fetched.",
        "prefetch": {PREFETCH: _template(codes, bundles)},
    }
    return {"services": [service]}


def findings_of(request: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The resources that came with a call, each with its path.

    Raises NoPrefetchError where there are none, LesionError with every other fault.
    """
    faults = []
    if request.get("hook") != HOOK:
        faults.append(Fault("hook", "is not this service's", allowed=HOOK))
    instance = request.get("hookInstance")
    if not isinstance(instance, str) or not _UUID.fullmatch(instance):
        faults.append(Fault("hookInstance", "is no UUID"))
    context = request.get("context")
    patient = context.get("patientId") if isinstance(context, Mapping) else None
    if not isinstance(patient, str) or not patient:
        faults.append(Fault("context.patientId", "is missing"))
    if faults:
        raise LesionError(faults)
    prefetch = request.get("prefetch")
    sent = prefetch.get(PREFETCH) if isinstance(prefetch, Mapping) else None
    if not isinstance(sent, Mapping) or sent.get("resourceType") != "Bundle":
        remedy = "send the Bundle that the search of the prefetch template finds"
        raise NoPrefetchError([Fault(f"prefetch.{PREFETCH}", "is missing", remedy=remedy)])
    return [(f"prefetch.{PREFETCH}.{where}", found) for where, found in observations_in(sent)]


def card(assessed: Assessed, room: str, uuid: str) -> dict[str, Any]:
    """What the record shows. ``room`` is the address of the reading room, ``uuid`` the card's own.

    ``warning`` where something must be read with the answer or there is none, ``info`` else; never ``critical``:
    nothing here is urgent.
    """
    shares = shares_of(assessed.model, assessed.answer)
    said = [*assessed.observed.notes]
    said += dict.fromkeys(warned.message for warned in assessed.answer.warnings)
    careful = assessed.observed.notes or any(
        warned.code not in _HARMLESS for warned in assessed.answer.warnings
    )
    refused = assessed.answer.refused
    return {
        "uuid": uuid,
        "summary": _summary(shares) if shares else "No answer for this lesion",
        "indicator": "warning" if careful or refused else "info",
        "detail": "\n".join(
            [
                *([f"No answer: {refused}."] if refused else _classes(shares)),
                *_reasons(assessed),
                *(f"\n*{text}*" for text in said),
                _last_line(assessed),
            ]
        ),
        "source": {"label": "her2mri reading room", "url": room},
        "links": [{"label": "Open the reading room", "url": f"{room}lesions/new", "type": "absolute"}],
    }


def _template(codes: Codes, bundles: Sequence[Bundle]) -> str:
    """The search for what the models ask for, and for what that follows from."""
    wanted = {name for bundle in bundles for name in bundle.variables}
    for rule in codes.dictionary.rules:
        if isinstance(rule, CutRule) and rule.fills and rule.target in wanted:
            wanted |= set(rule.inputs)
    names = [variable for variable in codes.dictionary.variables if variable.name in wanted]
    tokens = [f"{code.system}|{code.code}" for variable in names for code in codes.of(variable)]
    return f"Observation?patient={{{{context.patientId}}}}&code={','.join(tokens)}"


def _summary(shares: Sequence[ClassShare]) -> str:
    """The classes in less than 140 characters, which the standard asks for."""
    with_ends = ", ".join(_short(share) for share in shares)
    if len(with_ends) < LONGEST_SUMMARY:
        return with_ends
    most = max(shares, key=lambda share: share.probability)
    return _short(most)[: LONGEST_SUMMARY - 1]


def _short(share: ClassShare) -> str:
    text = f"{share.label} {100 * share.probability:.0f} %"
    if share.conf_low is None or share.conf_high is None:
        return text
    return f"{text} ({100 * share.conf_low:.0f} to {100 * share.conf_high:.0f} %)"


def _classes(shares: Sequence[ClassShare]) -> list[str]:
    lines = []
    for share in shares:
        text = f"- **{share.label}** {100 * share.probability:.1f} %"
        if share.conf_low is not None and share.conf_high is not None:
            text += f" (95 % interval {100 * share.conf_low:.1f} to {100 * share.conf_high:.1f} %)"
        lines.append(text)
    return lines


def _reasons(assessed: Assessed) -> list[str]:
    lines = []
    for bundle, answer in zip(assessed.bundles, assessed.answers, strict=True):
        if parts := reasons(bundle, answer, assessed.observed.lesion):
            lines.append(
                f"\n{bundle.task.label}, strongest in {answer.contributions_to}: {'; '.join(parts)}."
            )
    return lines


def _last_line(assessed: Assessed) -> str:
    models = ", ".join(f"{bundle.model} `{bundle.sha256[:16]}`" for bundle in assessed.bundles)
    caution = assessed.codes.dictionary.caution
    return f"\nBy {models}. A research tool, not a medical device; {caution}."
