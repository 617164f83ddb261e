"""From a fitted model to a bundle: everything a reading room needs, and no patient."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from her2mri import __version__
from her2mri.bundle import Bundle
from her2mri.bundle.arrays import plain
from her2mri.bundle.canonical import canonical
from her2mri.bundle.families import PATIENT_FAMILIES
from her2mri.cohort.cohort import Cohort
from her2mri.cohort.design_matrix import Encoding
from her2mri.dictionary import DataDictionary, Exclusion, Variable
from her2mri.evaluation.decision_curve import DCA_RULES
from her2mri.evaluation.performance import YOUDEN_TRAINING
from her2mri.models.development import Developed, DevelopedModel
from her2mri.models.fit import Fit
from her2mri.models.imputed import ImputedModel
from her2mri.study.freeze_development import development_summary, linear_predictor_summary
from her2mri.study.freeze_parameters import frozen_parameters
from her2mri.study.results import StudyResult
from her2mri.study.study_file import StudyFile
from her2mri.study.task_data import TaskData
from her2mri.vocabulary import CHALLENGERS, CROSS_VALIDATED, MODELS, TRAINING

_LOCKED = {
    TRAINING: "highest Youden index on the development lesions",
    CROSS_VALIDATED: "highest Youden index on the cross-validated predictions",
}
_UNFROZEN = frozenset({"GB"})
_LABELS = MODELS | CHALLENGERS
_ROW = ("estimate", "conf_low", "conf_high", "threshold")


@dataclass(frozen=True)
class Development:
    """What a fit was made from and how well it did: ``performance`` has the columns of the vocabulary.

    ``data`` has the lesions of the fit in ``TRAINING``; the threshold is the one locked on ``locked_on``.
    """

    study: StudyFile
    cohort: Cohort
    data: TaskData
    performance: pd.DataFrame
    protocol: str = "paper"
    locked_on: str = TRAINING


def bundles(result: StudyResult, *, with_patient_data: bool = False) -> dict[str, Bundle]:
    """The models of a study by ``task/model``, those of the recommended protocol by ``task/recommended/model``.

    SVM and k-NN, which hold patients, only ``with_patient_data``. Families that no bundle can hold, models
    averaged over imputations, and models that nothing was selected for, are left out.
    """
    found: dict[str, Bundle] = {}
    for name, task in result.tasks.items():
        source = Development(result.study, result.cohort, task.data, task.evaluation.frame())
        found |= _frozen(name, task.fits, source, with_patient_data)
    if result.recommended is None:
        return found
    for name, advised in result.recommended.tasks.items():
        source = Development(
            result.study,
            result.recommended.cohort,
            advised.plan.data,
            advised.performance_frame(),
            protocol="recommended",
            locked_on=CROSS_VALIDATED,
        )
        fits = {
            model: fit
            for model, developed in advised.developed.items()
            if (fit := _fit_of(developed)) is not None
        }
        found |= _frozen(f"{name}/recommended", fits, source, with_patient_data)
    return found


def _fit_of(developed: Developed | None) -> Fit | None:
    """The one fit behind a model; None where there are several, of imputed lesions, or nothing was selected."""
    if isinstance(developed, ImputedModel) and developed.imputer.nothing_missing:
        return _fit_of(developed.models[0])
    return developed.fit if isinstance(developed, DevelopedModel) else None


def _frozen(
    folder: str, fits: Mapping[str, Fit], source: Development, with_patient_data: bool
) -> dict[str, Bundle]:
    """The fits that a bundle can hold; those of the same inputs share one summary of the development."""
    found: dict[str, Bundle] = {}
    summaries: list[tuple[Encoding, dict[str, Any]]] = []
    for model, fit in fits.items():
        if model in _UNFROZEN or (model in PATIENT_FAMILIES and not with_patient_data):
            continue
        summary = next((known for encoding, known in summaries if encoding == fit.encoding), None)
        if summary is None:
            summary = summarised(fit.encoding, source)
            summaries.append((fit.encoding, summary))
        found[f"{folder}/{model}"] = freeze(fit, source, summary=summary)
    return found


def summarised(encoding: Encoding, source: Development) -> dict[str, Any]:
    """What a bundle of these inputs remembers of the development lesions, whatever the model."""
    inside = source.data.in_sample(TRAINING)
    with threadpool_limits(limits=1):  # sums in one order: the same bits on any number of threads
        return development_summary(
            encoding, source.data.frame[inside], source.data.y[inside], source.data.patient[inside]
        )


def freeze(fit: Fit, source: Development, *, summary: dict[str, Any] | None = None) -> Bundle:
    """The bundle of a fit; the same bytes for the same fit and data.

    ``summary`` is that of ``summarised``, for whoever freezes several models of the same inputs.
    """
    inside = source.data.in_sample(TRAINING)
    performance = source.performance
    rows = performance[(performance["task"] == source.data.task.name) & (performance["model"] == fit.model)]
    with threadpool_limits(limits=1):
        probability = fit.probability(source.data.frame[inside])
    development = {
        **(summary or summarised(fit.encoding, source)),
        "linear_predictor": linear_predictor_summary(probability),
    }
    dictionary = source.cohort.dictionary
    exclusions = [exclusion for exclusion in dictionary.exclusions if exclusion.equals]
    task = asdict(source.data.task)
    content = {
        "task": {key: value for key, value in task.items() if key not in {"published", "decision_range"}},
        "model": {
            "name": fit.model,
            "label": _LABELS[fit.model],
            "settings": fit.settings(),
            "notes": list(fit.notes),
        },
        "contains_patient_data": fit.model in PATIENT_FAMILIES,
        "dictionary": _slice(dictionary, fit.encoding, exclusions),
        "exclusions": [
            {"reason": e.reason, "label": e.label, "variable": e.variable, "equals": e.equals}
            for e in exclusions
        ],
        "encoding": _encoding(fit.encoding),
        "parameters": frozen_parameters(fit.estimator),
        "thresholds": _thresholds(rows, source.locked_on),
        "development": development,
        "performance": _performance(rows),
        "card": _card(fit, source, development, exclusions),
        "lineage": _lineage(source),
    }
    return Bundle.sealed(plain(content), check_lesions(fit.encoding, development))


def check_lesions(encoding: Encoding, development: dict[str, Any]) -> list[dict[str, str | float]]:
    """Made-up lesions that together show every level and both ends of every range; the last lack an input each."""
    choices: dict[str, list[str | float]] = {}
    for variable, levels in zip(encoding.variables, encoding.levels, strict=True):
        summary = development["variables"][variable.name]
        choices[variable.name] = list(levels) or [summary["mean"], summary["low"], summary["high"]]
    most = max(len(values) for values in choices.values())
    walks = {name: list(islice(cycle(values), most)) for name, values in choices.items()}
    lesions = [{name: values[i] for name, values in walks.items()} for i in range(most)]
    if len(choices) == 1:
        return lesions
    first = lesions[0]
    return lesions + [{name: first[name] for name in first if name != missing} for missing in first]


def _slice(dictionary: DataDictionary, encoding: Encoding, exclusions: list[Exclusion]) -> dict[str, Any]:
    used = {variable.name for variable in encoding.variables} | {e.variable for e in exclusions}
    variables = [variable for variable in dictionary.variables if variable.name in used]
    groups = {variable.group for variable in variables}
    return {
        "name": dictionary.name,
        "version": dictionary.version,
        "sha256": dictionary.sha256,
        "groups": {name: label for name, label in dictionary.groups.items() if name in groups},
        "variables": [_variable(variable) for variable in variables],
    }


def _variable(variable: Variable) -> dict[str, Any]:
    kept = ("name", "label", "kind", "role", "group", "unit", "bounds", "description")
    return {
        **{name: getattr(variable, name) for name in kept},
        "levels": [
            {"value": level.value, "label": level.label, "aliases": level.aliases}
            for level in variable.levels
        ],
        "unit_slips": [asdict(slip) for slip in variable.unit_slips],
    }


def _encoding(encoding: Encoding) -> dict[str, Any]:
    """Knots stand once, with the spline's variable; its columns but the first say which bend they are."""
    knots = {term.variable: list(term.knots) for term in encoding.terms if term.knots}
    return {
        "variables": [
            {"name": variable.name, "levels": levels}
            | ({"knots": knots[variable.name]} if variable.name in knots else {})
            for variable, levels in zip(encoding.variables, encoding.levels, strict=True)
        ],
        "terms": [
            {"name": term.name, "variable": term.variable, "level": term.level}
            | ({"basis": term.basis} if term.basis else {})
            for term in encoding.terms
        ],
    }


