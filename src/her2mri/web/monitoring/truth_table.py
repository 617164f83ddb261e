"""Many reports at once: a table of pseudonyms with IHC, ISH and the facts of the examination."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.dictionary import DataDictionary, Variable, load_dictionary
from her2mri.errors import Fault, InputError, TableError
from her2mri.web.database.tables import Account, Lesion
from her2mri.web.monitoring.examination import Facts, examinations_of, facts_of, keep_facts, read_facts
from her2mri.web.monitoring.pathology import (
    IHC,
    ISH,
    is_same,
    keep_report,
    label_rule_of,
    pathology_of,
    read_report,
)
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room
from her2mri.web.uploads.apart import read_cells_apart
from her2mri.web.uploads.reading import suffix_of

if TYPE_CHECKING:
    from her2mri.cohort.read import RawTable

COLUMNS: Final = {
    "pseudonym": "as the lesion was entered",
    "reader": "the account that entered it; only where two readers use one pseudonym",
    IHC: "0, 1+, 2+ or 3+",
    ISH: "not amplified, amplified or equivocal",
    "scanner": "its code on the list",
    "month": "of the examination, such as 2026-03",
    "patient": "a code that the lesions of one patient share",
}


@dataclass(frozen=True)
class Row:
    """One row of the table, as texts; ``number`` as a spreadsheet counts it."""

    number: int
    pseudonym: str
    reader: str
    ihc: str
    ish: str
    facts: Facts


@dataclass(frozen=True)
class Stored:
    """How many reports and examinations were stored, and how many rows said nothing new."""

    reports: int
    examinations: int
    unchanged: int


def read_rows(content: bytes, name: str) -> list[Row]:
    """The rows of a file of that name; TableError with every fault, none of which repeats a value."""
    from her2mri.cohort.columns import match_columns
    from her2mri.cohort.values import parse_column

    table = read_cells_apart(content, suffix_of(name))
    dictionary = _asked()
    matched = match_columns(table, dictionary)
    faults = [*matched.faults, *_unknown(table, len(matched.columns))]
    texts: dict[str, list[str]] = {}
    for variable in dictionary.variables:
        if variable.name in matched.columns:
            column = parse_column(variable, matched.columns[variable.name], where=table.name)
            faults += column.faults
            texts[variable.name] = ["" if value != value else str(value) for value in column.values]
    if faults:
        raise TableError(replace(fault, value="") for fault in faults)
    return [
        _row(number, {key: column[i] for key, column in texts.items()})
        for i, number in enumerate(table.frame.index)
    ]


def keep_rows(room: Room, session: Session, visitor: Visitor, rows: Sequence[Row]) -> Stored:
    """Every row, or none: InputError with every fault of every row.

    An empty cell changes nothing: to withdraw a report is done in the page of its lesion.
    """
    rule = label_rule_of(room.models.in_use(session))
    faults: list[Fault] = []
    reports = examinations = unchanged = 0
    seen: dict[int, int] = {}
    for row in rows:
        try:
            lesion = _lesion(session, visitor, row)
            if lesion.id in seen:
                raise InputError([Fault("", f"is the lesion of row {seen[lesion.id]} again")])
            seen[lesion.id] = row.number
        except InputError as error:
            faults += _placed(error, row.number)
            continue
        new_report = new_facts = False
        try:
            new_report = _keep_report(room, session, visitor, lesion, row, rule)
        except InputError as error:
            faults += _placed(error, row.number)
        try:
            new_facts = _keep_facts(room, session, visitor, lesion, row.facts)
        except InputError as error:
            faults += _placed(error, row.number)
        reports, examinations = reports + new_report, examinations + new_facts
        unchanged += not (new_report or new_facts)
    if faults:
        raise TableError(faults)
    return Stored(reports, examinations, unchanged)


def _keep_report(room: Room, session: Session, visitor: Visitor, lesion: Lesion, row: Row, rule: str) -> bool:
    if not (row.ihc or row.ish):
        return False
    earlier = pathology_of(session, lesion)
    last = earlier[0] if earlier else None
    ihc, ish = row.ihc, row.ish
    if last is not None and ihc in {"", last.her2_ihc or ""}:  # what came later completes the report
        ihc, ish = last.her2_ihc or "", ish or last.her2_ish or ""
    report = read_report(ihc, ish, rule)
    if last is not None and is_same(last, report):
        return False
    keep_report(room, session, visitor, lesion, last.revision if last else 0, report)
    return True


def _keep_facts(room: Room, session: Session, visitor: Visitor, lesion: Lesion, given: Facts) -> bool:
    earlier = examinations_of(session, lesion)
    last = earlier[0] if earlier else None
    known = facts_of(last)
    facts = Facts(given.scanner or known.scanner, given.month or known.month, given.patient or known.patient)
    if facts == known:
        return False
    given = read_facts(session, f"{room.now():%Y-%m}", given.scanner, given.month, given.patient)
    keep_facts(room, session, visitor, lesion, last.revision if last else 0, facts)
    return True


def _lesion(session: Session, visitor: Visitor, row: Row) -> Lesion:
    """The lesion of a row: as if those that the visitor may not see did not exist."""
    query = (
        select(Lesion).join(Account, Lesion.owner_id == Account.id).where(Lesion.pseudonym == row.pseudonym)
    )
    if row.reader:
        query = query.where(Account.name == row.reader.lower())
    if not visitor.may(Permission.SEE_ALL_LESIONS):
        query = query.where(Lesion.owner_id == visitor.account_id)
    found = list(session.scalars(query))
    if not found:
        remedy = "enter the lesion first, or mend its pseudonym"
        raise InputError([Fault("", "no lesion here has this pseudonym", remedy=remedy)])
    if len(found) > 1:
        remedy = "add a column reader"
        raise InputError([Fault("", "lesions of several readers have this pseudonym", remedy=remedy)])
    return found[0]


def _row(number: Any, texts: dict[str, str]) -> Row:
    def of(name: str) -> str:
        return texts.get(name, "").strip()

    facts = Facts(of("scanner"), of("month")[:7], of("patient"))
    return Row(int(number), of("pseudonym"), of("reader"), of(IHC), of(ISH), facts)


def _placed(error: InputError, row: int) -> list[Fault]:
    """``where`` of a fault of one lesion is what it is about: here its column."""
    return [replace(fault, where="table", row=row, column=fault.where) for fault in error.faults]


def _unknown(table: RawTable, known: int) -> Iterator[Fault]:
    """A header is not repeated: it may be what must not be sent."""
    if more := len(table.frame.columns) - known:
        allowed = ", ".join(COLUMNS)
        problem = f"{more} of its columns {'is' if more == 1 else 'are'} not asked for"
        yield Fault(table.name, problem, allowed=allowed, remedy="leave out all others")


def _asked() -> DataDictionary:
    dictionary = load_dictionary()
    texts = {
        name: Variable(name, name, "identifier", "identifier", "identity", required=name == "pseudonym")
        for name in COLUMNS
    }
    known = tuple(
        replace(dictionary[name], required=False) if name in dictionary else texts[name] for name in COLUMNS
    )
    return replace(dictionary, variables=known)
