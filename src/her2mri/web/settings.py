"""What a reading room is started with. Every default is the safe one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final, Self

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
ENVIRONMENT: Final = "HER2MRI_ROOM"
"""The variable by which the command line hands the settings to its workers; they may hold a password."""


@dataclass(frozen=True)
class Settings:
    """``hosts`` are the names that a request may call this server by; ``behind_tls`` is said by who set TLS up.

    ``requests_per_minute`` of one token are answered by each worker; every lesion of a list counts as one.
    ``password_cost`` is argon2's memory in KiB, with three passes and four lanes: RFC 9106's second choice.
    ``images`` is the folder of uploaded images, at most ``most_image_bytes`` at once; where it is empty none are taken.
    """

    database: str
    hosts: tuple[str, ...] = LOOPBACK
    behind_tls: bool = False
    idle_minutes: int = 30
    session_hours: int = 12
    password_cost: int = 65536
    failures_until_locked: int = 5
    locked_minutes: int = 15
    failures_per_address: int = 30
    address_minutes: int = 5
    requests_per_minute: int = 600
    images: str = ""
    most_image_bytes: int = 1_500_000_000

    @property
    def idle(self) -> timedelta:
        """How long nobody may do anything before the session ends."""
        return timedelta(minutes=self.idle_minutes)

    @property
    def longest_session(self) -> timedelta:
        """How long a session lasts, whatever is done in it."""
        return timedelta(hours=self.session_hours)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; behind TLS browsers bind that prefix to this host alone."""
        return f"{self.cookie_prefix}her2mri_session"

    @property
    def cookie_prefix(self) -> str:
        """Empty without TLS."""
        return "__Host-" if self.behind_tls else ""

    def as_json(self) -> str:
        """The settings as text, for a worker."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What ``as_json`` wrote.

        >>> Settings.from_json(Settings("sqlite://").as_json()) == Settings("sqlite://")
        True
        """
        content = json.loads(text)
        return cls(**{**content, "hosts": tuple(content["hosts"])})
