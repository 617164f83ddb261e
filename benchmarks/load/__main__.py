"""Fifty clients at the reading room, beside an empty route of FastAPI in the same minutes on the same machine.

python -m benchmarks.load [--seconds 60] [--clients 50] [--only sqlite postgresql] [--workers 1]

Room and empty application take turns of five seconds, so that whatever else the machine does meets both. Requests a
second are on the clock; milliseconds of the processor a request do not change with what else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.load.client import Browser
from benchmarks.load.servers import PASSWORD, READERS, Served, database, empty_server, room_server
from her2mri.bundle.chain import Chain, read_chain
from her2mri.bundle.wording import ask
from her2mri.web.lesions.answering import shares_of
from her2mri.web.lesions.models import starting_bundles

TURN = 5.0
LINK = re.compile(rb'<th scope="row"><a href="(/lesions/[0-9]+)"')
LESION: dict[str, str | float] = {
    "lesion_number": "multiple",
    "quadrant": "upper_right",
    "accompanying_signs": "no",
    "shape": "irregular",
    "eer": 0.74,
    "adc": 0.82,
    "n_category": "N1",
    "er_status": "positive",
    "pr_status": "negative",
    "ki67_status": "high",
}
Client = Callable[[], Awaitable[str]]


@dataclass
class Load:
    """What one kind of load met, over all its turns."""

    served: Served
    clients: list[tuple[Browser, Client]]
    taken: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    processor: float = 0.0

    async def turn(self, seconds: float) -> None:
        """All clients, each with one request after the other, until the time is over."""
        for browser, _ in self.clients:
            await browser.connect_again()
        begun, before = time.perf_counter(), self.served.processor_seconds()
        await asyncio.gather(*(self._until(client, begun + seconds) for _, client in self.clients))
        self.seconds += time.perf_counter() - begun
        self.processor += self.served.processor_seconds() - before

    async def _until(self, client: Client, end: float) -> None:
        while (start := time.perf_counter()) < end:
            what = await client()
            self.taken[what].append(time.perf_counter() - start)

    @property
    def requests(self) -> int:
        """How many were answered."""
        return sum(map(len, self.taken.values()))

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def row(self, name: str, empty: Load) -> str:
        """A line of the table."""
        taken = sorted(itertools.chain.from_iterable(self.taken.values()))
        p50, p99 = (1000 * taken[int(share * (len(taken) - 1))] for share in (0.5, 0.99))
        mine, theirs = 1000 * self.processor / self.requests, 1000 * empty.processor / empty.requests
        wrong = sum(self.faults.values())
        return (
            f"| {name} | {self.requests} | {wrong} | {self.rate:.0f} | {self.rate / empty.rate:.2f} "
            f"| {p50:.0f} | {p99:.0f} | {mine:.2f} | {theirs / mine:.2f} |"
        )


HEAD = (
    "| load | requests | errors | a second | of the empty route's | p50, ms | p99, ms | processor, ms a request "
    "| empty route's, of it |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


async def measure(kind: str, workers: int, seconds: float, count: int) -> list[str]:
    """The rows of one database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = stack.enter_context(database(kind, folder))
        empty = stack.enter_context(empty_server())
        room = stack.enter_context(room_server(address, folder / "log", "--workers", str(workers)))
        loads = {
            "empty route": Load(empty, [await empty_client(empty.port, "/") for _ in range(count)]),
            "empty route in a thread": Load(
                empty, [await empty_client(empty.port, "/thread") for _ in range(count)]
            ),
        }
        browsers = await asyncio.gather(*(signed_in(room.port, number) for number in range(count)))
        for name, steps in LOADS.items():
            load = Load(room, [])
            load.clients = [
                (browser, steps(load, browser, token, number))
                for number, (browser, token) in enumerate(browsers)
            ]
            loads[name] = load
        await loads["saving"].turn(1.0)  # so that there is something to be listed
        loads["saving"].taken.clear()
        loads["saving"].seconds = loads["saving"].processor = 0.0
        for _ in range(max(1, round(seconds / TURN))):
            for load in loads.values():
                await load.turn(min(TURN, seconds))
    where = f"{kind}, {workers} worker{'s' * (workers > 1)}"
    for name, load in loads.items():
        for fault, times in load.faults.items():
            print(f"{where}, {name}: {fault} {times} times")
    for what, taken in loads["mix"].taken.items():
        print(f"{where}, mix, {what}: median {1000 * statistics.median(taken):.0f} ms of {len(taken)}")
    return [loads[name].row(f"{where}: {name}", loads["empty route"]) for name in loads]


