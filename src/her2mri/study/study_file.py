"""The study file: every choice of a study in one TOML file, checked before anything runs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from her2mri.dictionary import DataDictionary, load_dictionary
from her2mri.errors import Fault, StudyFileError
from her2mri.vocabulary import CHALLENGERS, MODELS

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_DEFAULT_DICTIONARY: Final = "her2"


def _known_task(name: str) -> str:
    return _looked_up(load_dictionary(_DEFAULT_DICTIONARY).task, name)


def _known_label_rule(version: str) -> str:
    return _looked_up(load_dictionary(_DEFAULT_DICTIONARY).label_rule, version)


def _looked_up(lookup: Callable[[str], object], word: str) -> str:
    try:
        lookup(word)
    except KeyError as error:
        raise ValueError(str(error.args[0])) from error
    return word


def _possible_predictor(name: str) -> str:
    dictionary = load_dictionary(_DEFAULT_DICTIONARY)
    if name not in dictionary:
        raise ValueError(f"{name} is not a variable of the dictionary")
    role = dictionary[name].role
    if role not in {"predictor", "descriptor"}:
        raise ValueError(f"{name} cannot be a predictor: its role is {role}")
    return name


# Each word is checked by itself, so that one fault never hides another.
Fraction = Annotated[float, Field(gt=0, lt=1)]
TaskName = Annotated[str, AfterValidator(_known_task)]
LabelRuleVersion = Annotated[str, AfterValidator(_known_label_rule)]
PredictorName = Annotated[str, AfterValidator(_possible_predictor)]


class Settings(BaseModel):
    """Settings are frozen, and a misspelt one is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSettings(Settings):
    """Which tables, and how centers and patients are assigned to sets."""

    tables: tuple[Path, ...] = Field((), description="Lesion tables; none: the published cohort")
    external_centers: tuple[str, ...] = Field((), description="Centers kept for external validation")
    train_fraction: Fraction = Field(0.7, description="Share of the other centers' patients in training")


class SelectionSettings(Settings):
    """How the predictors are chosen from the candidates."""

    method: Literal["paper", "published"] = Field(
        "paper", description="paper: LASSO, multivariable, stepwise; published: the study's own predictors"
    )
    predictors: tuple[PredictorName, ...] = Field(
        (), description="Candidates; none: every predictor in the table"
    )
    lasso_rule: Literal["min", "1se"] = Field("min", description="lambda.min or the one-standard-error rule")
    lasso_folds: int = Field(10, ge=3, le=50)
    multivariable_p: Fraction = Field(0.1, description="p below which a term goes on to the stepwise step")
    final_p: Fraction = Field(0.05, description="p below which a term stays in the end")


class ModelSettings(Settings):
    """Which families are fitted."""

    families: tuple[str, ...] = Field(tuple(MODELS), description="Of DT, SVM, k-NN, ANN, LR")
    knn_labels: bool = Field(False, description="Score k-NN by its class, as the published study did")
    tuning_folds: int = Field(5, ge=2, le=20)

    @field_validator("families", mode="before")
    @classmethod
    def _known(cls, families: object) -> object:
        if not isinstance(families, list | tuple):
            return families
        problems = []
        if unknown := [str(name) for name in families if name not in list(MODELS)]:
            problems.append(f"no such model: {', '.join(unknown)}; there are {', '.join(MODELS)}")
        if "LR" not in families:
            problems.append("LR must be among the families: the nomogram is drawn from it")
        if problems:
            raise ValueError("; ".join(problems))
        return tuple(name for name in MODELS if name in families)


class EvaluationSettings(Settings):
    """How performance and its uncertainty are measured."""

    n_bootstrap: int = Field(2000, ge=100, le=100_000)
    rule_out_probability: Fraction = Field(0.95, description="P(negative) above which an event is ruled out")


class ResamplingSettings(Settings):
    """How the recommended protocol repeats the whole development."""

    n_bootstrap: int = Field(1000, ge=20, le=100_000, description="Resamples of patients")
    challengers: tuple[str, ...] = Field(
        tuple(CHALLENGERS), description="Families developed beside those of the published study"
    )
    bootstrapped: tuple[str, ...] = Field(
        ("LR", "EN", "Firth", "RCS"),
        description="Families developed in every resample; all are cross-validated",
    )
    folds: int = Field(5, ge=2, le=20, description="Outer folds of the nested cross-validation")
    repeats: int = Field(2, ge=1, le=100, description="How often they are drawn anew")
    imputations: int = Field(5, ge=1, le=100, description="Completed tables where values are missing")

    @field_validator("challengers", "bootstrapped", mode="after")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = (*MODELS, *CHALLENGERS)
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"no such model: {', '.join(unknown)}; there are {', '.join(known)}")
        return tuple(name for name in known if name in names)


