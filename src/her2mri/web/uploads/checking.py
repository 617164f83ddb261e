"""What is to be mended in a table: the faults of ``check``, those of the room, and what each needs to be mended."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from her2mri.bundle.lesion import read_lesion
from her2mri.dictionary import DataDictionary, Variable
from her2mri.errors import Fault, LesionError
from her2mri.web.lesions.models import Answering
from her2mri.web.lesions.pseudonym import ALLOWED
from her2mri.web.uploads.personal import IDENTIFIERS, is_pseudonym
from her2mri.web.uploads.typed_table import TypedTable

if TYPE_CHECKING:
    import pandas as pd

    from her2mri.cohort.lesion_table import CheckedTables

Inputs = dict[str, str | float]
_PER_CENT_FACTOR: Final = 100.0


@dataclass(frozen=True)
class ToMend:
    """Cells of one column with the same fault and the same content, which one value mends.

    ``variable`` is None, and ``rows`` has one row, where no cell is wrong but the whole lesion.
    """

    rows: tuple[int, ...]
    variable: Variable | None
    fault: Fault

    @property
    def key(self) -> str:
        """What a form calls it."""
        return f"{self.fault.column}:{self.rows[0]}"


@dataclass(frozen=True)
class WrongUnit:
    """A whole column that looks as if it were in another unit, and the factors that may mend it."""

    variable: Variable
    fault: Fault
    factors: tuple[float, ...]


@dataclass(frozen=True)
class CheckedUpload:
    """What is to be mended and to be known; ``lesions`` by row, once nothing is to be mended."""

    to_mend: tuple[ToMend, ...]
    wrong_units: tuple[WrongUnit, ...]
    to_know: tuple[str, ...]
    lesions: dict[int, tuple[str, Inputs]]

    @property
    def is_clean(self) -> bool:
        """Whether it can be scored."""
        return not self.to_mend and not self.wrong_units and bool(self.lesions)


def check_upload(
    table: TypedTable, dictionary: DataDictionary, answering: Answering, taken: Collection[str]
) -> CheckedUpload:
    """Everything that is to be mended in a table; ``taken``: what lesions of this reader are called already."""
    from her2mri.cohort.lesion_table import check_tables

    if not table.kept_rows:
        return CheckedUpload((), (), table.said, {})
    checked = check_tables([table.raw()], dictionary)
    faults = [*_in_own_words(table, checked.faults), *_pseudonyms(table, checked.frame, taken)]
    units = tuple(_wrong_unit(dictionary, fault) for fault in faults if fault.row is None)
    faults = [fault for fault in faults if fault.row is not None]
    lesions: dict[int, tuple[str, Inputs]] = {}
    caveats = checked.caveats
    if not faults and not units:
        cohort = checked.cohort()
        caveats = cohort.caveats
        lesions = _lesions(cohort.frame, checked, answering)
        faults = list(_for_the_model(table.name, lesions, answering))
    to_know = (*table.said, *_to_know(caveats))
    return CheckedUpload(_grouped(faults, dictionary), units, to_know, {} if faults else lesions)


def _in_own_words(table: TypedTable, faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults of ``check``; an empty cell says so where the room emptied it."""
    withheld = {(row.row, name) for row in table.rows for name in row.withheld}
    for fault in faults:
        if (fault.row, fault.column) in withheld:
            yield _not_kept(table.name, fault.row, fault.column)
        else:
            yield fault


def _not_kept(where: str, row: int | None, column: str) -> Fault:
    problem = "was no pseudonym, perhaps a name or a date, and was not kept"
    return Fault(where, problem, allowed=ALLOWED, remedy="type a pseudonym", row=row, column=column)


def _pseudonyms(table: TypedTable, frame: pd.DataFrame, taken: Collection[str]) -> Iterator[Fault]:
    """Identifiers that are none here, and lesions that the reader has already."""
    for row in table.kept_rows:
        for name in IDENTIFIERS:
            if name in row.cells and not is_pseudonym(row.cells[name]):
                yield _not_kept(table.name, row.row, name)
    for row, name in zip(table.kept_rows, frame["lesion_id"], strict=True):
        if isinstance(name, str) and name in taken:
            yield Fault(
                table.name,
                "you have a lesion of that name already",
                remedy="leave the row out and correct the lesion in the list, or give another pseudonym",
                row=row.row,
                column="lesion_id",
                value=name,
            )


def _wrong_unit(dictionary: DataDictionary, fault: Fault) -> WrongUnit:
    variable = dictionary[fault.column]
    factors = dict.fromkeys(slip.factor for slip in variable.unit_slips)
    if variable.unit == "%":
        factors[_PER_CENT_FACTOR] = None
    return WrongUnit(variable, fault, tuple(factors))


def _lesions(
    frame: pd.DataFrame, checked: CheckedTables, answering: Answering
) -> dict[int, tuple[str, Inputs]]:
    """Pseudonym and what the model may be told of each lesion, derived variables filled in, by row."""
    used = [name for name in sorted(answering.known) if name in frame]
    known = frame[used].astype(object).where(frame[used].notna(), None)
    rows = zip(checked.places["row"], frame["lesion_id"], known.to_dict("records"), strict=True)
    return {
        int(row): (str(name), {str(key): value for key, value in lesion.items() if value is not None})
        for row, name, lesion in rows
    }


def _for_the_model(
    where: str, lesions: dict[int, tuple[str, Inputs]], answering: Answering
) -> Iterator[Fault]:
    """What the dictionary allows but the model in use cannot be asked."""
    asked = {known.variable.name for bundle in answering.bundles for known in bundle.inputs}
    for row, (_, lesion) in lesions.items():
        if not asked & lesion.keys():
            yield Fault(
                where, "nothing is known that the model asks for", remedy="leave the row out", row=row
            )
        for bundle in answering.bundles:
            try:
                read_lesion(lesion, bundle.inputs, bundle.exclusions)
            except LesionError as error:
                yield from (replace(fault, where=where, row=row) for fault in error.faults)


def _grouped(faults: Sequence[Fault], dictionary: DataDictionary) -> tuple[ToMend, ...]:
    """Equal faults of equal cells together, in the order of the rows; identifiers each for itself."""
    groups: dict[tuple[object, ...], list[Fault]] = {}
    for fault in sorted(dict.fromkeys(faults), key=lambda found: found.row or 0):
        alone = not fault.column or dictionary[fault.column].kind == "identifier"
        content = (fault.column, fault.value, fault.problem)
        groups.setdefault((*content, fault.row) if alone else content, []).append(fault)
    return tuple(
        ToMend(
            tuple(fault.row for fault in group if fault.row is not None),
            dictionary[group[0].column] if group[0].column else None,
            group[0],
        )
        for group in groups.values()
    )


def _to_know(caveats: Sequence[object]) -> Iterator[str]:
    """Caveats in one line each, equal ones together; not that columns which no model asks for say nothing."""
    from her2mri.cohort.cohort import Caveat

    rows: dict[tuple[str, str], list[int]] = {}
    for caveat in caveats:
        assert isinstance(caveat, Caveat)
        if caveat.code in {"empty_column", "constant_column", "not_labelled", "no_outcome"}:
            continue
        found = rows.setdefault((caveat.column, caveat.message), [])
        if caveat.row is not None:
            found.append(caveat.row)
    for (column, message), numbers in rows.items():
        shown = ", ".join(map(str, numbers[:5])) + (
            f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
        )
        place = f"Row{'s' if len(numbers) > 1 else ''} {shown}: " if numbers else ""
        yield f"{place}{message}" + (f" ({column})." if column and not place else ".")
