"""Does a published diagnostic table add up? Exact arithmetic on the rounding, never on point values."""

from her2mri.audit.audit import audit
from her2mri.audit.confusion import ConfusionRows, confusion_rows, fits, solutions
from her2mri.audit.finding import IMPOSSIBLE, UNCHECKED, UNLIKELY, VERDICTS, Audit, Finding, Note
from her2mri.audit.printed import Printed, parse_printed
from her2mri.audit.tables import AuditInput, Cell, Figure, Relation

__all__ = [
    "IMPOSSIBLE",
    "UNCHECKED",
    "UNLIKELY",
    "VERDICTS",
    "Audit",
    "AuditInput",
    "Cell",
    "ConfusionRows",
    "Figure",
    "Finding",
    "Note",
    "Printed",
    "Relation",
    "audit",
    "confusion_rows",
    "fits",
    "parse_printed",
    "solutions",
]
