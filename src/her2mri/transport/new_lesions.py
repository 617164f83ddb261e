"""Tables of new lesions, for models that are frozen: read like any lesion table, but asking for less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from her2mri.bundle import Answer, Bundle
from her2mri.bundle.chain import Chain, ChainedAnswer
from her2mri.bundle.wording import ask
from her2mri.cohort.lesion_table import check_files
from her2mri.dictionary import DataDictionary, load_dictionary
from her2mri.errors import BundleError, Fault, InputError, LesionError, TableError


def dictionary_of(bundle: Bundle) -> DataDictionary:
    """The dictionary that the bundle's variables come from; BundleError where this version has none such."""
    name = bundle.content["dictionary"]["name"]
    try:
        return load_dictionary(name)
    except FileNotFoundError as error:
        raise BundleError(
            [Fault("bundle", f"made with the dictionary {name!r}, which is not here")]
        ) from error


def read_new_lesions(model: Bundle | Chain, table: Path, *, label_rule: str | None = None) -> pd.DataFrame:
    """The lesions of a table, derived variables filled in; only what the model asks for need be there.

    A table without ``lesion_id`` numbers its lesions by row, as a spreadsheet counts them. Raises TableError
    with every fault, also where the table has none of the model's inputs.
    """
    bundles = [model] if isinstance(model, Bundle) else [model.first, model.second]
    dictionary = dictionary_of(bundles[0])
    optional = tuple(replace(variable, required=False) for variable in dictionary.variables)
    checked = check_files([table], replace(dictionary, variables=optional))
    frame = checked.cohort(label_rule=label_rule).frame
    if "lesion_id" not in frame:
        frame.insert(0, "lesion_id", [f"row {row}" for row in checked.places["row"]])
    inputs = [known.variable.name for bundle in bundles for known in bundle.inputs]
    if not any(name in frame for name in inputs):
        problem = "has none of the columns that the model needs"
        raise TableError([Fault(table.name, problem, allowed=", ".join(dict.fromkeys(inputs)))])
    return frame


def answers_of(
    model: Bundle | Chain, lesions: pd.DataFrame, prevalence: Sequence[float | None]
) -> list[Answer | ChainedAnswer]:
    """What the model says of each lesion; LesionError with every fault of every lesion."""
    bundles = [model] if isinstance(model, Bundle) else [model.first, model.second]
    used = [
        name
        for name in dict.fromkeys(name for bundle in bundles for name in bundle.variables)
        if name in lesions
    ]
    answers: list[Answer | ChainedAnswer] = []
    faults: list[Fault] = []
    for name, lesion in zip(lesions["lesion_id"], lesions[used].to_dict("records"), strict=True):
        try:
            answers.append(ask(model, {str(key): value for key, value in lesion.items()}, prevalence))
        except InputError as error:
            faults += [replace(fault, where=f"lesion {name}") for fault in error.faults]
    if faults:
        raise LesionError(faults)
    return answers


def answers_frame(lesions: pd.DataFrame, answers: Sequence[Answer | ChainedAnswer]) -> pd.DataFrame:
    """One row a lesion: probability and interval (of a chain: of each class), then what must be read with it."""
    rows = []
    for name, answer in zip(lesions["lesion_id"], answers, strict=True):
        row: dict[str, object] = {"lesion_id": name}
        row |= _of_chain(answer) if isinstance(answer, ChainedAnswer) else _of_one(answer)
        row["warnings"] = "; ".join(warned.message for warned in answer.warnings)
        rows.append({**row, "refused": answer.refused})
    return pd.DataFrame(rows)


def _of_one(answer: Answer) -> dict[str, object]:
    return {
        "positive": answer.positive_label,
        "probability": answer.probability,
        "conf_low": answer.conf_low,
        "conf_high": answer.conf_high,
        "linear_predictor": answer.linear_predictor,
        "total_points": answer.total_points,
        **{f"positive_at_{name}": called for name, called in answer.calls.items()},
    }


def _of_chain(answer: ChainedAnswer) -> dict[str, object]:
    row: dict[str, object] = {}
    for part in answer.classes:
        row[f"probability {part.label}"] = part.probability
        row[f"conf_low {part.label}"] = part.conf_low
        row[f"conf_high {part.label}"] = part.conf_high
    return row
