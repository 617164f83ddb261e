"""The case list: a table of pseudonyms, truth and findings, checked with every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from her2mri.dictionary import DataDictionary, Variable, load_dictionary
from her2mri.errors import Fault, InputError, LesionError, TableError
from her2mri.web.lesions.answering import output_of
from her2mri.web.lesions.given import PERSONAL
from her2mri.web.lesions.models import Answering
from her2mri.web.lesions.pseudonym import pseudonym_fault
from her2mri.web.reader_studies.questions import Question
from her2mri.web.reader_studies.setup import Case
from her2mri.web.uploads.apart import read_cells_apart
from her2mri.web.uploads.reading import suffix_of

if TYPE_CHECKING:
    from her2mri.cohort.read import RawTable
    from her2mri.readers.cells import Cells

KINDS: Final = (".csv", ".tsv", ".txt", ".xlsx")
MOST_CASES: Final = 500
MOST_FAULTS: Final = 50
_IDENTITY: Final = ("lesion_id", "patient_id")
_FINDINGS: Final = ("predictor", "descriptor")


@dataclass(frozen=True)
class CaseTable:
    """The cases, and the columns of the dictionary that were left out because no reader may see them."""

    cases: tuple[Case, ...]
    left_out: tuple[str, ...]


def read_cases(content: bytes, name: str, question: Question, answering: Answering) -> CaseTable:
    """The cases of an uploaded table: lesion_id, patient_id, the outcome (or what it derives from), findings.

    ``name`` says only by its ending what kind of file it is. Raises InputError with every fault.
    """
    suffix = suffix_of(name)
    if suffix not in KINDS:
        raise InputError([Fault("case list", "is not a kind of table taken here", allowed=", ".join(KINDS))])
    try:
        return _cases(read_cells_apart(content, suffix), question, answering)
    except InputError as error:
        raise InputError(_first(error.faults)) from error


def _first(faults: Sequence[Fault]) -> list[Fault]:
    """As many faults as somebody can mend in one sitting; how many more there are is said."""
    kept = list(faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        kept.append(Fault("case list", f"and {len(faults) - MOST_FAULTS} more faults"))
    return kept


def _cases(table: RawTable, question: Question, answering: Answering) -> CaseTable:
    # Only who sets up a study pays for these: they bring pandas.
    from her2mri.readers.cells import Cells, plain_text
    from her2mri.readers.truth import outcome_of, truth_of

    dictionary = load_dictionary()
    cells = Cells(table)
    shown, left_out = _columns(cells, dictionary, answering)
    findings = _findings(cells, [dictionary[column] for column in shown])
    named = [[plain_text(cell or "") for cell in cells.frame.get(column, [])] for column in _IDENTITY]
    faults = [*cells.faults, *_pseudonym_faults(cells, named), *_model_faults(cells, findings, answering)]
    cases: list[Case] = []
    try:
        truth = truth_of(table, dictionary).frame
    except TableError as error:
        faults += error.faults
    else:
        rows = zip(truth["case"], truth["patient"], truth["truth"], findings, strict=True)
        cases = [Case(case, patient, question.truth_of(level), known) for case, patient, level, known in rows]
        faults += _truth_faults(cells, list(truth["truth"]), outcome_of(dictionary), question)
        faults += _whole_faults(cases, question)
    if faults:
        raise TableError(sorted(faults, key=lambda fault: (fault.row or 0, fault.column)))
    return CaseTable(tuple(cases), tuple(left_out))


def _columns(cells: Cells, dictionary: DataDictionary, answering: Answering) -> tuple[list[str], list[str]]:
    """The columns with findings, and those of the dictionary that readers do not get; the rest are faults."""
    shown: list[str] = []
    left_out: list[str] = []
    for column in cells.frame.columns:
        if column in _IDENTITY:
            continue
        if column not in dictionary:
            # A column that reads like a name is not repeated.
            known = "" if PERSONAL.search(column) else column[:40]
            remedy = "remove it: a case list holds pseudonyms, truth and findings of the dictionary"
            cells.faults.append(
                Fault(
                    cells.table.name, "a column that the dictionary does not have", "", remedy, column=known
                )
            )
            continue
        role = dictionary[column].role
        is_finding = role in _FINDINGS or (column in answering.known and role not in {"outcome", "leaking"})
        (shown if is_finding else left_out).append(column)
    return shown, left_out


def _findings(cells: Cells, variables: Sequence[Variable]) -> list[dict[str, str | float]]:
    """What is known of each case, as the dictionary stores it."""
    found: list[dict[str, str | float]] = [{} for _ in cells.frame.index]
    for variable in variables:
        values: Any
        if variable.is_categorical:
            values = cells.level(variable.name, variable.spellings(), required=False)
            known = values != ""
        else:
            low, high = variable.bounds or (float("-inf"), float("inf"))
            values = cells.number(variable.name, f"{low:g} to {high:g} {variable.unit}", low=low, high=high)
            known = values.notna()
        for place, (value, is_known) in enumerate(zip(values, known, strict=True)):
            if is_known:
                found[place][variable.name] = str(value) if variable.is_categorical else float(value)
    return found


def _pseudonym_faults(cells: Cells, named: Sequence[Sequence[str]]) -> Iterator[Fault]:
    for column, texts in zip(_IDENTITY, named, strict=True):
        for row, text in zip(cells.frame.index, texts, strict=False):
            if text and (fault := pseudonym_fault(text)):
                yield Fault(cells.table.name, fault.problem, fault.allowed, row=int(row), column=column)


def _truth_faults(cells: Cells, levels: Sequence[str], outcome: str, question: Question) -> Iterator[Fault]:
    allowed = ", ".join(dict.fromkeys(level for level, _ in question.truths))
    for row, level in zip(cells.frame.index, levels, strict=True):
        if not question.truth_of(level):
            problem = f"is not one of the classes of {question.label}" if level else "the truth is not known"
            yield Fault(cells.table.name, problem, allowed, row=int(row), column=outcome, value=level)


def _model_faults(
    cells: Cells, findings: Sequence[dict[str, str | float]], answering: Answering
) -> Iterator[Fault]:
    """What the model that will aid cannot answer."""
    name = cells.table.name
    for row, known in zip(cells.frame.index, findings, strict=True):
        inputs = model_inputs(known, answering)
        if not inputs:
            remedy = "give at least one finding that the model asks for"
            yield Fault(name, "nothing is known that the model could answer by", "", remedy, row=int(row))
            continue
        try:
            output_of(answering, inputs, [None] * len(answering.bundles))
        except LesionError as error:
            for fault in error.faults:
                what = (fault.problem, fault.allowed, fault.remedy)
                yield Fault(name, *what, row=int(row), column=fault.column, value=fault.value)


def model_inputs(findings: Mapping[str, str | float], answering: Answering) -> dict[str, str | float]:
    """Of what is known of a case, what the model in use takes."""
    return {name: value for name, value in findings.items() if name in answering.known}


def _whole_faults(cases: Sequence[Case], question: Question) -> list[Fault]:
    faults = []
    if len(cases) > MOST_CASES:
        faults.append(Fault("case list", "has too many cases", allowed=f"at most {MOST_CASES}"))
    truths = {case.truth for case in cases if case.truth}
    missing = [question.label_of(level) for level in question.levels if level not in truths]
    if missing:
        faults.append(Fault("case list", f"no case is {' or '.join(missing)}", remedy="a study needs each"))
    return faults
