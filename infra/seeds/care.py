"""What happens to people at practices and trusts over ten years: rows of events, with a little mess in them."""

from dataclasses import dataclass, replace

import numpy as np

from infra.seeds import illnesses as ill
from infra.seeds.draws import Bools, Draws, Floats, Ints, choose
from infra.seeds.illnesses import Health
from infra.seeds.people import TODAY, WINDOW, YEARS, People
from infra.seeds.text import BROKEN_DAY, NO_DAY

UNKNOWN_CODE = 0.015
FUTURE_DATE = 0.0003
BROKEN_DATE = 0.0003
IMPOSSIBLE_VALUE = 0.0005
DUPLICATE = 0.001
RESTRICTED_CODE = 0.002  # of procedures

MEASUREMENT_CONCEPTS = (ill.SYSTOLIC, ill.DIASTOLIC, ill.BMI, ill.HBA1C, ill.EGFR, ill.CHOLESTEROL)
_LOW = np.array([60, 30, 10, 10, 0, 1]) * 10
_HIGH = np.array([260, 160, 70, 200, 150, 20]) * 10
_WHOLE = np.array([True, True, False, True, True, False])
VISIT_CONCEPTS = (9201, 9202, 9203)
PROCEDURE_CONCEPTS = (4163872, 4336464, 4203771, 4186397, 2106781)
GP_VISITS_A_YEAR = 3
ENCOUNTERS = 6
ISSUES = 8


@dataclass(frozen=True)
class Rows:
    """Events sorted by sender, then person. `value` counts tenths, -1 is absurd.

    `concept` is a place in the tuple of the table's concepts; -1 is a code nobody knows, -2 one that law restricts.

    `id` is unique for its table in the whole population and depends on the person's place alone.
    """

    person: Ints
    sender: Ints
    id: Ints
    concept: Ints
    day: Ints
    value: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.person)

    def of(self, chosen: Bools | Ints) -> "Rows":
        """Some of the rows."""
        return Rows(**{name: column[chosen] for name, column in vars(self).items()})


def _rows(people: People, *, wanted: Bools, days: Ints, sender: Ints, concept: Ints) -> Rows:
    """Living people's wanted events out of a grid (person, slot), known to a sender; all arguments broadcast to it."""
    person, slot = np.nonzero(wanted & (sender >= 0))
    shape = wanted.shape
    day, at, what = (np.broadcast_to(a, shape)[person, slot] for a in (days, sender, concept))
    kept = people.alive(person, day)
    person, slot = person[kept], slot[kept]
    nothing = np.zeros(len(person), dtype=np.int64)
    identity = people.index[person] * shape[1] + slot + 1
    rows = Rows(person, at[kept], identity, what[kept], day[kept], nothing, nothing + NO_DAY)
    return rows.of(np.argsort(rows.sender, kind="stable"))


def _at(draws: Draws, name: str, rows: Rows, slots: int) -> Floats:
    """The random number of each row, taken from the grid (person, slot) of this stream."""
    return draws.uniform(name, slots)[rows.person, (rows.id - 1) % slots]


def _mess(draws: Draws, name: str, rows: Rows, slots: int, restricted: float = 0.0) -> Rows:
    """A few percent unknown codes, and small numbers of future, broken and absurd entries and of repeated rows."""
    draw = _at(draws, f"{name} mess", rows, slots)
    edges = np.cumsum([UNKNOWN_CODE, FUTURE_DATE, BROKEN_DATE, IMPOSSIBLE_VALUE, DUPLICATE, restricted])
    kind = np.searchsorted(edges, draw, side="right")
    day = np.where(kind == 1, TODAY + 400, np.where(kind == 2, BROKEN_DAY, rows.day))
    messy = replace(
        rows,
        concept=np.where(kind == 0, -1, np.where(kind == 5, -2, rows.concept)),
        day=day,
        value=np.where(kind == 3, -1, rows.value),
    )
    return messy.of(np.repeat(np.arange(len(rows)), 1 + (kind == 4)))


def _yearly(draws: Draws, name: str, slots: int) -> Ints:
    """A day in each of equal parts of the ten years, shape (people, slots)."""
    part = (TODAY - WINDOW) / slots
    return WINDOW + ((np.arange(slots) + draws.uniform(name, slots)) * part).astype(np.int64)