async def empty_client(port: int, path: str) -> tuple[Browser, Client]:
    """Asks for nothing, again and again."""
    browser = await Browser.at(port)

    async def ask_for_nothing() -> str:
        await browser.get(path)
        return "empty"

    return browser, ask_for_nothing


async def signed_in(port: int, number: int) -> tuple[Browser, str]:
    """One of fifty browsers, five readers in all, with the token of its forms."""
    browser = await Browser.at(port)
    return browser, await browser.sign_in(READERS[number % len(READERS)], PASSWORD)


def saving(load: Load, browser: Browser, token: str, number: int) -> Client:
    """New lesions."""
    names, fields = itertools.count(1), sent()

    async def step() -> str:
        pseudonym = f"saved.{number}-{next(names)}"
        answered = await browser.post("/lesions", {"form_token": token, "pseudonym": pseudonym, **fields})
        expect(load, "save", answered.status, 303)
        return "save"

    return step


def reading(load: Load, browser: Browser, _token: str, _number: int) -> Client:
    """The list and its first lesion in turn."""
    turns = itertools.count()
    place = ""

    async def step() -> str:
        nonlocal place
        what = ("list", "read")[next(turns) % 2]
        answered = await browser.get("/lesions" if what == "list" else place)
        expect(load, what, answered.status, 200)
        if what == "list":
            found = LINK.search(answered.body)
            place = found[1].decode() if found else "/nowhere"
        return what

    return step


def mix(load: Load, browser: Browser, token: str, number: int) -> Client:
    """List, empty form, save, read what was saved."""
    names, turns, fields = itertools.count(1), itertools.count(), sent()
    place = ""

    async def step() -> str:
        nonlocal place
        what = ("list", "form", "save", "read")[next(turns) % 4]
        if what == "save":
            pseudonym = f"mix.{number}-{next(names)}"
            answered = await browser.post("/lesions", {"form_token": token, "pseudonym": pseudonym, **fields})
            place = answered.headers.get("location", "/nowhere")
        else:
            path = {"list": "/lesions", "form": "/lesions/new", "read": place}[what]
            answered = await browser.get(path)
        expect(load, what, answered.status, 303 if what == "save" else 200)
        return what

    return step


LOADS: dict[str, Callable[[Load, Browser, str, int], Client]] = {
    "reading": reading,
    "saving": saving,
    "mix": mix,
}


def expect(load: Load, what: str, status: int, expected: int) -> None:
    """Count what was not answered as it should be."""
    if status != expected:
        load.faults[f"{what}: {status}"] += 1


def sent() -> dict[str, object]:
    """What the form sends of a lesion."""
    chain = read_chain(starting_bundles())
    assert isinstance(chain, Chain)
    seen = shares_of(ask(chain, LESION, (None, None)).as_dict())
    return {
        "model": 1,
        "lesion": json.dumps(LESION),
        "prevalence": "[null, null]",
        "seen": json.dumps(seen),
    }


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each load")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--only", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    rows = [HEAD]
    for kind, workers in itertools.product(asked.only, asked.workers):
        rows += asyncio.run(measure(kind, workers, asked.seconds, asked.clients))
    print("\n".join(rows))


if __name__ == "__main__":
    main()
