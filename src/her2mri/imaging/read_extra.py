"""The packages that read images: an extra of the installation, imported where it is needed, and kept quiet."""

from __future__ import annotations

import importlib
import logging
import sqlite3
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from her2mri.errors import Fault, InputError

_DAMAGE: Final = (
    ValueError, TypeError, LookupError, AttributeError, EOFError, OSError, NotImplementedError, RuntimeError,
    OverflowError, MemoryError, struct.error, sqlite3.Error,
)  # fmt: skip
_LOGGERS: Final = ("pydicom", "highdicom", "nibabel.global", "nibabel")


def extra(module: str) -> Any:
    """A module of the extra ``imaging``.

    Raises:
        InputError: the extra is not installed.

    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        fault = Fault(
            "installation", f"images cannot be read without {package}", remedy="pip install her2mri[imaging]"
        )
        raise InputError([fault]) from None


def damage() -> tuple[type[Exception], ...]:
    """What pydicom and highdicom raise for files that are not whole or not what they say they are.

    Their messages cite bytes of the file, which may name the patient: they are never handed on.
    """
    errors = extra("pydicom.errors")
    return (*_DAMAGE, errors.BytesLengthException, errors.InvalidDicomError)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of the readers: they cite values of a header, which may name the patient."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