def practice_visits(draws: Draws, people: People, health: Health) -> Rows:
    """Visits to the practice: more with age and illness."""
    slots = YEARS * GP_VISITS_A_YEAR
    chance = np.minimum(0.18 + 0.04 * people.decade + 0.07 * health.ill.sum(axis=1), 0.9)
    rows = _rows(
        people,
        wanted=draws.uniform("visit", slots) < chance[:, None],
        days=_yearly(draws, "visit day", slots),
        sender=people.practice[:, None],
        concept=np.zeros((1, 1), dtype=np.int64),
    )
    messy = _mess(draws, "visit", rows, slots)
    return replace(messy, end=messy.day)


def practice_conditions(draws: Draws, people: People, health: Health) -> Rows:
    """Each illness when it began, and for some a second time later."""
    count = len(ill.ILLNESSES)
    later = health.onset + 30 + (draws.uniform("condition again", count) * 900).astype(np.int64)
    rows = _rows(
        people,
        wanted=np.hstack([health.ill, health.ill & (draws.uniform("condition repeated", count) < 0.2)]),
        days=np.hstack([health.onset, later]),
        sender=people.practice[:, None],
        concept=np.tile(np.arange(count), 2)[None, :],
    )
    return _mess(draws, "condition", rows, 2 * count)


def practice_drugs(draws: Draws, people: People, health: Health) -> Rows:
    """Issues of each medicine taken, about every four months from its start; `value` is days of supply."""
    kinds = len(ill.MEDICINES)
    slots = kinds * ISSUES
    gap = np.arange(ISSUES) * 120 + (draws.uniform("issue day", slots).reshape(-1, kinds, ISSUES) * 60).astype(np.int64)
    rows = _rows(
        people,
        wanted=np.repeat(health.takes, ISSUES, axis=1) & (draws.uniform("issue", slots) < 0.85),
        days=(health.since[:, :, None] + gap).reshape(-1, slots),
        sender=people.practice[:, None],
        concept=np.repeat(np.arange(kinds), ISSUES)[None, :],
    )
    supply = np.array([28, 56, 84])[choose(_at(draws, "supply", rows, slots), np.array([0.5, 0.4, 0.1]))]
    return _mess(draws, "drug", replace(rows, value=supply * 10), slots)


def _measured(people: People, health: Health) -> Floats:
    """Chance of a measurement in one year, shape (people, six concepts); the two pressures go together."""
    hypertensive, diabetic, kidney = (health.has(c) for c in (ill.HYPERTENSION, ill.DIABETES, ill.KIDNEY))
    adult = people.decade >= 2
    pressure = adult * (0.08 + 0.02 * people.decade) + 0.4 * hypertensive + 0.2 * diabetic
    weight = 0.06 + 0.01 * people.decade + 0.15 * health.has(ill.OBESITY)
    sugar = adult * 0.05 + 0.75 * diabetic + 0.7 * health.has(ill.TYPE_1_DIABETES)
    filtration = adult * 0.04 + 0.2 * hypertensive + 0.3 * diabetic + 0.4 * kidney
    cholesterol = adult * 0.05 + 0.15 * hypertensive + 0.3 * diabetic
    chance: Floats = np.stack([pressure, pressure, weight, sugar, filtration, cholesterol], axis=1)
    return np.minimum(chance, 0.95)


def practice_measurements(draws: Draws, people: People, health: Health) -> Rows:
    """Blood pressure, body mass index and blood tests; at most one of each kind a year."""
    kinds = len(MEASUREMENT_CONCEPTS)
    slots = kinds * YEARS
    days, draw = _yearly(draws, "measurement day", YEARS), draws.uniform("measured", slots).reshape(-1, kinds, YEARS)
    draw[:, 1] = draw[:, 0]
    rows = _rows(
        people,
        wanted=(draw < _measured(people, health)[:, :, None]).reshape(-1, slots),
        days=np.tile(days, (1, kinds)),
        sender=people.practice[:, None],
        concept=np.repeat(np.arange(kinds), YEARS)[None, :],
    )
    noise = draws.normal("measurement noise", slots)[rows.person, (rows.id - 1) % slots]
    rows = replace(rows, value=values(draws, people, health, rows, noise))
    return _mess(draws, "measurement", rows, slots)


