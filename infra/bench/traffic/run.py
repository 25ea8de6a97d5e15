"""`bench traffic`: what the servers bear, then everybody at half of it, then the books."""

import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from gateway.store.migrate import upgrade
from infra.bench.report import Measure, measure
from infra.bench.traffic.asking import Answer, Ask, ask, awaited, closed_loop, open_arrivals
from infra.bench.traffic.journeys import Journeys
from infra.bench.traffic.reckoning import Books, reckon
from infra.bench.traffic.servers import bare_page, gateway
from infra.bench.traffic.town import Size, Town, settle
from infra.bench.traffic.visitors import READ, Visitors
from infra.demo.processes import need_free
from infra.postgres import BINARIES, Server
from workspaces.catalogue.errors import Invalid

TAIL_BAR = 5.0
SEED = 1
REST_SECONDS = 120
BARE = "a bare Flask page"


@dataclass(frozen=True)
class Load:
    """How long, on how many gunicorn workers, with how many clients in the closed loop."""

    seconds: float = 60.0
    closed_seconds: float = 10.0
    workers: int = 4
    clients: int = 16


@dataclass(frozen=True)
class Run:
    """What came of a run; rates are requests a second."""

    capacity: float
    bare: float
    rate: float
    answers: tuple[Answer, ...]
    acknowledged: Counter[str]
    books: Books

    @property
    def errors(self) -> Counter[str]:
        """Answers that are no page and no outcome, by kind and status; 0 is no answer."""
        return Counter(f"{each.kind}: {each.status}" for each in self.answers if each.status != 200)

    def measures(self) -> Iterator[Measure]:
        """The whole as measures; times in seconds."""
        times = [each.seconds for each in self.answers if each.kind.startswith(READ)]
        yield measure("bar", "pages: p99 since they were due", _p99(times), "their median", median(times), TAIL_BAR)
        for kind in sorted({each.kind for each in self.answers}):
            found = [each.seconds for each in self.answers if each.kind == kind]
            yield measure("info", f"{kind} ({len(found)}): p99", _p99(found), "median", median(found))
        yield measure("info", "seconds of the servers for a request", 1 / self.capacity, BARE, 1 / self.bare)

    def counts(self) -> dict[str, object]:
        """What is counted and not timed."""
        return {
            "requests": len(self.answers),
            "errors": dict(self.errors),
            "capacity_per_second": round(self.capacity, 1),
            "bare_per_second": round(self.bare, 1),
            "share_of_bare": round(self.capacity / self.bare, 4),
            "arrivals_per_second": round(self.rate, 1),
            "commands": dict(self.acknowledged),
            "paid": self.books.paid,
            "drawn": self.books.drawn,
            "budgets": self.books.budgets,
            "log_rows": self.books.rows,
            "wrong": list(self.books.wrong),
        }


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100, method="inclusive")[98] if len(times) > 1 else times[0]


def run(size: Size, load: Load, port: int, say: Callable[[str], None]) -> Run:
    """The whole benchmark on a database server of its own, in a folder that is gone afterwards."""
    with settled(size, port) as (town, folder):
        say("Bare page")
        with bare_page(folder / "logs", town.environment, port, load.workers):
            bare = _rate(awaited(_closed(port, load, lambda: Ask(BARE, "/"))), load)
        say("Capacity")
        with gateway(folder / "logs", town.environment, port, load.workers) as servers:
            visitors = crowd(town)
            at_most = awaited(_closed(port, load, visitors))
            capacity = _rate(at_most, load)
            rate = capacity / 2
            say(f"Everybody: {rate:.0f} requests a second for {load.seconds:.0f} seconds")
            answers = awaited(_open(port, visitors, rate, load.seconds))
            say("Until what was begun has ended")
            servers.check()
            awaited(drain(port, visitors.journeys))
        return Run(capacity, bare, rate, tuple(answers), visitors.journeys.acknowledged, reckon(town.at))


def crowd(town: Town) -> Visitors:
    """Everybody, with the same choices each time."""
    rng = random.Random(SEED)  # noqa: S311 who comes when is no secret
    return Visitors(town, Journeys(town, rng), rng)


@contextmanager
def settled(size: Size, port: int) -> Iterator[tuple[Town, Path]]:
    """A house on a PostgreSQL server of its own, and its folder."""
    if not BINARIES:
        raise Invalid("bench:no_postgresql", "There is no PostgreSQL server here.", "Run: ./run setup.")
    need_free(port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server outlives the run
    server = Server()
    try:
        with tempfile.TemporaryDirectory(prefix="tre-traffic-") as folder:
            database = server.create("traffic")
            upgrade(database)
            with redirect_stdout(sys.stderr):  # what is printed is the result alone
                town = settle(Path(folder), database, port, size)
            try:
                yield town, Path(folder)
            finally:
                town.at.gateway.unit.dispose()
    finally:
        server.remove()


async def _closed(port: int, load: Load, source: Callable[[], Ask]) -> list[Answer]:
    await closed_loop(port, source, clients=load.clients, seconds=load.closed_seconds)  # templates are compiled first
    return await closed_loop(port, source, clients=load.clients, seconds=load.closed_seconds)


async def _open(port: int, visitors: Visitors, rate: float, seconds: float) -> list[Answer]:
    return await open_arrivals(port, visitors, rate=rate, seconds=seconds, rng=visitors.rng)


def _rate(answers: list[Answer], load: Load) -> float:
    return sum(each.status == 200 for each in answers) / load.closed_seconds


async def drain(port: int, journeys: Journeys) -> None:
    """Until everything that was begun has ended, with nothing new. Raises Invalid when it does not come to rest."""
    journeys.draining, ends = True, time.monotonic() + REST_SECONDS
    while not journeys.ended:
        asked = journeys.next()
        if asked is not None:
            await ask(port, asked, time.perf_counter())
        elif time.monotonic() > ends:
            raise Invalid("bench:restless", "What was begun did not come to an end.", "Look at the workers' logs.")
        else:
            await asyncio.sleep(0.05)
