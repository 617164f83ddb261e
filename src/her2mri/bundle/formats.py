"""The formats of bundles: each says all that the one before can say, and more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NEWEST: Final = 2
"""1: the five families. 2: linear models under names of their own, with splines, or without a covariance."""


def format_of(content: Mapping[str, Any]) -> int:
    """The oldest format that can hold the content, so that older readers read all that they can. Decision 0093."""
    parameters, encoding = content["parameters"], content["encoding"]
    if parameters["family"] == "LR" and (
        content["model"]["name"] != "LR" or parameters["covariance"] is None
    ):
        return 2
    is_bent = any("basis" in term for term in encoding["terms"])
    return 2 if is_bent or any("knots" in entry for entry in encoding["variables"]) else 1
