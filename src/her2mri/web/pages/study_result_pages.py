"""What came out of a closed reader study: the analysis in the page, and its tables to take away."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from her2mri.dictionary import load_dictionary
from her2mri.errors import InputError
from her2mri.web.audit_log import record
from her2mri.web.pages.guard import InRoom
from her2mri.web.pages.reader_study_pages import Conducting, found_study
from her2mri.web.pages.render import page
from her2mri.web.people.sessions import Visitor
from her2mri.web.reader_studies.analysis import Analysis, analysis_of
from her2mri.web.reader_studies.finding import Study
from her2mri.web.reader_studies.results import ReadCase, reads_csv, reads_of_study, truth_csv
from her2mri.web.reader_studies.setup import FrozenStudy
from her2mri.web.room import Room

router = APIRouter()


@router.get("/studies/{number}/analysis")
def study_analysis(request: Request, room: InRoom, visitor: Conducting, number: int) -> Response:
    """The analysis of the reads, which nobody sees before the study is closed."""
    with room.database.reading() as session:
        study, frozen = _closed(session, number)
        reads = reads_of_study(session, study)
    found: Analysis | None = None
    faults: tuple[object, ...] = ()
    try:
        found = analysis_of(reads_csv(reads), _truth(frozen), frozen.washout_days, frozen.asked)
    except InputError as error:
        faults = error.faults
    with room.database.writing() as session:
        record(session, room.now(), visitor.name, "study analysis seen", f"study {number}")
    interrupted = sum(read.times_shown > 1 for read in reads)
    return page(
        request,
        "study_analysis",
        visitor,
        study=study,
        frozen=frozen,
        found=found,
        faults=faults,
        n_reads=len(reads),
        interrupted=interrupted,
    )


@router.get("/studies/{number}/reads.csv")
def reads_as_csv(room: InRoom, visitor: Conducting, number: int) -> Response:
    """The reads table of ``her2mri readers``."""
    with room.database.reading() as session:
        study, _ = _closed(session, number)
        reads: list[ReadCase] = reads_of_study(session, study)
    return _table(room, visitor, number, "reads", reads_csv(reads))


@router.get("/studies/{number}/truth.csv")
def truth_as_csv(room: InRoom, visitor: Conducting, number: int) -> Response:
    """The lesion table with the truth that ``her2mri readers --truth`` takes."""
    with room.database.reading() as session:
        _, frozen = _closed(session, number)
    return _table(room, visitor, number, "truth", _truth(frozen))


def _closed(session: Session, number: int) -> tuple[Study, FrozenStudy]:
    study = found_study(session, number)
    if study.frozen is None or study.closed_at is None:
        raise HTTPException(404, "Nothing of what was read is shown before the study is closed.")
    return study, study.frozen


def _truth(frozen: FrozenStudy) -> str:
    return truth_csv(frozen, load_dictionary().tasks[0].outcome)


def _table(room: Room, visitor: Visitor, number: int, name: str, text: str) -> Response:
    with room.database.writing() as session:
        record(session, room.now(), visitor.name, f"study {name} exported", f"study {number}")
    headers = {"Content-Disposition": f'attachment; filename="study-{number}-{name}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
