"""Opening a study freezes its set-up; closing it ends the reading."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from her2mri import __version__
from her2mri.bundle.canonical import digest
from her2mri.dictionary import load_dictionary
from her2mri.errors import Fault, InputError, LesionError
from her2mri.web.audit_log import record
from her2mri.web.database.reader_study_tables import (
    CaseRead,
    ClosedStudy,
    OpenedStudy,
    StudyDraft,
    StudyImage,
)
from her2mri.web.lesions.answering import output_of
from her2mri.web.lesions.given import ConflictError
from her2mri.web.lesions.models import Answering
from her2mri.web.people.sessions import Visitor
from her2mri.web.reader_studies.case_table import model_inputs
from her2mri.web.reader_studies.drafting import readers_to_choose
from her2mri.web.reader_studies.finding import Study, images_of
from her2mri.web.reader_studies.orders import SESSIONS, reading_orders
from her2mri.web.reader_studies.setup import (
    Case,
    CaseImage,
    FrozenCase,
    FrozenStudy,
    Setup,
    frozen_as_text,
    setup_as_text,
)
from her2mri.web.room import Room


def fingerprint(setup: Setup, images: Sequence[StudyImage], model: int) -> str:
    """What a draft is, images and the model in use and all: who opens it opens what they saw."""
    pictures = [[image.case, image.place, image.sha256] for image in images]
    return digest({"setup": setup_as_text(setup), "images": pictures, "model": model})


def open_study(room: Room, session: Session, visitor: Visitor, study: Study, seen: str) -> FrozenStudy:
    """Freeze the draft whose fingerprint is ``seen``.

    Raises ConflictError where it is another one by now, InputError with every reason why it cannot be opened.
    """
    draft = study.must_be_draft()
    images = images_of(session, study.number)
    answering = room.models.in_use(session)
    if fingerprint(draft, images, answering.id) != seen:
        said = "was changed meanwhile, or another model has come into use"
        raise ConflictError([Fault("study", said, remedy="look at it before you open it")])
    frozen = _frozen(draft, images, answering, _reader_faults(session, draft))
    content = frozen_as_text(frozen)
    now, sha256 = room.now(), hashlib.sha256(content.encode("utf-8")).hexdigest()
    session.delete(session.get_one(StudyDraft, study.number))
    session.flush()
    session.add(
        OpenedStudy(
            study_id=study.number,
            content=content,
            sha256=sha256,
            opened_by=visitor.account_id,
            opened_at=now,
        )
    )
    session.flush()
    detail: dict[str, str | int] = {
        "sha256": sha256,
        "cases": len(frozen.cases),
        "readers": len(frozen.readers),
        "model": frozen.model,
    }
    record(session, now, visitor.name, "study opened", f"study {study.number}", **detail)
    return frozen


def _reader_faults(session: Session, draft: Setup) -> list[Fault]:
    """Who was a reader when the draft was written may not be one any more."""
    known = {account.id for account in readers_to_choose(session)}
    gone = [reader.name for reader in draft.readers if reader.account not in known]
    return [Fault("readers", f"{name} is no reader any more", remedy="choose again") for name in gone]


def _frozen(
    draft: Setup, images: Sequence[StudyImage], answering: Answering, faults: list[Fault]
) -> FrozenStudy:
    cases = [_frozen_case(case, draft, images, answering, faults) for case in draft.cases]
    if faults:
        raise InputError(faults)
    readers = [reader.name for reader in draft.readers]
    return FrozenStudy(
        title=draft.title,
        question=draft.question,
        wording=draft.wording,
        rating=draft.rating,
        washout_days=draft.washout_days,
        seed=draft.seed,
        shows_findings=draft.shows_findings,
        readers=draft.readers,
        cases=tuple(cases),
        orders=reading_orders(draft.seed, readers, [case.case for case in draft.cases]),
        model=answering.id,
        bundles=tuple(bundle.sha256 for bundle in answering.bundles),
        software=__version__,
    )


def _frozen_case(
    case: Case, draft: Setup, images: Sequence[StudyImage], answering: Answering, faults: list[Fault]
) -> FrozenCase:
    inputs = model_inputs(case.findings, answering)
    answer: dict[str, Any] = {}
    try:
        answer = output_of(answering, inputs, [None] * len(answering.bundles))
    except LesionError as error:
        faults += [Fault(case.case, str(fault)) for fault in error.faults]
    own = tuple(
        CaseImage(image.sha256, image.media, image.width, image.height)
        for image in images
        if image.case == case.case
    )
    if not own and not draft.shows_findings:
        remedy = "give it an image, or let the readers see the findings"
        faults.append(Fault(case.case, "has nothing that a reader could read", remedy=remedy))
    shown = findings_in_words(case.findings) if draft.shows_findings else ()
    return FrozenCase(case.case, case.patient, case.truth, inputs, shown, own, answer)


def findings_in_words(
    findings: dict[str, str | float],
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """By group of the dictionary, MRI first: label and value of what is known."""
    dictionary = load_dictionary()
    groups: dict[str, list[tuple[str, str]]] = {}
    for variable in dictionary.variables:
        value = findings.get(variable.name)
        if value is not None:
            text = (
                variable.label_of(str(value))
                if variable.is_categorical
                else f"{value:.6g} {variable.unit}".strip()
            )
            groups.setdefault(variable.group, []).append((variable.label, text))
    return tuple((dictionary.groups[group], tuple(rows)) for group, rows in reversed(groups.items()))


def missing_reads(session: Session, study: Study) -> int:
    """How many reads an open or closed study still lacks."""
    assert study.frozen is not None
    query = select(func.count()).select_from(CaseRead).where(CaseRead.study_id == study.number)
    planned = SESSIONS * len(study.frozen.readers) * len(study.frozen.cases)
    return planned - (session.scalar(query) or 0)


def close_study(room: Room, session: Session, visitor: Visitor, study: Study, missing: int) -> None:
    """Nobody reads from now on. ConflictError where not just ``missing`` reads are lacking, as the page said."""
    study.must_be_open()
    lacking = missing_reads(session, study)
    if lacking != missing:
        remedy = "look at it before you close it"
        raise ConflictError([Fault("study", "was read in meanwhile", remedy=remedy)])
    now = room.now()
    session.add(ClosedStudy(study_id=study.number, closed_by=visitor.account_id, closed_at=now))
    session.flush()
    record(session, now, visitor.name, "study closed", f"study {study.number}", missing=lacking)