def _thresholds(rows: pd.DataFrame, locked_on: str) -> list[dict[str, Any]]:
    """Those fixed on the development lesions: Youden's, and the readings of the highest net benefit."""
    training = rows[rows["sample"] == locked_on]
    found = []
    youden = training.loc[training["threshold_rule"] == YOUDEN_TRAINING, "threshold"].dropna()
    if len(youden):
        chosen = _LOCKED[locked_on]
        found.append(
            {"name": YOUDEN_TRAINING, "value": float(youden.iloc[0]), "chosen": chosen, "locked": True}
        )
    optimal = training[training["metric"] == "dca_optimal_threshold"].dropna(subset=["estimate"])
    for rule, value in zip(optimal["threshold_rule"], optimal["estimate"], strict=True):
        chosen = f"{DCA_RULES[rule]}, on the development lesions"
        found.append({"name": rule, "value": float(value), "chosen": chosen, "locked": False})
    return found


def _performance(rows: pd.DataFrame) -> list[dict[str, Any]]:
    found = []
    for record in rows.drop(columns=["task", "model", "positive"]).to_dict("records"):
        row: dict[str, Any] = {str(name): value for name, value in record.items()}
        numbers = {name: None if pd.isna(row[name]) else float(row[name]) for name in _ROW}
        found.append({**row, **numbers, "n": int(row["n"]), "n_events": int(row["n_events"])})
    return found


