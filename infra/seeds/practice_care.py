"""What happens to people at their practice over ten years."""

from dataclasses import replace

import numpy as np

from infra.seeds import illnesses as ill
from infra.seeds.draws import Draws, Floats, choose
from infra.seeds.illnesses import Health
from infra.seeds.measuring import MEASUREMENT_CONCEPTS, values
from infra.seeds.people import YEARS, People
from infra.seeds.rows import RESTRICTED_CODE, Rows, drawn_at, living_rows, messed, spread

PROCEDURE_CONCEPTS = (4163872, 4336464, 4203771, 4186397, 2106781)
GP_VISITS_A_YEAR = 3
ISSUES = 8


def practice_visits(draws: Draws, people: People, health: Health) -> Rows:
    """Visits to the practice: more with age and illness."""
    slots = YEARS * GP_VISITS_A_YEAR
    chance = np.minimum(0.18 + 0.04 * people.decade + 0.07 * health.ill.sum(axis=1), 0.9)
    rows = living_rows(
        people,
        wanted=draws.uniform("visit", slots) < chance[:, None],
        days=spread(draws, "visit day", slots),
        sender=people.practice[:, None],
        concept=np.zeros((1, 1), dtype=np.int64),
    )
    messy = messed(draws, "visit", rows, slots)
    return replace(messy, end=messy.day)


def practice_conditions(draws: Draws, people: People, health: Health) -> Rows:
    """Each illness when it began, and for some a second time later."""
    count = len(ill.ILLNESSES)
    later = health.onset + 30 + (draws.uniform("condition again", count) * 900).astype(np.int64)
    rows = living_rows(
        people,
        wanted=np.hstack([health.ill, health.ill & (draws.uniform("condition repeated", count) < 0.2)]),
        days=np.hstack([health.onset, later]),
        sender=people.practice[:, None],
        concept=np.tile(np.arange(count), 2)[None, :],
    )
    return messed(draws, "condition", rows, 2 * count)


def practice_drugs(draws: Draws, people: People, health: Health) -> Rows:
    """Issues of each medicine taken, about every four months from its start; `value` is days of supply."""
    kinds = len(ill.MEDICINES)
    slots = kinds * ISSUES
    gap = np.arange(ISSUES) * 120 + (draws.uniform("issue day", slots).reshape(-1, kinds, ISSUES) * 60).astype(np.int64)
    rows = living_rows(
        people,
        wanted=np.repeat(health.takes, ISSUES, axis=1) & (draws.uniform("issue", slots) < 0.85),
        days=(health.since[:, :, None] + gap).reshape(-1, slots),
        sender=people.practice[:, None],
        concept=np.repeat(np.arange(kinds), ISSUES)[None, :],
    )
    supply = np.array([28, 56, 84])[choose(drawn_at(draws, "supply", rows, slots), np.array([0.5, 0.4, 0.1]))]
    return messed(draws, "drug", replace(rows, value=supply * 10), slots)


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
    days, draw = spread(draws, "measurement day", YEARS), draws.uniform("measured", slots).reshape(-1, kinds, YEARS)
    draw[:, 1] = draw[:, 0]
    rows = living_rows(
        people,
        wanted=(draw < _measured(people, health)[:, :, None]).reshape(-1, slots),
        days=np.tile(days, (1, kinds)),
        sender=people.practice[:, None],
        concept=np.repeat(np.arange(kinds), YEARS)[None, :],
    )
    noise = draws.normal("measurement noise", slots)[rows.person, (rows.id - 1) % slots]
    rows = replace(rows, value=values(draws, people, health, rows, noise))
    return messed(draws, "measurement", rows, slots)


def practice_procedures(draws: Draws, people: People, health: Health) -> Rows:
    """Electrocardiograms at the practice."""
    chance = 0.02 + 0.02 * people.decade + 0.3 * health.has(ill.FIBRILLATION) + 0.2 * health.has(ill.CORONARY)
    rows = living_rows(
        people,
        wanted=draws.one("gp procedure")[:, None] < chance[:, None],
        days=spread(draws, "gp procedure day", 1),
        sender=people.practice[:, None],
        concept=np.array([[4]]),
    )
    return messed(draws, "gp procedure", rows, 1, RESTRICTED_CODE)
