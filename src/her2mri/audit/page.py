"""The audit as one self-contained page: what contradicts what, with the proof, table by table."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

from her2mri.audit.checks import CHECKS, Check
from her2mri.audit.finding import VERDICTS, Audit, Finding
from her2mri.audit.proof import NAMES
from her2mri.vocabulary import METRICS, SAMPLES

_SHORT: Final = NAMES | {"n_positive": "positive lesions", "n_negative": "negative lesions"}


@dataclass(frozen=True)
class Group:
    """The findings of one check in one table."""

    check: Check
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Section:
    """One table of the publication: notes, then the findings by verdict."""

    name: str
    anchor: str
    notes: tuple[str, ...]
    groups: dict[str, tuple[Group, ...]]

    def count(self, verdict: str) -> int:
        """Findings with this verdict."""
        return sum(len(group.findings) for group in self.groups[verdict])


def sections(audit: Audit) -> tuple[Section, ...]:
    """The findings by table, verdict and check, in the order of the report."""
    names = dict.fromkeys(
        [finding.table for finding in audit.findings]
        + [note.table for note in audit.notes if note.table != "all"]
    )
    return tuple(_section(audit, name, number) for number, name in enumerate(names, start=1))


def _section(audit: Audit, name: str, number: int) -> Section:
    groups = {}
    for verdict in VERDICTS:
        mine = [each for each in audit.findings if each.table == name and each.verdict == verdict]
        by_check = {code: tuple(each for each in mine if each.check == code) for code in CHECKS}
        groups[verdict] = tuple(Group(CHECKS[code], found) for code, found in by_check.items() if found)
    notes = tuple(note.text for note in audit.notes if note.table == name)
    return Section(name or "The table", f"table-{number}", notes, groups)


def set_label(name: str) -> str:
    """A set as people read it; a list of sets too."""
    return ", ".join(SAMPLES.get(part, part) for part in name.split(", "))


def metric_label(name: str) -> str:
    """A metric as people read it."""
    return _SHORT.get(name) or (METRICS[name].label if name in METRICS else name)


def render_page(audit: Audit) -> str:
    """The page with its style inside: it asks nothing of the network."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("her2mri.audit", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(set_label=set_label, metric_label=metric_label)
    style = resources.files("her2mri.audit").joinpath("templates", "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.j2").render(
        audit=audit,
        sections=sections(audit),
        verdicts=VERDICTS,
        style=style,
        general=[note.text for note in audit.notes if note.table == "all"],
    )
