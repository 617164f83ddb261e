"""The cells of any table between the process that reads it and the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from her2mri.bundle.canonical import canonical
from her2mri.web.uploads.cells import as_json, cell_of, of_json

if TYPE_CHECKING:
    from her2mri.cohort.read import RawTable


def raw_as_json(table: RawTable) -> str:
    """All of a table as text; of its caveats nothing."""
    frame = table.frame
    rows = [
        [int(number), *(as_json(cell_of(cell)) for cell in cells)]
        for number, cells in zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
    ]
    header = [cell_of(str(name)) or "" for name in frame.columns]
    plain = {"name": table.name, "sha256": table.sha256, "decimal_comma": table.decimal_comma}
    return canonical({**plain, "header": header, "rows": rows})


def raw_of_json(content: Mapping[str, Any]) -> RawTable:
    """What ``raw_as_json`` wrote."""
    import pandas as pd

    from her2mri.cohort.read import RawTable

    index = pd.Index([row[0] for row in content["rows"]], dtype="int64")
    header = pd.Index(content["header"], dtype=object)
    cells = [[of_json(cell) for cell in row[1:]] for row in content["rows"]]
    frame = pd.DataFrame(cells, index=index, columns=header, dtype=object)
    return RawTable(content["name"], frame, content["sha256"], content["decimal_comma"])
