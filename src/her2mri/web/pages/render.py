"""Pages out of templates."""

from __future__ import annotations

from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from her2mri.calculator.page import json_for_html
from her2mri.web.lesions.display import ClassShare
from her2mri.web.people.roles import Permission
from her2mri.web.people.sessions import Visitor


def page(
    request: Request, template: str, visitor: Visitor | None = None, *, status: int = 200, **content: Any
) -> HTMLResponse:
    """A page of the room for this visitor."""
    text = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(visitor=visitor, here=request.url.path, Permission=Permission, **content)
    )
    return HTMLResponse(text, status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("her2mri.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # the files of a package do not change while it runs
    )
    environment.filters["drawn"] = drawn
    environment.filters["embedded"] = embedded
    environment.filters["moment"] = moment
    environment.filters["share"] = share
    environment.filters["times"] = times
    return environment


def embedded(content: Any) -> Markup:
    """Data for the page's scripts; what is text of a page already stays as it is."""
    return content if isinstance(content, Markup) else Markup(json_for_html(content))


@lru_cache(maxsize=2048)
def drawn(classes: tuple[ClassShare, ...]) -> Markup:
    """The bar and the list of an answer's classes, which never change and are in every list."""
    parts: Any = _environment().get_template("parts.html.j2").module
    return Markup(parts.class_bar(classes) + parts.class_list(classes))


def moment(at: datetime) -> str:
    """A time as people read it: ``2026-03-14 09:05`` (UTC)."""
    return f"{at:%Y-%m-%d %H:%M}"


def share(probability: float) -> str:
    """A probability in per cent, as the calculator writes it.

    >>> share(0.4321), share(0.9999)
    ('43.2 %', '>99.9 %')
    """
    if probability < 0.0005:
        return "<0.1 %"
    if probability > 0.9995:
        return ">99.9 %"
    return f"{100 * probability:.1f} %"


def times(count: int, noun: str) -> str:
    """How many of something.

    >>> times(1, "lesion"), times(2, "day"), times(0, "entry")
    ('1 lesion', '2 days', '0 entries')
    """
    if count == 1:
        return f"1 {noun}"
    is_ies = noun.endswith("y") and noun[-2] not in "aeiou"
    return f"{count:,} {noun[:-1]}ies" if is_ies else f"{count:,} {noun}s"
