"""What an audit leaves behind: the page, the findings as csv and JSON, and files to start from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from her2mri.audit.checks import CHECKS
from her2mri.audit.finding import UNCHECKED, VERDICTS, Audit, Finding
from her2mri.audit.formats import FORMATS, Format
from her2mri.audit.page import render_page
from her2mri.errors import Fault, InputError

WORKBOOK: Final = "audit_tables.xlsx"


def write_audit(audit: Audit, folder: Path) -> tuple[Path, ...]:
    """Write ``audit.html``, ``findings.csv`` and ``findings.json``; nothing where one cannot be made."""
    contents = {
        "audit.html": render_page(audit),
        "findings.csv": audit.frame().to_csv(index=False, lineterminator="\n"),
        "findings.json": findings_json(audit) + "\n",
    }
    return _write(folder, {name: text.encode() for name, text in contents.items()})


def findings_json(audit: Audit) -> str:
    """The findings as a JSON list."""
    return json.dumps(audit.records(), ensure_ascii=False, indent=2)


def summary(audit: Audit) -> str:
    """A few lines for the terminal: how many findings of each grade, and the first of each kind by table."""
    lines = [f"{audit.rows} rows of {', '.join(audit.sources)}"]
    lines += [f"  {audit.count(verdict):4d} {verdict}: {meaning}" for verdict, meaning in VERDICTS.items()]
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in audit.findings:
        if finding.verdict != UNCHECKED:
            groups.setdefault((finding.table, finding.check), []).append(finding)
    for (table, check), found in groups.items():
        first = found[0]
        subject = " ".join(
            part for part in (first.set, first.model, first.variable) if part not in ("", "all")
        )
        lines.append(f"{table}: {CHECKS[check].title} ({len(found)}, {first.verdict})")
        lines.append(f"    {f'{subject}, ' if subject else ''}{first.metric} {first.printed}: {first.why}")
    return "\n".join(lines + [f"{note.table}: {note.text}" for note in audit.notes])


def write_tables(rows: Mapping[Format, Sequence[Mapping[str, str]]], folder: Path) -> tuple[Path, ...]:
    """Write each table as csv, and all of them as sheets of one workbook whose cells are text."""
    contents: dict[str, bytes] = {}
    for form in FORMATS:
        lines = [form.names, *([row.get(name, "") for name in form.names] for row in rows.get(form, ()))]
        contents[f"{form.name}.csv"] = _csv(lines)
    contents[WORKBOOK] = _workbook(rows)
    return _write(folder, contents)


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()


def _workbook(rows: Mapping[Format, Sequence[Mapping[str, str]]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    book = Workbook()
    about = book.active
    about.title = "about"
    about.append(["Column", "Sheet", "Holds", "Required"])
    for form in FORMATS:
        sheet = book.create_sheet(form.name)
        sheet.append(list(form.names))
        for cell, column in zip(sheet[1], form.columns, strict=True):
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="FFE8EEF1")
            cell.comment = Comment(column.meaning, "her2mri", width=320, height=90)
            about.append([column.name, form.name, column.meaning, "yes" if column.required else ""])
        lines = rows.get(form, ())
        for row in lines:
            sheet.append([row.get(name, "") or None for name in form.names])
        # Text keeps what was printed: a number would lose its trailing zeros.
        for line in sheet.iter_rows(min_row=2, max_row=max(len(lines) + 1, 500)):
            for cell in line:
                cell.number_format = "@"
        sheet.freeze_panes = "A2"
        for column_cells in sheet.columns:
            sheet.column_dimensions[column_cells[0].column_letter].width = 16
    about.column_dimensions["C"].width = 90
    for letter in "AB":
        about.column_dimensions[letter].width = 18
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write(folder: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise InputError([Fault(str(folder), f"cannot be written: {error.strerror}")]) from error
    return tuple(folder / name for name in contents)
