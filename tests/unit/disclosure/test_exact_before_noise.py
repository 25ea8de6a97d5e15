"""What is handed to the one noise call is, number for number, the plain twin's table."""

from datetime import date
from fractions import Fraction
from itertools import product

import pytest

from disclosure import noise
from disclosure.person_view import Schema, prove
from disclosure.release import draw
from disclosure.statistics.registry import REGISTRY, bind
from tests.factories.snapshots import EVENTS, GRANTED, HYPERTENSION, MORE, STATISTICS, request, snapshot
from tests.plain.cell_plan import answer
from tests.plain.events import answer_codes, answer_events

KEY, DAY = 2_654_435_761, date(2024, 1, 1)  # as the factory writes them
PRESSURES = [None, *map(Fraction, (60, 79, 80, 81, 119, 120, 139, 140, 141, 199, 200, 201, 260))]
KINDS = list(product(["female", "male", "unknown", None, "unlisted"], PRESSURES, [True, False]))
YEARS, BANDS = [None, 1900, 1950, 1989, 1990, 1991, 2030], ["00-04", "40-44", "90+", "unknown", None]
PEOPLE = [
    {"sex": sex, "sbp": sbp, "hypertension": flag, "born": YEARS[n % 7], "age_band": BANDS[n % 5]}
    for n, (sex, sbp, flag) in enumerate(KINDS)
]
COLUMNS = prove(request().view, Schema.granted(GRANTED.tables)).columns


@pytest.mark.parametrize("people", [PEOPLE, PEOPLE[::3] * 7, []], ids=["each kind", "uneven", "nobody"])
def test_exact_numbers_are_the_twins(people, tmp_path, monkeypatch):
    seen, real = [], noise.add_noise
    monkeypatch.setattr(noise, "add_noise", lambda parts: seen.append(list(parts)) or real(parts))
    whole = request(statistics=[*STATISTICS, *MORE])
    assert {each["kind"] for each in [*STATISTICS, *MORE, *EVENTS]} == set(REGISTRY)
    draw(whole, GRANTED, snapshot(tmp_path, people))
    for part, asked in zip(seen[0], whole.statistics, strict=True):
        statistic = bind(asked, COLUMNS, GRANTED)
        assert part.vector.tolist() == statistic.vector(answer(statistic.plan, people, COLUMNS)).ravel().tolist()
        assert part.sensitivity == statistic.contribution.l2_squared


@pytest.mark.parametrize("people", [PEOPLE, []], ids=["each kind", "nobody"])
def test_exact_numbers_over_events_are_the_twins(people, tmp_path, monkeypatch):
    seen, real = [], noise.add_noise
    monkeypatch.setattr(noise, "add_noise", lambda parts: seen.append(list(parts)) or real(parts))
    whole = request(statistics=EVENTS)
    draw(whole, GRANTED, snapshot(tmp_path, people))
    held = [{**person, "sample_key": number * KEY} for number, person in enumerate(people, start=1)]
    measured = [{**each, "events": [] if each["sbp"] is None else [{"measurement_date": DAY}]} for each in held]
    ill = [{**each, "events": [{"condition_concept_id": HYPERTENSION}] * each["hypertension"]} for each in held]
    first, second, third = (bind(asked, COLUMNS, GRANTED) for asked in whole.statistics)
    assert seen[0][0].vector.tolist() == answer_events(first.plan, measured).ravel().tolist()
    assert seen[0][1].vector.tolist() == second.vector(answer_codes(second.plan, ill)).tolist()
    assert seen[0][2].vector.tolist() == answer_events(third.plan, measured).ravel().tolist()
    assert [part.sensitivity for part in seen[0]] == [2, 1, 2]
    assert [part.threshold is None for part in seen[0]] == [True, False, True]
