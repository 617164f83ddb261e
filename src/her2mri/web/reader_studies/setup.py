"""The set-up of a reader study: what is written down before it is opened, and the same frozen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter

from her2mri.bundle.canonical import canonical
from her2mri.errors import Fault, InputError
from her2mri.web.reader_studies.questions import Question, question_named

ARMS: Final = ("unaided", "aided")
"""By session, as the reads table calls them."""


@dataclass(frozen=True)
class StudyReader:
    """Who reads: their account, and years of experience or a word for it (empty: not said)."""

    account: int
    name: str
    experience: str


@dataclass(frozen=True)
class Case:
    """One case. ``truth`` is the call that is right; ``findings`` by the names of the dictionary, as it stores them."""

    case: str
    patient: str
    truth: str
    findings: dict[str, str | float]


@dataclass(frozen=True)
class Conduct:
    """How a study is read. ``wording`` is asked above the calls, ``rating`` above the confidence."""

    title: str
    question: str
    wording: str
    rating: str
    washout_days: int
    seed: int
    shows_findings: bool
    readers: tuple[StudyReader, ...]

    @property
    def asked(self) -> Question:
        """The question that the readers answer."""
        found = question_named(self.question)
        assert found is not None, self.question
        return found


@dataclass(frozen=True)
class Setup(Conduct):
    """What whoever conducts a study writes down. ``left_out``: columns of the case list that are not used."""

    cases: tuple[Case, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class CaseImage:
    """One image of a frozen case, by the hash of its bytes."""

    sha256: str
    media: str
    width: int
    height: int


@dataclass(frozen=True)
class FrozenCase:
    """A case as the readers will meet it: ``shown`` is the text of its findings, ``answer`` the model's."""

    case: str
    patient: str
    truth: str
    inputs: dict[str, str | float]
    shown: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    images: tuple[CaseImage, ...]
    answer: dict[str, Any]


@dataclass(frozen=True)
class FrozenStudy(Conduct):
    """A study as it was opened: nothing of it changes any more. ``orders`` are by the reader's name."""

    cases: tuple[FrozenCase, ...]
    orders: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    model: int
    bundles: tuple[str, ...]
    software: str

    def reader(self, account: int) -> StudyReader | None:
        """The reader with that account; None where they do not read here."""
        return next((reader for reader in self.readers if reader.account == account), None)

    def case_at(self, reader: StudyReader, session: int, place: int) -> FrozenCase:
        """The case at a place (from 1) of a reader's order in a session (1 or 2)."""
        return self.cases[self.orders[reader.name][session - 1][place - 1]]


_SETUP: Final = TypeAdapter(Setup)
_FROZEN: Final = TypeAdapter(FrozenStudy)


def setup_as_text(setup: Setup) -> str:
    """A draft as it is kept."""
    return canonical(_SETUP.dump_python(setup, mode="json"))


def setup_of_text(text: str) -> Setup:
    """What ``setup_as_text`` wrote."""
    return _SETUP.validate_json(text)


def frozen_as_text(study: FrozenStudy) -> str:
    """A frozen study as it is kept, hashed and given away."""
    return canonical(_FROZEN.dump_python(study, mode="json"))


@lru_cache(maxsize=16)
def frozen_of_text(text: str, sha256: str) -> FrozenStudy:
    """What ``frozen_as_text`` wrote; InputError where it is no longer what was opened."""
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != sha256:
        remedy = "tell whoever runs this server"
        raise InputError([Fault("database", "holds another set-up than the one opened", remedy=remedy)])
    return _FROZEN.validate_json(text)