def values(draws: Draws, people: People, health: Health, rows: Rows, noise: Floats) -> Ints:
    """Measured values in tenths, on the grid of their concept: a person's own level, illness, treatment and noise."""
    level = draws.normal("level", len(MEASUREMENT_CONCEPTS))[rows.person, rows.concept]
    found = np.empty(len(rows))
    for place, (middle, between, within) in enumerate(_levels(people, health, rows)):
        chosen = rows.concept == place
        found[chosen] = middle[chosen] + between * level[chosen] + within * noise[chosen]
    tenths = np.where(_WHOLE[rows.concept], np.rint(found) * 10, np.rint(found * 10)).astype(np.int64)
    return np.clip(tenths, _LOW[rows.concept], _HIGH[rows.concept])


def _levels(people: People, health: Health, rows: Rows) -> tuple[tuple[Floats, float, float], ...]:
    """For each concept: expected value per row, spread between people, spread within a person."""
    person, days = rows.person, rows.day
    age = people.age[person]
    had = {c: health.had(c, person, days) for c in (ill.HYPERTENSION, ill.DIABETES, ill.KIDNEY)}
    treated = health.on(ill.AMLODIPINE, person, days) | health.on(ill.RAMIPRIL, person, days)
    pressure = 24.0 * had[ill.HYPERTENSION] - 11.0 * treated
    sugar = 20.0 * (had[ill.DIABETES] | health.had(ill.TYPE_1_DIABETES, person, days))
    return (
        (108 + 0.28 * age + pressure, 8.0, 6.0),
        (68 + 0.12 * age + 0.45 * pressure, 6.0, 5.0),
        (np.where(age < 18, 13 + 0.5 * age, 24.5) + 8.0 * health.has(ill.OBESITY)[person], 2.6, 0.5),
        (34 + 0.06 * age + sugar, 3.0, 3.0),
        (118 - 0.6 * age - 22.0 * had[ill.KIDNEY], 9.0, 5.0),
        (4.9 + 0.004 * age - 1.1 * health.on(ill.ATORVASTATIN, person, days), 0.8, 0.3),
    )


def practice_procedures(draws: Draws, people: People, health: Health) -> Rows:
    """Electrocardiograms at the practice."""
    chance = 0.02 + 0.02 * people.decade + 0.3 * health.has(ill.FIBRILLATION) + 0.2 * health.has(ill.CORONARY)
    rows = _rows(
        people,
        wanted=draws.one("gp procedure")[:, None] < chance[:, None],
        days=_yearly(draws, "gp procedure day", 1),
        sender=people.practice[:, None],
        concept=np.array([[4]]),
    )
    return _mess(draws, "gp procedure", rows, 1, RESTRICTED_CODE)


@dataclass(frozen=True)
class Stay:
    """Encounters with trusts on a grid of (person, 2 trusts x 6 places): which happened, when and where."""

    happened: Bools
    days: Ints
    trust: Ints
    kind: Ints


def make_stays(draws: Draws, people: People, health: Health) -> Stay:
    """The grid that everything a trust records hangs on."""
    slots = 2 * ENCOUNTERS
    chance = np.minimum(0.2 + 0.03 * people.decade + 0.07 * health.ill.sum(axis=1), 0.9)
    kind = choose(draws.uniform("encounter kind", slots), np.array([0.15, 0.60, 0.25]))
    return Stay(
        happened=draws.uniform("encounter", slots) < chance[:, None],
        days=WINDOW + (draws.uniform("encounter day", slots) * (TODAY - WINDOW)).astype(np.int64),
        trust=np.repeat(people.trusts, ENCOUNTERS, axis=1),
        kind=kind,
    )


def trust_encounters(draws: Draws, people: People, stay: Stay) -> Rows:
    """Inpatient, outpatient and emergency encounters; a stay past the extract has no end yet."""
    slots = 2 * ENCOUNTERS
    rows = _rows(people, wanted=stay.happened, days=stay.days, sender=stay.trust, concept=stay.kind)
    nights = np.where(rows.concept == 0, 1 + (_at(draws, "nights", rows, slots) ** 2 * 20).astype(np.int64), 0)
    end = np.minimum(rows.day + nights, people.death[rows.person])
    messy = _mess(draws, "encounter", replace(rows, end=np.where(end > TODAY, NO_DAY, end)), slots)
    # A broken or future start says nothing about the end.
    return replace(messy, end=np.where(messy.day > TODAY, NO_DAY, messy.end))


