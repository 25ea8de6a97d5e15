"""`bench soak`: people at work for long, and whether a process grows: its memory, its open files.

A process is told by its first samples, after all its templates are compiled and its pools are full. Memory may rise by
so many MiB an hour, which a leak of 10 KiB a request passes within minutes at a request a second.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median

from infra.bench.traffic.asking import Answer, awaited, open_arrivals
from infra.bench.traffic.reckoning import Books, reckon
from infra.bench.traffic.run import crowd, drain, settled
from infra.bench.traffic.servers import gateway
from infra.bench.traffic.town import Size

EVERY_SECONDS = 2.0
WARM = 0.25  # of the whole: not judged
MIB_PER_HOUR = 30.0
MORE_FILES = 4.0
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024


@dataclass
class Samples:
    """One process: seconds, resident MiB, open files."""

    name: str
    pid: int
    seconds: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def take(self, at: float) -> None:
        """One more; a process that has ended is not sampled, and found by the counts."""
        try:
            resident = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
            files = len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:
            return
        self.seconds.append(at)
        self.mib.append(resident * PAGE_KIB / 1024)
        self.files.append(files)

    @property
    def slope(self) -> float:
        """MiB an hour, by least squares over what is judged."""
        begin = self._judged
        return linear_regression(self.seconds[begin:], self.mib[begin:]).slope * 3600

    @property
    def more_files(self) -> float:
        """How many more files were open in the last quarter than in the first one that is judged."""
        judged = self.files[self._judged :]
        quarter = max(1, len(judged) // 4)
        return median(judged[-quarter:]) - median(judged[:quarter])

    @property
    def flat(self) -> bool:
        """True when neither grew."""
        return self.slope <= MIB_PER_HOUR and self.more_files <= MORE_FILES

    @property
    def _judged(self) -> int:
        return int(len(self.seconds) * WARM)

    def told(self) -> dict[str, object]:
        """The process in figures."""
        return {
            "process": self.name,
            "samples": len(self.seconds),
            "mib": [round(self.mib[self._judged], 1), round(self.mib[-1], 1)],
            "mib_per_hour": round(self.slope, 1),
            "files": [self.files[self._judged], self.files[-1]],
            "flat": self.flat,
        }


@dataclass(frozen=True)
class Soaked:
    """What came of a soak."""

    processes: tuple[Samples, ...]
    answers: tuple[Answer, ...]
    books: Books

    @property
    def well(self) -> bool:
        """True when everything was answered, every book is right and no process grew."""
        answered = all(each.status == 200 for each in self.answers)
        return answered and not self.books.wrong and all(each.flat for each in self.processes)

    def told(self) -> dict[str, object]:
        """The whole in figures."""
        return {
            "requests": len(self.answers),
            "errors": sum(each.status != 200 for each in self.answers),
            "paid": self.books.paid,
            "drawn": self.books.drawn,
            "wrong": list(self.books.wrong),
            "processes": [each.told() for each in self.processes],
        }


def soak(size: Size, *, seconds: float, rate: float, workers: int, port: int, say: Callable[[str], None]) -> Soaked:
    """Everybody at `rate` requests a second for so long, with all processes of the house watched."""
    with settled(size, port) as (town, folder), gateway(folder / "logs", town.environment, port, workers) as servers:
        found = [Samples(name, pid) for name, pid in _family({n: p.pid for n, p in servers.running.items()})]
        visitors = crowd(town)
        say(f"Everybody: {rate:g} requests a second for {seconds:.0f} seconds, {len(found)} processes watched")

        async def both() -> list[Answer]:
            arrivals = open_arrivals(port, visitors, rate=rate, seconds=seconds, rng=visitors.rng)
            answers, _ = await asyncio.gather(arrivals, _watch(found, seconds))
            await drain(port, visitors.journeys)
            return answers

        answers = awaited(both())
        servers.check()
        return Soaked(tuple(found), tuple(answers), reckon(town.at))


async def _watch(processes: Sequence[Samples], seconds: float) -> None:
    began = time.monotonic()
    while (at := time.monotonic() - began) < seconds:
        for each in processes:
            each.take(at)
        await asyncio.sleep(min(EVERY_SECONDS, seconds / 20))


def _family(named: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The processes, and the children of each: gunicorn's workers."""
    for name, pid in named.items():
        yield name, pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        yield from ((f"{name}'s {number}", int(child)) for number, child in enumerate(children, start=1))