class DecisionSettings(Settings):
    """Over which thresholds the recommended protocol asks for net benefit: set before the data are seen."""

    lowest: Fraction | None = Field(None, description="Lowest threshold probability; none: the task's own")
    highest: Fraction | None = Field(None, description="Highest; none: the task's own")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lowest is not None and self.highest is not None and self.lowest >= self.highest:
            raise ValueError(f"lowest must be below highest, got {self.lowest:g} and {self.highest:g}")
        return self


class SizeSettings(Settings):
    """What the verdict on the study's size assumes."""

    anticipated_auc: Annotated[float, Field(gt=0.5, lt=1)] | None = Field(
        None, description="AUC expected before the study; none: Nagelkerke's R2 of 0.15"
    )


class ExplanationSettings(Settings):
    """How the Shapley values are computed."""

    background: int = Field(100, ge=10, le=1000, description="Training lesions that stand for the population")


class StudyFile(Settings):
    """A whole study. Every setting has a default: an empty file is the published study."""

    title: str = Field("", description="None: the dictionary's")
    protocol: Literal["paper", "recommended"] = Field(
        "recommended", description="recommended: the published protocol and, beside it, the recommended one"
    )
    dictionary: Literal["her2"] = _DEFAULT_DICTIONARY
    tasks: tuple[TaskName, ...] = Field((), description="Tasks of the dictionary; none: all of them")
    seed: int = Field(20260101, ge=0)
    label_rule: LabelRuleVersion = Field(
        "", description="Version of the rule that labels lesions; none: the first"
    )
    data: DataSettings = DataSettings()
    selection: SelectionSettings = SelectionSettings()
    models: ModelSettings = ModelSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    explanation: ExplanationSettings = ExplanationSettings()
    resampling: ResamplingSettings = ResamplingSettings()
    decision: DecisionSettings = DecisionSettings()
    size: SizeSettings = SizeSettings()

    @model_validator(mode="before")
    @classmethod
    def _words_of_the_dictionary(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        dictionary = load_dictionary(_DEFAULT_DICTIONARY)
        given = {name: value for name, value in content.items() if value != ""}
        return {"title": dictionary.title, "label_rule": dictionary.label_rule().version, **given}

    def load_dictionary(self) -> DataDictionary:
        """The data dictionary that the study speaks of."""
        return load_dictionary(self.dictionary)

    @property
    def task_names(self) -> tuple[str, ...]:
        """The tasks to run, in the order of the dictionary."""
        names = tuple(task.name for task in self.load_dictionary().tasks)
        return tuple(name for name in names if not self.tasks or name in self.tasks)


def read_study_file(path: Path) -> StudyFile:
    """The study that a TOML file describes; tables are looked for beside the file.

    Raises StudyFileError with every fault.
    """
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyFileError([Fault(path.name, f"cannot be read as a study file: {error}")]) from error
    study = parse_study(content, where=path.name)
    tables = tuple(path.parent / table for table in study.data.tables)
    return study.model_copy(update={"data": study.data.model_copy(update={"tables": tables})})


def parse_study(content: dict[str, Any], *, where: str = "study") -> StudyFile:
    """A study from plain data; raises StudyFileError with every fault."""
    try:
        return StudyFile.model_validate(content)
    except ValidationError as error:
        raise StudyFileError(_fault(problem, where) for problem in error.errors()) from error


def _fault(problem: ErrorDetails, where: str) -> Fault:
    """One of pydantic's errors as a fault, in our words where it is a setting that does not exist."""
    place = ".".join(str(part) for part in problem["loc"])
    where = f"{where}, setting {place}" if place else where
    value = "" if isinstance(problem["input"], dict) else str(problem["input"])
    if problem["type"] != "extra_forbidden":
        return Fault(where, str(problem["msg"]).removeprefix("Value error, "), value=value)
    *path, name = (str(part) for part in problem["loc"])
    settings: type[BaseModel] = StudyFile
    for part in path:
        inner = settings.model_fields[part].annotation
        assert isinstance(inner, type)
        assert issubclass(inner, BaseModel)
        settings = inner
    names = list(settings.model_fields)
    nearest = get_close_matches(name, names, n=1)
    remedy = f"did you mean {nearest[0]}?" if nearest else ""
    return Fault(where, "no such setting", allowed=", ".join(names), remedy=remedy, value=value)
