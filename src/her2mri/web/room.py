"""A reading room: what every page of one server shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from her2mri.web.database.connection import Database
from her2mri.web.lesions.models import Models
from her2mri.web.measuring.jobs import Jobs
from her2mri.web.people.passwords import Passwords
from her2mri.web.people.rates import Rates
from her2mri.web.settings import Settings


def utc_now() -> datetime:
    """The time in UTC, without a zone, as the tables keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Room:
    """Settings, database, passwords; models, tokens' rates and work on images; a clock that tests may turn."""

    settings: Settings
    database: Database
    passwords: Passwords
    models: Models = field(default_factory=Models)
    rates: Rates = field(default_factory=Rates)
    now: Callable[[], datetime] = utc_now
    jobs: Jobs = field(default_factory=Jobs)

    @classmethod
    def of(cls, settings: Settings, *, now: Callable[[], datetime] = utc_now) -> Self:
        """The room of these settings; its database is connected to when first needed."""
        return cls(settings, Database(settings.database), Passwords(settings.password_cost), now=now)
