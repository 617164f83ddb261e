"""The models that answer here: kept whole in the database, verified when they are read, one pair in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib import resources
from threading import Lock
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from her2mri.bundle import Bundle
from her2mri.bundle.chain import Chain, read_chain
from her2mri.calculator.embedded import check_bundles
from her2mri.errors import BundleError, Fault
from her2mri.web.audit_log import record
from her2mri.web.database.tables import FrozenModel, ModelInUse


@dataclass(frozen=True, eq=False)
class Answering:
    """A model that answers, with the number under which it was put in use."""

    id: int
    since: datetime
    model: Bundle | Chain

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """One bundle, or two in the order in which they are asked."""
        if isinstance(self.model, Chain):
            return (self.model.first, self.model.second)
        return (self.model,)

    @property
    def known(self) -> frozenset[str]:
        """The variables that a lesion may have here: inputs, and what the exclusions speak of."""
        return frozenset(name for bundle in self.bundles for name in bundle.variables)


_MODELS: Final = select(ModelInUse.id, ModelInUse.first_sha256, ModelInUse.second_sha256)
_NEWEST: Final = _MODELS.order_by(ModelInUse.id.desc()).limit(1)
_NUMBERED: Final = _MODELS.where(ModelInUse.id == bindparam("number"))


@dataclass
class Models:
    """Models that were read already. What stands in the database never changes, so neither does this."""

    _read: dict[tuple[int, str, str | None], Answering] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def in_use(self, session: Session) -> Answering:
        """The model that answers now; BundleError where none was ever put in use."""
        newest = session.execute(_NEWEST).first()
        if newest is None:
            raise BundleError([Fault("database", "no model is in use", remedy="start with her2mri serve")])
        return self._known(session, *newest)

    def is_any_in_use(self, session: Session) -> bool:
        """Whether a model ever was put in use."""
        return session.scalar(select(ModelInUse.id).limit(1)) is not None

    def numbered(self, session: Session, number: int) -> Answering:
        """The model that was put in use under this number; BundleError where it no longer is what it was."""
        return self._known(session, *session.execute(_NUMBERED, {"number": number}).one())

    def _known(self, session: Session, number: int, first: str, second: str | None) -> Answering:
        """By its hashes too: a room that is restored may have another model under this number."""
        with self._lock:
            key = (number, first, second)
            if key not in self._read:
                self._read[key] = _read(session, number)
            return self._read[key]


def put_in_use(session: Session, at: datetime, by: str, bundles: Sequence[Bundle]) -> bool:
    """These bundles answer from now on; False where they already do.

    Raises BundleError where they hold patients, have no nomogram or do not chain.
    """
    check_bundles(bundles)
    model = read_chain(bundles)
    ordered = [model.first, model.second] if isinstance(model, Chain) else [model]
    hashes = [bundle.sha256 for bundle in ordered]
    last = session.scalar(select(ModelInUse).order_by(ModelInUse.id.desc()).limit(1))
    second = hashes[1] if len(hashes) == 2 else None
    if last is not None and (last.first_sha256, last.second_sha256) == (hashes[0], second):
        return False
    for bundle in ordered:
        if session.get(FrozenModel, bundle.sha256) is None:
            content = bundle.dumps().decode("utf-8")
            session.add(
                FrozenModel(sha256=bundle.sha256, task=bundle.task.name, content=content, stored_at=at)
            )
    session.flush()
    row = ModelInUse(first_sha256=hashes[0], second_sha256=second, since=at, put_by=by)
    session.add(row)
    session.flush()
    record(session, at, by, "model put in use", f"model {row.id}", bundles=" ".join(hashes))
    return True


def starting_bundles() -> list[Bundle]:
    """The models that come with the package: a reconstruction, which every answer of theirs says."""
    folder = resources.files("her2mri.web").joinpath("starting_models")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda f: f.name)
    return [Bundle.loads(file.read_bytes(), where=file.name) for file in files]


def _read(session: Session, number: int) -> Answering:
    row = session.get_one(ModelInUse, number)
    hashes = [found for found in (row.first_sha256, row.second_sha256) if found is not None]
    bundles = []
    for sha256 in hashes:
        bundle = _verified(session.get_one(FrozenModel, sha256).content)
        if bundle.sha256 != sha256:
            raise BundleError([Fault("database", "holds another model than the one put in use")])
        bundles.append(bundle)
    return Answering(number, row.since, read_chain(bundles))


@lru_cache(maxsize=16)
def _verified(content: str) -> Bundle:
    """The bundle that this text is; the same text is verified once."""
    return Bundle.loads(content.encode("utf-8"), where="database")
