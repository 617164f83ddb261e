"""Images of a phantom as a browser sends them, and the region that a reader draws on them."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from httpx2 import Response
from visits import Visit

EMPTY = {"pseudonym": "BR-0417", "lesion": "{}", "prevalence": "[null, null]"}


def begin(visit: Visit, **fields: object) -> str:
    """The number of a new measurement, from the form of a lesion."""
    response = visit.post("/measure", {**EMPTY, **fields})
    assert response.status_code == 303, response.text
    return str(response.headers["location"]).rpartition("/")[2]


def parts_of(**folders: Path | Iterable[Path]) -> list[tuple[str, tuple[str, bytes]]]:
    """The files of each part, under the names they have."""
    sent = []
    for part, place in folders.items():
        files = sorted(place.rglob("*")) if isinstance(place, Path) else place
        sent += [(part, (file.name, file.read_bytes())) for file in files if file.is_file()]
    return sent


def send(
    visit: Visit, number: str, files: list[tuple[str, tuple[str, bytes]]], told: Mapping[str, str] = {}
) -> Response:
    return visit.client.post(
        f"/measure/images/{number}", files=files, data=dict(told), headers={"X-Form-Token": visit.token}
    )


def state_of(visit: Visit, number: str) -> str:
    """How far it is, when nothing is being done any more."""
    for _ in range(1200):
        state = visit.client.get(f"/measure/{number}/state").json()
        if not state["busy"]:
            return str(state["step"])
        time.sleep(0.05)
    raise TimeoutError(state["step"])


def draw(visit: Visit, number: str, mask: np.ndarray[Any, Any] | bytes) -> Response:
    """Send a region: a mask (slices, rows, columns), or bytes as they are."""
    body = mask if isinstance(mask, bytes) else gzip.compress(mask.astype(np.uint8).tobytes())
    return visit.client.post(f"/measure/region/{number}", content=body, headers={"X-Form-Token": visit.token})
