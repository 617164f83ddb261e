"""An empty lesion table as a workbook: drop-downs, limits and notes, all from the dictionary."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from her2mri.cohort.values import EARLIEST_DATE, allowed_values
from her2mri.dictionary import DataDictionary, Variable
from her2mri.errors import Fault, InputError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

LAST_ROW: Final = 5_000
_DERIVED_ROLES: Final = frozenset({"outcome", "descriptor", "leaking"})
_GROUP_COLOURS: Final = ("DDE7F0", "E9E4D8", "F3DFD3", "DFEBDD", "EFE0EC", "E2E2E2")
_ABOUT: Final = (
    "One row a lesion, on the sheet 'lesions'. The columns patient_id, lesion_id and center must be filled; "
    "leave empty what is not known, and delete columns that you do not have. The first level of a category is "
    "its reference."
)


def template_variables(dictionary: DataDictionary) -> tuple[Variable, ...]:
    """The columns that are asked for: everything but what follows from other columns."""
    return tuple(variable for variable in dictionary.variables if variable.role not in _DERIVED_ROLES)


def write_template(path: Path, dictionary: DataDictionary) -> None:
    """Write the workbook; InputError where the file cannot be written."""
    try:
        path.write_bytes(template_content(dictionary))
    except OSError as error:
        remedy = "check the folder and whether the file is open"
        raise InputError([Fault(path.name, f"cannot be written: {error.strerror}", remedy=remedy)]) from error


def template_content(dictionary: DataDictionary) -> bytes:
    """The workbook: a sheet to fill and a sheet that says what every column means."""
    from openpyxl import Workbook

    book = Workbook()
    lesions = book.active
    lesions.title = "lesions"
    lists = book.create_sheet("lists")
    variables = template_variables(dictionary)
    colours = dict(zip(dictionary.groups, _GROUP_COLOURS, strict=False))
    for column, variable in enumerate(variables, start=1):
        _write_header(lesions, column, variable, colours.get(variable.group, _GROUP_COLOURS[-1]))
        lesions.add_data_validation(_rule(lists, column, variable))
    lesions.freeze_panes = "D2"
    _write_dictionary(book, dictionary, variables)
    book.move_sheet(lists, offset=1)
    lists.sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write_header(sheet: Worksheet, column: int, variable: Variable, colour: str) -> None:
    """The name of the column with a note, and the number format of its cells."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    cell = sheet.cell(1, column, variable.name)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor=colour)
    cell.comment = Comment(_note(variable), "her2mri", width=320, height=130)
    dimension = sheet.column_dimensions[get_column_letter(column)]
    dimension.width = max(12, len(variable.name) + 3)
    # As text, 1+ stays 1+ and 007 stays 007.
    dimension.number_format = {"continuous": "General", "date": "yyyy-mm-dd"}.get(variable.kind, "@")


def _note(variable: Variable) -> str:
    lines = [variable.title, f"Allowed: {allowed_values(variable)}", variable.description]
    return "\n".join(line for line in lines if line)


def _rule(lists: Worksheet, column: int, variable: Variable) -> DataValidation:
    """What the spreadsheet program lets people enter below a header."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter = get_column_letter(column)
    if variable.is_categorical:
        for row, level in enumerate(variable.levels, start=1):
            lists.cell(row, column, level.label).number_format = "@"
        # A range, because a list written into the rule may not exceed 255 characters.
        source = f"lists!${letter}$1:${letter}${len(variable.levels)}"
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
    elif variable.kind == "continuous" and variable.bounds:
        low, high = (f"{bound:g}" for bound in variable.bounds)
        rule = DataValidation(
            type="decimal", operator="between", formula1=low, formula2=high, allow_blank=True
        )
    elif variable.kind == "date":
        first = f"DATE({EARLIEST_DATE.year},{EARLIEST_DATE.month},{EARLIEST_DATE.day})"
        rule = DataValidation(
            type="date", operator="between", formula1=first, formula2="TODAY()", allow_blank=True
        )
    else:
        rule = DataValidation(type="textLength", operator="lessThan", formula1="256", allow_blank=True)
    rule.errorTitle, rule.error = variable.name[:32], f"Allowed: {allowed_values(variable)}"[:255]
    rule.showErrorMessage = True
    rule.add(f"{letter}2:{letter}{LAST_ROW}")
    return rule


def _write_dictionary(book: Workbook, dictionary: DataDictionary, variables: tuple[Variable, ...]) -> None:
    """What every column means, and which are worked out from others."""
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet("dictionary")
    sheet.append([dictionary.title])
    sheet.append([_ABOUT])
    sheet.append([])
    sheet.append(["Column", "Group", "Label", "Unit", "Required", "Allowed", "Meaning"])
    for variable in variables:
        sheet.append(
            [
                variable.name,
                dictionary.groups[variable.group],
                variable.label,
                variable.unit,
                "yes" if variable.required else "",
                allowed_values(variable),
                variable.description or _derivation(dictionary, variable),
            ]
        )
    for row in (1, 4):
        for cell in sheet[row]:
            cell.font = Font(bold=True)
    for letter, width in zip("ABCDEFG", (22, 14, 34, 14, 9, 60, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    for row_cells in sheet.iter_rows(min_row=5):
        for cell in row_cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.data_type = "s" if cell.data_type == "f" else cell.data_type
    sheet.freeze_panes = "B5"


def _derivation(dictionary: DataDictionary, variable: Variable) -> str:
    """Where the column may be left empty because others say it."""
    for rule in dictionary.rules:
        if rule.target == variable.name and rule.fills:
            return f"May be left empty where {' and '.join(rule.inputs)} {_are(rule.inputs)} given."
    return ""


def _are(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"
