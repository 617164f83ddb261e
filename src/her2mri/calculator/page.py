"""The page: one file whose content policy lets nothing in or out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

from her2mri.bundle import Bundle
from her2mri.calculator.embedded import embedded

SCRIPTS: Final = (
    "numbers", "joint", "lesion", "model", "chain", "words", "format", "labels", "nomogram", "form",
    "contributions", "answer", "details", "page",
)  # fmt: skip
"""The scripts in the order in which they stand in the page, which makes one script of them."""

_STYLES: Final = ("style", "print")


def calculator_page(bundles: Sequence[Bundle]) -> str:
    """The calculator of one bundle, or of two that make three classes, as HTML.

    Raises BundleError where the bundles hold patients, are no logistic regressions or do not chain.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    data = embedded(bundles)
    script, style = page_script(), page_style()
    environment = Environment(
        loader=PackageLoader("her2mri.calculator"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("calculator.html.j2").render(
        title=" · ".join(bundle["task"]["label"] for bundle in data["bundles"]),
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(json_for_html(data)),
    )


def page_script() -> str:
    """The page's one script, which finds its data in the element ``data``."""
    return f'"use strict";\n(() => {{\n{_joined(SCRIPTS, "js")}}})();\n'


def page_style() -> str:
    """The page's one style, for screen and paper."""
    return _joined(_STYLES, "css")


def json_for_html(content: Any) -> str:
    """JSON that no HTML parser takes for the end of its script element.

    >>> "<" in json_for_html({"a": "</script>"})
    False
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded or sent; only this style and this script, to the letter, may run."""
    return (
        f"default-src 'none'; style-src '{_hashed(style)}'; script-src '{_hashed(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashed(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _joined(names: Sequence[str], suffix: str) -> str:
    folder = resources.files("her2mri.calculator").joinpath("static")
    return "\n".join(folder.joinpath(f"{name}.{suffix}").read_text(encoding="utf-8") for name in names)
