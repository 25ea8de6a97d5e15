"""What is measured and which values are found."""

import numpy as np

from infra.seeds import illnesses as ill
from infra.seeds.draws import Draws, Floats, Ints
from infra.seeds.illnesses import Health
from infra.seeds.people import People
from infra.seeds.rows import Rows

MEASUREMENT_CONCEPTS = (ill.SYSTOLIC, ill.DIASTOLIC, ill.BMI, ill.HBA1C, ill.EGFR, ill.CHOLESTEROL)
_LOW = np.array([60, 30, 10, 10, 0, 1]) * 10
_HIGH = np.array([260, 160, 70, 200, 150, 20]) * 10
_WHOLE = np.array([True, True, False, True, True, False])


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
