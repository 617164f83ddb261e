"""Typing a lesion into the page, as people do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from her2mri.bundle import Bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

LESION = {
    "lesion_number": "multiple",
    "quadrant": "upper_right",
    "accompanying_signs": "no",
    "shape": "irregular",
    "eer": 0.74,
    "adc": 0.82,
    "n_category": "N1",
    "er_status": "positive",
    "pr_status": "negative",
    "ki67_status": "high",
}
"""In the order of the form."""


def keys_of(lesion: dict[str, str | float], bundles: list[Bundle]) -> list[str]:
    """What the keyboard must say: the digit of a level (0: not known), or a number and Enter."""
    variables = {name: variable for bundle in bundles for name, variable in bundle.variables.items()}
    keys = []
    for name, variable in ((name, variables[name]) for name in LESION):
        value = lesion.get(name, "")
        if variable.is_categorical:
            keys.append(str(variable.values.index(value) + 1) if value else "0")
        else:
            keys += [*str(value), "Enter"]
    return keys


def type_lesion(page: Page, bundles: list[Bundle], lesion: dict[str, str | float] = LESION) -> None:
    """From the first finding on, with the keyboard alone."""
    for _ in range(40):
        if page.evaluate("document.activeElement.closest('#form') !== null"):
            break
        page.keyboard.press("Tab")
    for key in keys_of(lesion, bundles):
        page.keyboard.press(key)