def _card(
    fit: Fit, source: Development, development: dict[str, Any], exclusions: list[Exclusion]
) -> dict[str, Any]:
    task = source.data.task
    inputs = ", ".join(variable.label for variable in fit.encoding.variables)
    limits = [
        f"Made from {development['n']} lesions of {development['n_patients']} patients, "
        f"{development['n_events']} of them {task.positive_label}.",
        "Not made for: " + "; ".join(exclusion.label for exclusion in exclusions) + ".",
        "Outside the development ranges, and for combinations rare in development, the answer is extrapolated.",
        "At a centre with another case mix, validate it and update it before use.",
        "Supports a decision and replaces no pathology; not a medical device.",
        *fit.notes,
    ]
    return {
        "title": f"{task.label}: {_LABELS[fit.model]}",
        "intended_use": f"The probability that a lesion is {task.positive_label} rather than {task.negative_label}, "
        f"from: {inputs}. For research and decision support.",
        "limits": limits,
        "notice": source.cohort.notice,
    }


def _lineage(source: Development) -> dict[str, Any]:
    settings = source.study.model_dump(mode="json")
    settings["data"]["tables"] = [table.name for table in source.study.data.tables]
    provenance = source.cohort.provenance
    whole = {"name": provenance.get("source", ""), "sha256": provenance.get("sha256", "")}
    tables = provenance.get("tables") or ([whole] if whole["name"] else [])
    return {
        "her2mri": __version__,
        "protocol": source.protocol,
        "label_rule": str(provenance.get("label_rule") or _label_rule(source)),
        "seed": source.study.seed,
        "study_sha256": hashlib.sha256(canonical(settings).encode("utf-8")).hexdigest(),
        "inputs": [{"name": table["name"], "sha256": table.get("sha256", "")} for table in tables],
        "parent": None,
        "change": "",
    }


def _label_rule(source: Development) -> str:
    """The rule that the study asked for, or the dictionary's default."""
    return source.study.label_rule or source.cohort.dictionary.label_rules[0].version
