"""All checks on all tables, in the order in which a reader would make them."""

from __future__ import annotations

from her2mri.audit.checks import CHECKS
from her2mri.audit.columns import blocks
from her2mri.audit.confidence import around_auc, bounds, widths
from her2mri.audit.confusion import FIGURES
from her2mri.audit.copies import copied_columns
from her2mri.audit.counts import check_counts
from her2mri.audit.finding import UNCHECKED, VERDICTS, Audit, Checked, Finding
from her2mri.audit.p_values import check_p_values
from her2mri.audit.performance import check_performance
from her2mri.audit.relations import check_relations
from her2mri.audit.size_findings import size_findings
from her2mri.audit.summaries import check_summaries
from her2mri.audit.tables import AuditInput, Figure
from her2mri.audit.unions import check_unions
from her2mri.dictionary import load_dictionary


def audit(tables: AuditInput) -> Audit:
    """Whether the tables add up: every finding, performance first, then characteristics."""
    checked = Checked.joined((*_performance(tables), *_characteristics(tables)))
    names = [figure.table for figure in tables.figures] + [cell.table for cell in tables.cells]
    tables_in_order = {name: at for at, name in enumerate(dict.fromkeys(names))}
    verdicts, checks = list(VERDICTS), list(CHECKS)
    findings = sorted(
        dict.fromkeys(checked.findings),
        key=lambda finding: (
            tables_in_order.get(finding.table, len(names)),
            verdicts.index(finding.verdict),
            checks.index(finding.check),
        ),
    )
    return Audit(tuple(findings), checked.notes, tables.sources, tables.rows)


def _performance(tables: AuditInput) -> list[Checked]:
    if not tables.figures:
        return []
    counts, read = check_performance(tables.figures)
    found = [
        *size_findings(read),
        *copied_columns(tables.figures),
        *bounds(tables.figures),
        *around_auc(read),
        *widths(read),
        *_not_checked(tables.figures),
    ]
    return [counts, Checked(tuple(found))]


def _characteristics(tables: AuditInput) -> list[Checked]:
    if not tables.cells:
        return []
    parts = blocks(tables.cells)
    return [
        check_counts(parts),
        Checked(tuple(check_relations(parts, tables.relations, load_dictionary()))),
        check_unions(parts),
        check_p_values(parts),
        Checked(tuple(check_summaries(parts))),
    ]


def _not_checked(figures: tuple[Figure, ...]) -> list[Finding]:
    """Columns of figures that nothing printed determines, and figures without the sizes of the classes."""
    columns: dict[tuple[str, str, str, str], int] = {}
    for figure in figures:
        if figure.estimate is None:
            continue
        if figure.metric not in (*FIGURES, "auc"):
            why = "no other printed figure determines it"
        elif not (figure.n_positive and figure.n_negative):
            why = "the numbers of lesions of the two classes are not given"
        else:
            continue
        key = figure.table, figure.set, figure.metric, why
        columns[key] = columns.get(key, 0) + 1
    return [
        Finding(table, name, "all", "", metric, f"{count} figures", "", UNCHECKED, why, "not_checked")
        for (table, name, metric, why), count in columns.items()
    ]
