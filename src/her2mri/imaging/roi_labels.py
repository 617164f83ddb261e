"""Which of the regions of a file is meant."""

from __future__ import annotations

from collections.abc import Mapping

from her2mri.errors import Fault, InputError


def chosen(where: str, regions: Mapping[int, str], label: str | int | None) -> int:
    """The number of the region named ``label`` (its name, in any case, or its number); of a single one, without a name.

    Raises:
        InputError: no region, several and none or an unknown one named, or several of one name.

    """
    names = ", ".join(
        name if name == str(number) else f"{number} ({name})" for number, name in regions.items()
    )
    if not regions:
        raise InputError([Fault(where, "holds no region of interest")])
    if label is None:
        if len(regions) == 1:
            return next(iter(regions))
        raise InputError(
            [Fault(where, f"holds {len(regions)} regions of interest", allowed=names, remedy="name one")]
        )
    wanted = str(label).strip().casefold()
    found = [number for number, name in regions.items() if name.strip().casefold() == wanted]
    if not found and wanted.isdecimal() and int(wanted) in regions:
        found = [int(wanted)]
    if len(found) == 1:
        return found[0]
    problem = "holds no region of that name" if not found else f"holds {len(found)} regions of that name"
    raise InputError([Fault(where, problem, allowed=names, value=str(label))])
