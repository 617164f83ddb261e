"""What pathology found of a lesion: read by the dictionary's one rule, kept in revisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from her2mri.dictionary import DataDictionary, Variable, load_dictionary
from her2mri.errors import Fault, InputError
from her2mri.web.audit_log import record
from her2mri.web.database.tables import Lesion
from her2mri.web.database.truth_tables import Pathology
from her2mri.web.lesions.finding import answers_of
from her2mri.web.lesions.given import ConflictError
from her2mri.web.lesions.models import Answering
from her2mri.web.people.sessions import Visitor
from her2mri.web.room import Room

IHC: Final = "her2_ihc"
ISH: Final = "her2_ish"


@dataclass(frozen=True)
class Report:
    """IHC and ISH as the dictionary stores them, and the outcome that follows; None: not known."""

    ihc: str | None
    ish: str | None
    status: str | None
    label_rule: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self.ihc is None and self.ish is None


def asked() -> tuple[Variable, Variable]:
    """What is asked of pathology."""
    dictionary = load_dictionary()
    return dictionary[IHC], dictionary[ISH]


def label_rule_of(answering: Answering) -> str:
    """The version of the rule by which the outcomes of these models were labelled."""
    return str(answering.bundles[0].content["lineage"]["label_rule"])


def read_report(ihc: str, ish: str, label_rule: str) -> Report:
    """The report that was typed; empty text: not known.

    Raises InputError with every reason: not a level of the dictionary, or IHC and ISH contradict each other.
    """
    dictionary = load_dictionary()
    values: dict[str, str | None] = {}
    faults = []
    for name, text in ((IHC, ihc), (ISH, ish)):
        variable = dictionary[name]
        values[name] = variable.spellings().get(text.strip().casefold())
        if values[name] is None and text.strip():
            allowed = ", ".join(level.label for level in variable.levels)
            faults.append(Fault("pathology", f"{variable.label} is none of its levels", allowed=allowed))
    if faults:
        raise InputError(faults)
    return _labelled(dictionary, values, label_rule)


def _labelled(dictionary: DataDictionary, values: dict[str, str | None], label_rule: str) -> Report:
    derived = dictionary.label_rule(label_rule).apply(values)
    if derived.contradiction:
        remedy = "have the report checked; nothing is stored until the two agree"
        raise InputError([Fault("pathology", f"contradicts itself: {derived.contradiction}", remedy=remedy)])
    return Report(values[IHC], values[ISH], derived.value, label_rule)


def pathology_of(session: Session, lesion: Lesion) -> list[Pathology]:
    """Every report of a lesion, the latest first."""
    query = select(Pathology).where(Pathology.lesion_id == lesion.id)
    return list(session.scalars(query.order_by(Pathology.revision.desc())))


def keep_report(
    room: Room, session: Session, visitor: Visitor, lesion: Lesion, after: int, report: Report
) -> Pathology:
    """The next revision of a lesion's report, ``after`` the one that the visitor saw.

    Raises InputError where it says nothing new, and ConflictError where another was stored meanwhile.
    """
    earlier = pathology_of(session, lesion)
    last = earlier[0] if earlier else None
    if (last.revision if last else 0) != after:
        remedy = "look at it before you correct it"
        raise ConflictError([Fault("revision", "another report was entered meanwhile", remedy=remedy)])
    if last is None and report.is_empty:
        raise InputError([Fault("pathology", "says nothing", remedy="choose what the report says")])
    if last is not None and is_same(last, report):
        raise InputError([Fault("pathology", "is what is stored already")])
    kept = Pathology(
        lesion_id=lesion.id,
        revision=after + 1,
        answer_id=earlier[-1].answer_id if earlier else answers_of(session, lesion)[0].id,
        her2_ihc=report.ihc,
        her2_ish=report.ish,
        status=report.status,
        label_rule=report.label_rule,
        entered_by=visitor.account_id,
        entered_at=room.now(),
    )
    session.add(kept)
    session.flush()
    action = "pathology withdrawn" if report.is_empty else "pathology entered"
    place = f"lesion {lesion.id}"
    record(session, kept.entered_at, visitor.name, action, place, report=kept.id, revision=kept.revision)
    return kept


def is_same(stored: Pathology, report: Report) -> bool:
    """Whether this is what is stored already."""
    return (stored.her2_ihc, stored.her2_ish) == (report.ihc, report.ish)
