"""What every peer is asked, and how it answers: one JSON object in, one out. Standard library only."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter

Row = tuple[str, float]
Ask = Callable[[], Iterable[Row]]
LOWER, UPPER, CUT_YEAR, BANDS = 0, 90, 2026, 10


@dataclass(frozen=True)
class Asked:
    """One question: a statistic of `age` (years, 0 to 90) or of people, from one Parquet file of one row per person.

    `quantiles` are those asked together, for the whole of ε.

    `keys` are the public values of each column that is grouped by. `patience` is the seconds after which no further
    repetition is begun. An answer is a row for each cell: its keys joined by `|`, and a number.
    """

    file: str
    statistic: str
    epsilon: float
    repetitions: int
    patience: float
    keys: dict[str, list[str]] = field(default_factory=dict)
    quantiles: list[float] = field(default_factory=list)


def answer(prepare: Callable[[Asked], Ask]) -> None:
    """Ask as often as wanted and print `{"seconds": [...], "answers": [{cell: number}, ...]}`."""
    asked = Asked(**json.loads(sys.argv[1]))
    ask = prepare(asked)
    seconds: list[float] = []
    answers: list[dict[str, float]] = []
    while len(seconds) < asked.repetitions and sum(seconds) < asked.patience:
        start = perf_counter()
        rows = list(ask())
        seconds.append(perf_counter() - start)
        answers.append({cell: float(number) for cell, number in rows})
    print(json.dumps({"seconds": seconds, "answers": answers}))


def cell(*keys: object) -> str:
    """The name of a cell."""
    return "|".join(str(key) for key in keys)
