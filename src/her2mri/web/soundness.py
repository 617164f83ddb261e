"""Whether all that a room has kept is as it was kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from her2mri.web.audit_log import ChainCheck, check_chain
from her2mri.web.lesions.recompute import Recomputed, recompute
from her2mri.web.measuring.checking import MeasurementCheck, check_measurements
from her2mri.web.room import Room


@dataclass(frozen=True)
class Soundness:
    """The audit log's chain, every stored answer computed again, every measurement beside its hash."""

    chain: ChainCheck
    again: Recomputed
    measured: MeasurementCheck

    @property
    def is_sound(self) -> bool:
        """Whether the log is whole, all answers came out again and no measurement was changed."""
        return self.chain.is_whole and not self.again.other and not self.measured.other


def soundness(room: Room, session: Session) -> Soundness:
    """Look at all of it."""
    return Soundness(check_chain(session), recompute(room, session), check_measurements(session))
