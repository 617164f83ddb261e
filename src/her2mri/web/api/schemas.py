"""What is sent to the API and what it answers, as models: checked when it comes in, described in OpenAPI."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

from her2mri.bundle.answer import Answer, Warned
from her2mri.bundle.chain import ClassProbability
from her2mri.dictionary import load_dictionary
from her2mri.web.api.findings import Findings, made_up
from her2mri.web.lesions.pseudonym import ALLOWED, PATTERN, pseudonym_fault

MOST_LESIONS: Final = 500
_Share = Annotated[float, Field(gt=0, lt=1, strict=True)]


def _pseudonym(text: str) -> str:
    if fault := pseudonym_fault(text):
        raise PydanticCustomError(
            "finding", "{problem}", {"problem": fault.problem, "allowed": fault.allowed}
        )
    return text


_Pseudonym = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_pseudonym),
    WithJsonSchema({"type": "string", "description": ALLOWED, "pattern": f"^{PATTERN}$"}),
]


def _listed(given: object) -> object:
    """One lesion is a list of one."""
    return [given] if isinstance(given, dict) else given


class Strict(BaseModel):
    """What is sent, in which nothing else may stand."""

    model_config = ConfigDict(extra="forbid")


class LesionIn(Strict):
    """One lesion. Of the patient nothing but a pseudonym, and that only where it is stored."""

    pseudonym: _Pseudonym | None = None
    findings: Findings


_Lesions = Annotated[
    list[LesionIn],
    BeforeValidator(_listed),
    Field(min_length=1, max_length=MOST_LESIONS),
    WithJsonSchema(
        {
            "title": "One lesion or a list of them",
            "anyOf": [
                {"$ref": "#/components/schemas/LesionIn"},
                {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/LesionIn"},
                    "minItems": 1,
                    "maxItems": MOST_LESIONS,
                },
            ],
        }
    ),
]


class PredictIn(Strict):
    """Lesions to be answered by the models in use; ``prevalence``: of each model, where it is not development's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "lesions": [{"pseudonym": "BR-0417", "findings": made_up(load_dictionary())}],
                    "prevalence": None,
                    "store": False,
                }
            ]
        },
    )

    lesions: _Lesions
    prevalence: Annotated[list[_Share | None], Field(min_length=1, max_length=2)] | None = None
    store: StrictBool = False


class ThreeClasses(BaseModel):
    """Two models, one after the other: three classes whose probabilities sum to 1."""

    classes: list[ClassProbability]
    first: Answer
    second: Answer
    refused: str
    warnings: list[Warned]


class LesionOut(BaseModel):
    """An answer; ``lesion`` and ``revision`` where it was stored."""

    pseudonym: str | None
    lesion: int | None
    revision: int | None
    answer: ThreeClasses | Answer


class PredictOut(BaseModel):
    """The answers in the order of the lesions, by the model of this number."""

    model: int
    answers: list[LesionOut]


class ListedOut(BaseModel):
    """A stored lesion with its latest answer: what was said, by whose reading, when (UTC)."""

    lesion: int
    pseudonym: str
    reader: str
    revision: int
    answered_at: datetime
    answer: ThreeClasses | Answer


class StoredOut(ListedOut):
    """A stored answer, with what was given and which model and software gave it."""

    model: int
    software: str
    findings: dict[str, str | float]
    prevalence: list[float | None]


class LesionsOut(BaseModel):
    """One page of stored lesions, the last answered first, each with its latest answer."""

    total: int
    page: int
    pages: int
    lesions: list[ListedOut]


class RevisionsOut(BaseModel):
    """Every answer of one lesion, the latest first."""

    revisions: list[StoredOut]


class InputOut(BaseModel):
    """What a model asks for: levels met in development, or the range there."""

    name: str
    label: str
    unit: str
    levels: list[str]
    low: float | None
    high: float | None


class BundleOut(BaseModel):
    """One frozen model."""

    task: str
    model: str
    sha256: str
    positive_label: str
    negative_label: str
    prevalence: float
    inputs: list[InputOut]
    thresholds: list[dict[str, Any]]
    intended_use: str
    limits: list[str]
    notice: str


class ModelsOut(BaseModel):
    """What answers now, since when (UTC): one bundle, or two in the order in which they are asked."""

    model: int
    since: datetime
    bundles: list[BundleOut]


class ServiceOut(BaseModel):
    """One service of CDS Hooks."""

    hook: str
    id: str
    title: str
    description: str
    usageRequirements: str  # noqa: N815 - the standard's name
    prefetch: dict[str, str]


class ServicesOut(BaseModel):
    """The services of CDS Hooks here."""

    services: list[ServiceOut]


class SourceOut(BaseModel):
    """Where a card is from."""

    label: str
    url: str


class LinkOut(BaseModel):
    """Where more can be seen."""

    label: str
    url: str
    type: Literal["absolute"]


class CardOut(BaseModel):
    """A card of CDS Hooks."""

    uuid: str
    summary: Annotated[str, Field(max_length=139)]
    indicator: Literal["info", "warning"]
    detail: str
    source: SourceOut
    links: list[LinkOut]


class CardsOut(BaseModel):
    """The cards to show; none where there is nothing to say."""

    cards: list[CardOut]


class FaultOut(BaseModel):
    """One thing that is wrong: where, what, what is allowed, what to do."""

    where: str
    problem: str
    allowed: str
    remedy: str
    row: int | None
    column: str
    value: str


class Refused(BaseModel):
    """Why nothing was done: every fault."""

    faults: list[FaultOut]
