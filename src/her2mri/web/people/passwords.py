"""Passwords: what one must be like, and argon2, so that who has the database has none of them."""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from her2mri.errors import Fault, InputError

SHORTEST: Final = 12
LONGEST: Final = 256
_MOST_ALIKE: Final = 5
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


class Passwords:
    """Argon2id at one cost in memory (KiB)."""

    def __init__(self, cost: int) -> None:
        self._hasher = PasswordHasher(memory_cost=cost)

    @cached_property
    def _nobody(self) -> str:
        """The hash of a password that nobody has."""
        return self._hasher.hash(secrets.token_hex(16))

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        return self._hasher.hash(password)

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; as slow for an account that does not exist (None) as for one that does."""
        try:
            return self._hasher.verify(kept or self._nobody, password[: LONGEST + 1]) and kept is not None
        except VerifyMismatchError:
            return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed at another cost than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, name: str) -> None:
    """Raise InputError with every reason why this may not be the password of the account ``name``.

    >>> check_password("short", "r.chen")
    Traceback (most recent call last):
    her2mri.errors.InputError: password: too short; allowed: 12 to 256 characters
    """
    faults = []
    if len(password) < SHORTEST:
        faults.append(Fault("password", "too short", allowed=f"{SHORTEST} to {LONGEST} characters"))
    if len(password) > LONGEST:
        faults.append(Fault("password", "too long", allowed=f"{SHORTEST} to {LONGEST} characters"))
    if name.casefold() in password.casefold():
        faults.append(Fault("password", "holds the name of the account"))
    if len(password) >= SHORTEST and len(set(password)) < _MOST_ALIKE:
        faults.append(Fault("password", "too few different characters", allowed=f"at least {_MOST_ALIKE}"))
    if faults:
        raise InputError(faults)


def generated_password() -> str:
    """A password of 99 random bits that can be read out and typed: five groups of four.

    >>> len(generated_password())
    24
    """
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(5))
