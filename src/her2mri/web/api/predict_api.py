"""Asking the models in use: one lesion or many, kept where the program says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from her2mri.bundle import Bundle
from her2mri.bundle.answer import Answer
from her2mri.bundle.chain import ChainedAnswer
from her2mri.bundle.wording import ask
from her2mri.errors import BundleError, Fault, InputError, LesionError
from her2mri.web.api.documented import needs, refusals
from her2mri.web.api.door import check_scope, spend, with_scope
from her2mri.web.api.refusals import RefusedError
from her2mri.web.api.schemas import LesionIn, ModelsOut, PredictIn, PredictOut
from her2mri.web.api.strict_json import StrictRoute
from her2mri.web.lesions.answering import keep_new, shares_of
from her2mri.web.lesions.given import Given
from her2mri.web.lesions.models import Answering
from her2mri.web.metrics import ANSWERS
from her2mri.web.pages.guard import InRoom
from her2mri.web.people.tokens import Caller, Scope
from her2mri.web.room import Room

router = APIRouter(route_class=StrictRoute)
Predicting = Annotated[Caller, Depends(with_scope(Scope.PREDICT))]


@router.get(
    "/api/models", response_model=ModelsOut, responses=refusals(503), openapi_extra=needs(Scope.PREDICT)
)
def models_in_use(room: InRoom, caller: Predicting) -> Response:
    """The models that answer now: what they ask for, and what they are made for."""
    answering = in_use(room)
    bundles = [_described(bundle) for bundle in answering.bundles]
    since = f"{answering.since.isoformat()}Z"
    return JSONResponse({"model": answering.id, "since": since, "bundles": bundles})


@router.post(
    "/api/predict",
    response_model=PredictOut,
    responses=refusals(409, 422, 503),
    openapi_extra=needs(Scope.PREDICT),
)
def predict(asked: PredictIn, room: InRoom, caller: Predicting) -> Response:
    """What the models in use say of each lesion, as her2mri predict --json does; with store, kept as well.

    All lesions are stored or none. What is stored is as if it was typed in the room by the token's owner.
    """
    if asked.store:
        check_scope(caller, Scope.STORE)
    spend(room, caller, len(asked.lesions) - 1)
    answering = in_use(room)
    prevalence = _prevalence(asked, answering)
    lesions = [_plain(lesion) for lesion in asked.lesions]
    answers = answers_of(answering, lesions, prevalence)
    kept = _kept(room, caller, answering, asked, lesions, answers, prevalence) if asked.store else {}
    ANSWERS.labels(door="api").inc(len(answers))
    return JSONResponse(
        {
            "model": answering.id,
            "answers": [
                {
                    "pseudonym": given.pseudonym,
                    "lesion": kept.get(i),
                    "revision": 1 if i in kept else None,
                    "answer": answer.as_dict(),
                }
                for i, (given, answer) in enumerate(zip(asked.lesions, answers, strict=True))
            ],
        }
    )


def in_use(room: Room) -> Answering:
    """The models that answer now; RefusedError 503 where there are none."""
    try:
        with room.database.reading() as session:
            return room.models.in_use(session)
    except BundleError as error:
        raise RefusedError(503, error.faults) from error


def answers_of(
    answering: Answering, lesions: Sequence[Mapping[str, str | float]], prevalence: Sequence[float | None]
) -> list[Answer | ChainedAnswer]:
    """The answer of each lesion; RefusedError 422 with every fault of all of them."""
    answers, faults = [], []
    for i, lesion in enumerate(lesions):
        try:
            answers.append(ask(answering.model, lesion, prevalence, explained=True))
        except LesionError as error:
            faults += [replace(fault, where=f"lesions[{i}].findings", value="") for fault in error.faults]
    if faults:
        raise RefusedError(422, faults)
    return answers


def _plain(lesion: LesionIn) -> dict[str, str | float]:
    found: dict[str, str | float] = lesion.findings.model_dump(exclude_none=True)
    return found


def _prevalence(asked: PredictIn, answering: Answering) -> tuple[float | None, ...]:
    count = len(answering.bundles)
    if asked.prevalence is None:
        return (None,) * count
    if len(asked.prevalence) != count:
        raise RefusedError(422, [Fault("prevalence", f"one for each of {count} models, or null")])
    return tuple(asked.prevalence)


def _kept(
    room: Room,
    caller: Caller,
    answering: Answering,
    asked: PredictIn,
    lesions: Sequence[dict[str, str | float]],
    answers: Sequence[Answer | ChainedAnswer],
    prevalence: tuple[float | None, ...],
) -> dict[int, int]:
    """The number of each stored lesion by its place in the list; RefusedError where one cannot be, and none is."""
    faults: list[Fault] = []
    numbers: dict[int, int] = {}
    with room.database.writing() as session:
        if room.models.in_use(session).id != answering.id:
            raise RefusedError(409, [Fault("model", "another one has come into use", remedy="ask again")])
        for i, (given, lesion, answer) in enumerate(zip(asked.lesions, lesions, answers, strict=True)):
            where = f"lesions[{i}]"
            if unfit := _unfit(answering, given, lesion):
                faults += [replace(fault, where=where) for fault in unfit]
                continue
            whole = Given(answering, lesion, prevalence, tuple(shares_of(answer.as_dict())))
            try:
                numbers[i] = keep_new(room, session, caller, given.pseudonym or "", whole).id
            except InputError as error:
                faults += [replace(fault, where=f"{where}.{fault.where}", value="") for fault in error.faults]
        if faults:
            raise RefusedError(422, faults)
    return numbers


def _unfit(answering: Answering, given: LesionIn, lesion: Mapping[str, str | float]) -> list[Fault]:
    """Why a lesion that can be answered cannot be stored."""
    faults = []
    if given.pseudonym is None:
        faults.append(Fault("", "needs a pseudonym to be stored"))
    if not lesion:
        faults.append(Fault("", "nothing is known of it"))
    faults += [
        Fault("", "is no input of the models in use, so it is not stored", column=name)
        for name in lesion
        if name not in answering.known
    ]
    return faults


def _described(bundle: Bundle) -> dict[str, Any]:
    card = bundle.content["card"]
    inputs = [
        {
            "name": known.variable.name,
            "label": known.variable.label,
            "unit": known.variable.unit,
            "levels": list(known.levels),
            "low": None if known.levels else known.low,
            "high": None if known.levels else known.high,
        }
        for known in bundle.inputs
    ]
    return {
        "task": bundle.task.name,
        "model": bundle.model,
        "sha256": bundle.sha256,
        "positive_label": bundle.task.positive_label,
        "negative_label": bundle.task.negative_label,
        "prevalence": bundle.prevalence,
        "inputs": inputs,
        "thresholds": bundle.content["thresholds"],
        **{name: card[name] for name in ("intended_use", "limits", "notice")},
    }
