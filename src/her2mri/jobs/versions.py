"""What the bits of a result depend on beside data and settings: the versions of everything that computes."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from her2mri.jobs.workers import Json

_PACKAGES: Final = ("numpy", "scipy", "pandas", "scikit-learn", "numba")


def versions() -> dict[str, str]:
    """Versions of Python, of the packages that compute, and of this package, with a hash of its source."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "her2mri": f"{version('her2mri')} ({_source()[:12]})",
    }


def fingerprint(parts: Mapping[str, Json]) -> str:
    """SHA-256 of all that results depend on: ``parts`` (data by their hash, study, seed) and versions().

    >>> fingerprint({"seed": 1}) == fingerprint({"seed": 2})
    False
    """
    content = json.dumps({"parts": parts, "versions": versions()}, sort_keys=True, allow_nan=False)
    return hashlib.sha256(content.encode()).hexdigest()


@cache
def _source() -> str:
    """Hash of every file of the package, so that a changed line of it is another version."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".toml"}:
            digest.update(f"{path.relative_to(package).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
