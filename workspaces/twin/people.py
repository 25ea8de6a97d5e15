"""People made up from released marginals: a fixed sampler, so that the same release gives the same twin, byte for byte.

Sex and age come from their joint marginal; ethnic group follows sex, diagnoses, prescriptions and visits follow age,
measured values follow sex; everything else is independent and dates are uniform. So nothing of the twin is a finding.
Nothing is drawn from records here: whatever a release says may be turned over as often as one likes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workspaces.catalogue.concepts import Concept
from workspaces.catalogue.places import BOROUGHS, UNKNOWN
from workspaces.catalogue.tables import BAND_YEARS, TOP_AGE
from workspaces.twin.marginals import CONCEPT_OF, FLAGS, MEASUREMENT, VALUES, concepts_of, flag, value

MOST_PEOPLE = 100_000
YEAR = 2026  # of birth years and dates: nothing of a twin tells when it was drawn
WEEKS = 260
Words = NDArray[np.str_]
Rows = dict[str, list[Any]]


@dataclass
class Marginals:
    """Released noisy counts by statistic: keys of each cell, and its value where that is above 0."""

    cells: Mapping[str, Sequence[tuple[Mapping[str, Any], float]]]

    @classmethod
    def of(cls, artefact: Mapping[str, Any]) -> "Marginals":
        """Of a released artefact."""
        found: dict[str, list[tuple[Mapping[str, Any], float]]] = {}
        for cell in artefact["cells"]:
            found.setdefault(cell["statistic"], []).append((cell["keys"], max(0.0, float(cell["value"] or 0))))
        return cls(found)

    def within(self, statistic: str, **keys: str) -> list[tuple[Mapping[str, Any], float]]:
        """The cells of a statistic that have these keys."""
        cells = self.cells.get(statistic, ())
        return [(at, number) for at, number in cells if all(str(at[name]) == text for name, text in keys.items())]


@dataclass
class Twin:
    """Tables of made-up people as columns of values; dates are whole weeks since the first."""

    people: int
    tables: dict[str, Rows] = field(default_factory=dict)


def made_up(artefact: Mapping[str, Any]) -> Twin:
    """The twin that a released artefact of its marginals stands for."""
    marginals = Marginals.of(artefact)
    seed = sha256(json.dumps(artefact, sort_keys=True).encode()).digest()
    chance = np.random.default_rng(list(seed))
    joint = marginals.within("by_sex_and_age_band")
    size = min(MOST_PEOPLE, round(sum(number for _, number in joint)))
    at = _chosen(chance, [number for _, number in joint], size)
    sex = np.array([str(keys["sex"]) for keys, _ in joint] or [""])[at]
    band = np.array([str(keys["age_band"]) for keys, _ in joint] or [""])[at]
    twin = Twin(size, {"person": _person(chance, marginals, sex, band)})
    for table, most in FLAGS.items():
        twin.tables[table] = _events(chance, marginals, table, concepts_of(table, most), band)
    twin.tables[MEASUREMENT] = _measured(chance, marginals, concepts_of(MEASUREMENT, VALUES), sex)
    return twin


def _chosen(chance: np.random.Generator, weights: Sequence[float], size: int) -> NDArray[np.int64]:
    """Places by weight; all alike where nothing has any."""
    if size == 0 or not weights:
        return np.zeros(0, dtype=np.int64)
    found = np.array(weights, dtype=np.float64)
    total = found.sum()
    return chance.choice(len(found), size=size, p=found / total if total > 0 else None)


def _person(chance: np.random.Generator, marginals: Marginals, sex: Words, band: Words) -> Rows:
    size = len(sex)
    ethnic = np.full(size, UNKNOWN, dtype=object)
    for each in np.unique(sex):
        who = np.flatnonzero(sex == each)
        ethnic[who] = _drawn(
            chance, marginals.within("by_sex_and_ethnic_group", sex=str(each)), "ethnic_group", len(who)
        )
    borough = _drawn(chance, marginals.within("by_borough"), "borough", size)
    places = {each.code: each for each in BOROUGHS}
    lived = [places.get(code) for code in borough]
    return {
        "person_id": list(range(1, size + 1)),
        "year_of_birth": [_born(chance, str(each)) for each in band],
        "age_band": band.tolist(),
        "sex": sex.tolist(),
        "ethnic_group": ethnic.tolist(),
        "borough": borough,
        "stp": [each.stp if each else UNKNOWN for each in lived],
        "imd_decile": [each.imd_decile if each else 0 for each in lived],
    }


def _drawn(
    chance: np.random.Generator, cells: Sequence[tuple[Mapping[str, Any], float]], key: str, size: int
) -> list[str]:
    if not cells:
        return [UNKNOWN] * size
    names = [str(keys[key]) for keys, _ in cells]
    return [names[place] for place in _chosen(chance, [number for _, number in cells], size)]


def _born(chance: np.random.Generator, band: str) -> int | None:
    """A year of birth in a band of ages; nobody's where the age is not known."""
    low = band.removesuffix("+").split("-")[0]
    if not low.isdigit():
        return None
    age = int(low)
    return YEAR - (age if age >= TOP_AGE else age + int(chance.integers(BAND_YEARS)))


def _events(
    chance: np.random.Generator, marginals: Marginals, table: str, concepts: Sequence[Concept], band: Words
) -> Rows:
    """One row of each person for each concept that they have."""
    rows: Rows = {"person_id": [], CONCEPT_OF[table]: [], "week": []}
    for each in concepts:
        name = flag(table, each)
        for age in np.unique(band):
            cells = marginals.within(f"by_{name}", age_band=str(age))
            yes = sum(number for keys, number in cells if str(keys[name]).lower() == "true")
            total = sum(number for _, number in cells)
            who = np.flatnonzero(band == age)
            has = who[chance.random(len(who)) < (yes / total if total > 0 else 0.0)]
            _add(chance, rows, has, CONCEPT_OF[table], each.concept_id)
    return rows


def _add(chance: np.random.Generator, rows: Rows, who: NDArray[np.int64], column: str, concept_id: int) -> None:
    rows["person_id"] += (who + 1).tolist()
    rows[column] += [concept_id] * len(who)
    rows["week"] += chance.integers(WEEKS, size=len(who)).tolist()


def _measured(chance: np.random.Generator, marginals: Marginals, concepts: Sequence[Concept], sex: Words) -> Rows:
    """One value of each person who has one: a bin by its count, then a point of the grid within it."""
    rows: Rows = {"person_id": [], "measurement_concept_id": [], "week": [], "value_as_number": []}
    for each in concepts:
        if each.grid is None:
            continue
        for of_sex in np.unique(sex):
            cells = marginals.within(f"by_{value(each)}", sex=str(of_sex))
            people = sum(number for _, number in marginals.within("by_sex_and_age_band", sex=str(of_sex)))
            weights = [number for _, number in cells]
            who = np.flatnonzero(sex == of_sex)
            known = who[chance.random(len(who)) < (min(1.0, sum(weights) / people) if people > 0 else 0.0)]
            _add(chance, rows, known, "measurement_concept_id", each.concept_id)
            steps = int((each.grid.high - each.grid.low) / each.grid.step)
            width = max(1, -(-steps // max(1, len(weights))))
            points = _chosen(chance, weights, len(known)) * width + chance.integers(width, size=len(known))
            grid = each.grid
            rows["value_as_number"] += [float(grid.low + min(int(point), steps) * grid.step) for point in points]
    return rows
