"""What happens to people at trusts over ten years; everything but diagnoses and medicines hangs on encounters."""

from dataclasses import dataclass, replace

import numpy as np

from infra.seeds import illnesses as ill
from infra.seeds.draws import Bools, Draws, Ints, choose
from infra.seeds.illnesses import Health
from infra.seeds.measuring import MEASUREMENT_CONCEPTS, values
from infra.seeds.people import TODAY, WINDOW, People
from infra.seeds.practice_care import PROCEDURE_CONCEPTS
from infra.seeds.rows import RESTRICTED_CODE, Rows, drawn_at, living_rows, messed
from infra.seeds.text import NO_DAY

ENCOUNTERS = 6


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
    rows = living_rows(people, wanted=stay.happened, days=stay.days, sender=stay.trust, concept=stay.kind)
    nights = np.where(rows.concept == 0, 1 + (drawn_at(draws, "nights", rows, slots) ** 2 * 20).astype(np.int64), 0)
    end = np.minimum(rows.day + nights, people.death[rows.person])
    messy = messed(draws, "encounter", replace(rows, end=np.where(end > TODAY, NO_DAY, end)), slots)
    # A broken or future start says nothing about the end.
    return replace(messy, end=np.where(messy.day > TODAY, NO_DAY, messy.end))


def trust_conditions(draws: Draws, people: People, health: Health) -> Rows:
    """About half of the illnesses of a trust's people, recorded within a month of their beginning."""
    count = len(ill.ILLNESSES)
    rows = living_rows(
        people,
        wanted=np.tile(health.ill, 2) & (draws.uniform("trust condition", 2 * count) < 0.5),
        days=np.tile(health.onset, 2) + (draws.uniform("trust condition day", 2 * count) * 30).astype(np.int64),
        sender=np.repeat(people.trusts, count, axis=1),
        concept=np.tile(np.arange(count), 2)[None, :],
    )
    return messed(draws, "trust condition", rows, 2 * count)


def trust_measurements(draws: Draws, people: People, health: Health, stay: Stay) -> Rows:
    """Blood tests and body mass index during encounters."""
    kinds = len(MEASUREMENT_CONCEPTS)
    slots = 2 * ENCOUNTERS * kinds
    share = np.array([0, 0, 0.15, 0.2, 0.4, 0.2])
    rows = living_rows(
        people,
        wanted=np.repeat(stay.happened, kinds, axis=1)
        & (draws.uniform("trust measured", slots) < np.tile(share, 2 * ENCOUNTERS)),
        days=np.repeat(stay.days, kinds, axis=1),
        sender=np.repeat(stay.trust, kinds, axis=1),
        concept=np.tile(np.arange(kinds), 2 * ENCOUNTERS)[None, :],
    )
    noise = draws.normal("trust measurement noise", slots)[rows.person, (rows.id - 1) % slots]
    rows = replace(rows, value=values(draws, people, health, rows, noise))
    return messed(draws, "trust measurement", rows, slots)


def trust_pressures(draws: Draws, people: People, health: Health, stay: Stay) -> tuple[Rows, Ints]:
    """Blood pressures during encounters, and for each row the diastolic value in tenths."""
    slots = 2 * ENCOUNTERS
    wanted = stay.happened & (draws.uniform("pressure taken", slots) < 0.6)
    rows = living_rows(
        people, wanted=wanted, days=stay.days, sender=stay.trust, concept=np.zeros((1, 1), dtype=np.int64)
    )
    noise = draws.normal("pressure noise", slots)[rows.person, (rows.id - 1) % slots]
    systolic = values(draws, people, health, rows, noise)
    diastolic = values(draws, people, health, replace(rows, concept=rows.concept + 1), noise)
    return replace(rows, value=systolic), np.minimum(diastolic, systolic)


def trust_drugs(draws: Draws, people: People, health: Health) -> Rows:
    """First issues of medicines that a trust began."""
    kinds = len(ill.MEDICINES)
    rows = living_rows(
        people,
        wanted=np.tile(health.takes, 2) & (draws.uniform("trust drug", 2 * kinds) < 0.3),
        days=np.tile(health.since, 2),
        sender=np.repeat(people.trusts, kinds, axis=1),
        concept=np.tile(np.arange(kinds), 2)[None, :],
    )
    return messed(draws, "trust drug", replace(rows, value=np.full(len(rows), 280)), 2 * kinds)


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
    rows = living_rows(
        people,
        wanted=np.repeat(stay.happened, kinds, axis=1)
        & (draws.uniform("trust procedure", slots) < np.tile(share, 2 * ENCOUNTERS)),
        days=np.repeat(stay.days, kinds, axis=1),
        sender=np.repeat(stay.trust, kinds, axis=1),
        concept=np.tile(np.arange(kinds), 2 * ENCOUNTERS)[None, :],
    )
    return messed(draws, "trust procedure", rows, slots, RESTRICTED_CODE)
