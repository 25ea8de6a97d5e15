"""The differencing guard: what could be learnt by taking one release from another (privacy model P11).

It compares definitions, clause by clause, and released values; it never sees a record. It is advice to people: the
noise is the protection, and a difference of two releases carries the noise of both. Within a project author and
checkers read the findings; about other projects only the checker's desk does, and the author is told a fixed code.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from disclosure.checks.definitions import Counted, Definition
from disclosure.checks.verdicts import ON_RELEASED, SHOWN_CELLS, Finding, Outcome

JSON = Mapping[str, Any]
RULE = "differencing"
ELSEWHERE = "differencing:elsewhere"
MANY = 3  # conditions apart: further away than this, the difference is a group of its own kind


class Relation(StrEnum):
    """How the people of a request relate to those of an earlier one, by their conditions."""

    SAME = "the same people"
    NARROWER = "some of the same people"
    WIDER = "the same people and more"
    OVERLAPPING = "people chosen by other conditions as well"
    APART = "other people"


@dataclass(frozen=True)
class Earlier:
    """A release that is out, or a request that waits: its definition, and its artefact once there is one."""

    release_id: str
    definition: Definition
    same_project: bool
    artefact: JSON | None = None


@dataclass(frozen=True)
class Compared:
    """A request beside an earlier one: the clauses that only one of them has, and the statistics that both ask for."""

    earlier: str
    same_project: bool
    relation: Relation
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    shared: tuple[tuple[Counted, Counted], ...]


def compare(here: Definition, earlier: Earlier) -> Compared:
    """Which clauses differ. Two statistics are shared when they work out the same by the same keys."""
    there = earlier.definition
    only_here, only_there = (
        tuple(sorted(each)) for each in (here.population - there.population, there.population - here.population)
    )
    shared = tuple(
        (mine, theirs)
        for mine in here.counted
        for theirs in there.counted
        if (mine.what, sorted(mine.keys)) == (theirs.what, sorted(theirs.keys))
    )
    relation = _relation(bool(here.population & there.population), only_here, only_there)
    return Compared(earlier.release_id, earlier.same_project, relation, only_here, only_there, shared)


def related(here: Definition, earlier: Earlier) -> bool:
    """Is there anything to be taken from one another: the same statistic, of people chosen nearly alike?"""
    compared = compare(here, earlier)
    return bool(compared.shared) and compared.relation is not Relation.APART


def _relation(meet: bool, only_here: Sequence[str], only_there: Sequence[str]) -> Relation:
    if not meet or len(only_here) + len(only_there) > MANY:
        return Relation.APART
    if only_here and only_there:
        return Relation.OVERLAPPING
    if only_here:
        return Relation.NARROWER
    return Relation.WIDER if only_there else Relation.SAME


def guard(here: Definition, earlier: Sequence[Earlier], artefact: JSON | None, least: int) -> list[Finding]:
    """Every earlier release that this one could be taken from, for the checker's desk.

    `artefact` holds this release's values once they are there; `least` is the count below which a preset looks.
    """
    found = []
    for each in earlier:
        if related(here, each):
            compared = compare(here, each)
            small = list(_small(compared, artefact, each.artefact, least))
            found.append(_finding(compared, small, artefact is not None and each.artefact is not None))
    return found


def for_author(here: Definition, earlier: Sequence[Earlier], artefact: JSON | None, least: int) -> list[Finding]:
    """What the author may read: everything about the own project; of other projects that there is something."""
    own = guard(here, [each for each in earlier if each.same_project], artefact, least)
    others = guard(here, [each for each in earlier if not each.same_project], artefact, least)
    fixed = Finding(RULE, Outcome.PERSON, f"{ELSEWHERE}: checkers will look at other releases beside this one.")
    return [*own, fixed] if others else own


def _finding(compared: Compared, small: list[JSON], both_out: bool) -> Finding:
    names = ", ".join(mine.name for mine, _ in compared.shared)
    told = f"{names}: {compared.relation.value} as in release {compared.earlier}"
    if compared.only_here:
        told += f"; only here: {'; '.join(compared.only_here)}"
    if compared.only_there:
        told += f"; only there: {'; '.join(compared.only_there)}"
    if compared.relation is Relation.SAME:
        return Finding(RULE, Outcome.LOOK, f"{told}. Asked again, an average of both is less noisy than either.")
    if not both_out:
        return Finding(RULE, Outcome.LOOK, f"{told}. Their difference is about the people between the two.")
    if small:
        told += f". {len(small)} differences may be of few people, {ON_RELEASED}."
        return Finding(RULE, Outcome.LOOK, told, cells=tuple(small[:SHOWN_CELLS]))
    return Finding(RULE, Outcome.NOTHING, f"{told}. No difference is small, {ON_RELEASED}.")


def _small(compared: Compared, here: JSON | None, there: JSON | None, least: int) -> Iterator[JSON]:
    """Cells of people whose difference, less what the noise of both can do, is below `least` and may be of somebody."""
    if here is None or there is None:
        return
    for mine, theirs in compared.shared:
        old = {_place(cell, theirs): cell for cell in _people(there, theirs.name)}
        for cell in _people(here, mine.name):
            other = old.get(_place(cell, mine))
            if other is not None:
                apart = abs(cell["value"] - other["value"])
                half = math.hypot(*((each["high"] - each["low"]) / 2 for each in (cell, other)))
                if apart - half < least:
                    yield {
                        "statistic": mine.name,
                        "labels": cell["labels"],
                        "difference": apart,
                        "half_width": round(half),
                    }


def _people(artefact: JSON, name: str) -> Iterator[JSON]:
    statistic = next((each for each in artefact["statistics"] if each["name"] == name), None)
    if statistic is not None and statistic["unit"] == "people":
        yield from (cell for cell in artefact["cells"] if cell["statistic"] == name and cell["low"] is not None)


def _place(cell: JSON, counted: Counted) -> frozenset[tuple[str, str]]:
    """Where a cell stands, told by the clauses of its keys: authors may name a column as they like."""
    clauses = dict(zip(counted.by, counted.keys, strict=True))
    return frozenset((clauses.get(name, name), str(value)) for name, value in cell["keys"].items())
