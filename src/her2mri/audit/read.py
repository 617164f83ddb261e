"""Files as the tables of an audit: what kind each is, and every cell that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

from her2mri.audit.formats import CHARACTERISTICS, FORMATS, PERFORMANCE, Format, metric_name
from her2mri.audit.printed import Printed, parse_percent, parse_printed
from her2mri.audit.reading import TextTable, read_text_tables
from her2mri.audit.tables import AuditInput, Cell, Figure, Relation
from her2mri.errors import Fault, InputError

_MOST_DIGITS: Final = 10


def read_tables(paths: Iterable[Path]) -> AuditInput:
    """Every table of these files; InputError names every fault of every file."""
    faults: list[Fault] = []
    tables: list[TextTable] = []
    sources: list[str] = []
    for path in paths:
        sources.append(path.name)
        try:
            tables += read_text_tables(path)
        except InputError as error:
            faults += error.faults
    found = parse_tables(tables, faults)
    return AuditInput(found.figures, found.cells, found.relations, tuple(sources))


def parse_tables(tables: Iterable[TextTable], faults: Iterable[Fault] = ()) -> AuditInput:
    """Tables of text as figures, cells and relations; InputError carries ``faults`` and all that are found."""
    found = list(faults)
    figures: list[Figure] = []
    cells: list[Cell] = []
    relations: list[Relation] = []
    for table in tables:
        kind = _kind(table)
        if kind is None:
            allowed = "; or ".join(", ".join(form.marks) for form in FORMATS)
            found.append(
                Fault(table.where, "neither table is recognised by its columns", allowed=allowed, row=1)
            )
            continue
        reader = _Reader(table, kind, found)
        if kind is PERFORMANCE:
            figures += reader.figures()
        elif kind is CHARACTERISTICS:
            cells += reader.cells()
        else:
            relations += reader.relations()
    if not found and not (figures or cells):
        found.append(Fault("input", "no row of a performance table or of characteristics"))
    if found:
        raise InputError(found)
    return AuditInput(tuple(figures), tuple(cells), tuple(relations))


def _kind(table: TextTable) -> Format | None:
    return next((form for form in FORMATS if set(form.marks) <= set(table.columns)), None)


class _Reader:
    """Reads the rows of one table and notes every fault on the way."""

    def __init__(self, table: TextTable, form: Format, faults: list[Fault]) -> None:
        self.table, self.form, self.faults = table, form, faults
        self.row, self.values = 1, dict[str, str]()
        self.keys: dict[tuple[str, ...], int] = {}
        self.groups: dict[tuple[str, ...], str] = {}

    def fault(self, column: str, problem: str, allowed: str = "") -> None:
        value = self.text(column)
        self.faults.append(
            Fault(self.table.where, problem, allowed=allowed, row=self.row, column=column, value=value)
        )

    def text(self, name: str) -> str:
        column = next((column for column in self.form.columns if column.name == name), None)
        for spelling in (name, *(column.aliases if column else ())):
            if self.values.get(spelling):
                return self.values[spelling]
        return ""

    def start(self, number: int, values: dict[str, str]) -> None:
        self.row, self.values = number, values
        for column in self.form.columns:
            if column.required and not self.text(column.name):
                self.fault(column.name, "the cell is empty")
        key = tuple(self.text(name) for name in self.form.key)
        if key in self.keys:
            self.fault(self.form.key[-1], f"the same row as row {self.keys[key]}")
        self.keys.setdefault(key, number)

    def printed(self, name: str, *, percent: bool = False) -> Printed | None:
        try:
            return parse_percent(self.text(name)) if percent else parse_printed(self.text(name))
        except ValueError:
            self.fault(name, "not a number", allowed="a number as printed, or empty")
            return None

    def whole(self, name: str) -> int | None:
        text = self.text(name).replace(",", "").removesuffix(".0")
        if not text:
            return None
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            allowed = f"a whole number of at most {_MOST_DIGITS} digits, or empty"
            self.fault(name, "not a whole number that can count lesions", allowed=allowed)
            return None
        return int(text)

    def same(self, column: str, *key: str) -> None:
        """The column must say the same on all rows of a key."""
        known = self.groups.setdefault((column, *key), self.text(column))
        if known != self.text(column):
            self.fault(column, f"differs between rows of {' / '.join(part for part in key if part)}", known)

    def figures(self) -> list[Figure]:
        found = []
        for number, values in self.table.rows:
            self.start(number, values)
            where = self.text("table"), self.text("set")
            for column in ("n_positive", "n_negative", "positive"):
                self.same(column, *where)
            positive, negative, n = self.whole("n_positive"), self.whole("n_negative"), self.whole("n")
            if negative is None and n is not None and positive is not None:
                negative = n - positive
                if negative < 0:
                    self.fault("n", "fewer lesions than positive ones", f">= {positive}")
            found.append(
                Figure(
                    *where, self.text("model"), metric_name(self.text("metric")), self.printed("estimate"),
                    self.printed("conf_low"), self.printed("conf_high"), self.text("positive"),
                    self.text("negative"), positive, negative,
                )
            )  # fmt: skip
        return found

    def cells(self) -> list[Cell]:
        found = []
        for number, values in self.table.rows:
            self.start(number, values)
            table, name, group = self.text("table"), self.text("set"), self.text("group")
            self.same("n", table, name, group)
            step, assumed = self.step()
            found.append(
                Cell(
                    table, name, self.text("cohort") or name, group, self.text("part_of"),
                    n=self.whole("n"),
                    variable=self.text("variable"),
                    level=self.text("level"),
                    count=self.whole("count"),
                    percent=self.printed("percent", percent=True),
                    mean=self.printed("mean"),
                    sd=self.printed("sd"),
                    median=self.printed("median"),
                    q1=self.printed("q1"),
                    q3=self.printed("q3"),
                    step=step,
                    step_assumed=assumed,
                    p_value=self.printed("p_value"),
                )
            )  # fmt: skip
        return found

    def step(self) -> tuple[Fraction | None, bool]:
        text = self.text("step")
        if not text:
            return None, False
        try:
            step = Fraction(text.removesuffix("?"))
        except (ValueError, ZeroDivisionError):
            step = Fraction(0)
        if step <= 0:
            self.fault("step", "not a step", allowed="a number > 0, with ? where it is assumed")
            return None, False
        return step, text.endswith("?")

    def relations(self) -> list[Relation]:
        found = []
        for number, values in self.table.rows:
            self.start(number, values)
            levels = tuple(level.strip() for level in self.text("other_levels").split("|"))
            found.append(
                Relation(self.text("variable"), self.text("level"), self.text("other_variable"), levels)
            )
        return found