def trust_conditions(draws: Draws, people: People, health: Health) -> Rows:
    """About half of the illnesses of a trust's people, recorded within a month of their beginning."""
    count = len(ill.ILLNESSES)
    rows = _rows(
        people,
        wanted=np.tile(health.ill, 2) & (draws.uniform("trust condition", 2 * count) < 0.5),
        days=np.tile(health.onset, 2) + (draws.uniform("trust condition day", 2 * count) * 30).astype(np.int64),
        sender=np.repeat(people.trusts, count, axis=1),
        concept=np.tile(np.arange(count), 2)[None, :],
    )
    return _mess(draws, "trust condition", rows, 2 * count)


def trust_measurements(draws: Draws, people: People, health: Health, stay: Stay) -> Rows:
    """Blood tests and body mass index during encounters."""
    kinds = len(MEASUREMENT_CONCEPTS)
    slots = 2 * ENCOUNTERS * kinds
    share = np.array([0, 0, 0.15, 0.2, 0.4, 0.2])
    rows = _rows(
        people,
        wanted=np.repeat(stay.happened, kinds, axis=1)
        & (draws.uniform("trust measured", slots) < np.tile(share, 2 * ENCOUNTERS)),
        days=np.repeat(stay.days, kinds, axis=1),
        sender=np.repeat(stay.trust, kinds, axis=1),
        concept=np.tile(np.arange(kinds), 2 * ENCOUNTERS)[None, :],
    )
    noise = draws.normal("trust measurement noise", slots)[rows.person, (rows.id - 1) % slots]
    rows = replace(rows, value=values(draws, people, health, rows, noise))
    return _mess(draws, "trust measurement", rows, slots)


def trust_pressures(draws: Draws, people: People, health: Health, stay: Stay) -> tuple[Rows, Ints]:
    """Blood pressures during encounters, and for each row the diastolic value in tenths."""
    slots = 2 * ENCOUNTERS
    wanted = stay.happened & (draws.uniform("pressure taken", slots) < 0.6)
    rows = _rows(people, wanted=wanted, days=stay.days, sender=stay.trust, concept=np.zeros((1, 1), dtype=np.int64))
    noise = draws.normal("pressure noise", slots)[rows.person, (rows.id - 1) % slots]
    systolic = values(draws, people, health, rows, noise)
    diastolic = values(draws, people, health, replace(rows, concept=rows.concept + 1), noise)
    return replace(rows, value=systolic), np.minimum(diastolic, systolic)


def trust_drugs(draws: Draws, people: People, health: Health) -> Rows:
    """First issues of medicines that a trust began."""
    kinds = len(ill.MEDICINES)
    rows = _rows(
        people,
        wanted=np.tile(health.takes, 2) & (draws.uniform("trust drug", 2 * kinds) < 0.3),
        days=np.tile(health.since, 2),
        sender=np.repeat(people.trusts, kinds, axis=1),
        concept=np.tile(np.arange(kinds), 2)[None, :],
    )
    return _mess(draws, "trust drug", replace(rows, value=np.full(len(rows), 280)), 2 * kinds)


def trust_procedures(draws: Draws, people: People, health: Health, stay: Stay) -> Rows:
    """X-rays, electrocardiograms, bypass grafts and joint replacements during encounters."""
    kinds = len(PROCEDURE_CONCEPTS)
    slots = 2 * ENCOUNTERS * kinds
    old = people.decade >= 6
    share = np.stack(
        [
            0.08 + 0.10 * health.has(ill.COPD),
            0.04 * health.has(ill.CORONARY),
            0.02 * old,
            0.025 * old + 0.01 * health.has(ill.OBESITY),
            0.05 + 0.15 * health.has(ill.FIBRILLATION),
        ],
        axis=1,
    )
    rows = _rows(
        people,
        wanted=np.repeat(stay.happened, kinds, axis=1)
        & (draws.uniform("trust procedure", slots) < np.tile(share, 2 * ENCOUNTERS)),
        days=np.repeat(stay.days, kinds, axis=1),
        sender=np.repeat(stay.trust, kinds, axis=1),
        concept=np.tile(np.arange(kinds), 2 * ENCOUNTERS)[None, :],
    )
    return _mess(draws, "trust procedure", rows, slots, RESTRICTED_CODE)
