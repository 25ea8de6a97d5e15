"""What changed: between two turns of a request, clause by clause, and between two artefacts, cell by cell.

Pure: definitions and released values only, so that a look at them is post-processing (privacy model P11).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JSON = Mapping[str, Any]
NAMED = ("name", "column")


@dataclass(frozen=True)
class Change:
    """One place of a request with what stood there before and what stands there now; empty for nothing."""

    where: str
    before: str
    after: str


@dataclass(frozen=True)
class Moved:
    """One released figure beside the one it takes the place of."""

    statistic: str
    labels: tuple[str, ...]
    before: float | None
    after: float | None
    shown_now: bool  # had no usable value, and has one: what a checker looks at first
    apart: bool  # the two intervals do not meet: noise alone would seldom do that


def request_changes(before: JSON, after: JSON) -> list[Change]:
    """Every place at which two requests differ, in the order of the later one."""
    then, now = dict(_leaves(before, "")), dict(_leaves(after, ""))
    places = [*now, *(place for place in then if place not in now)]
    return [
        Change(place, then.get(place, ""), now.get(place, ""))
        for place in places
        if then.get(place, "") != now.get(place, "")
    ]


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """Each text or number with its place; parts of a list go by their name where they have one."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{at}, {name}" if at else str(name))
    elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        for number, each in enumerate(value, 1):
            yield from _leaves(each, f"{at} {_called(each, number)}")
    else:
        yield at, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _called(part: JSON, number: int) -> str:
    return next((f"“{part[key]}”" for key in NAMED if key in part), str(number))


def cell_changes(before: JSON, after: JSON) -> list[Moved]:
    """Cells of the same statistic and keys in both; those that show a figure for the first time come first."""
    then = {_place(cell): cell for cell in before["cells"]}
    both = [(then[place], cell) for cell in after["cells"] if (place := _place(cell)) in then]
    return sorted((_moved(old, new) for old, new in both), key=lambda each: (not each.shown_now, not each.apart))


def _place(cell: JSON) -> tuple[Any, ...]:
    return cell["statistic"], tuple(sorted((key, str(value)) for key, value in cell["keys"].items()))


def _moved(old: JSON, new: JSON) -> Moved:
    return Moved(
        statistic=str(new["statistic"]),
        labels=tuple(map(str, new["labels"].values())),
        before=old["value"],
        after=new["value"],
        shown_now=_hidden(old) and not _hidden(new),
        apart=_apart(old, new),
    )


def _hidden(cell: JSON) -> bool:
    return cell["value"] is None or bool(cell["too_noisy"])


def _apart(old: JSON, new: JSON) -> bool:
    ends = (old["low"], old["high"], new["low"], new["high"])
    return None not in ends and (old["high"] < new["low"] or new["high"] < old["low"])
