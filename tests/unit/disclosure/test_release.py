"""Price and draw: what refuses, what it costs, that noise is added once and that only noisy numbers come out."""

import json
import pickle
import random
import traceback
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from disclosure import noise, release
from disclosure.accounting import epsilon_of_rho, gaussian_cost
from disclosure.artefact import Artefact
from disclosure.engines.plan import SnapshotFiles
from disclosure.explain import check_cell
from disclosure.release import DrawFailed, draw, price
from tests.factories.snapshots import GRANTED, STATISTICS, request, snapshot
from tests.plain.statistics import TWINS
from workspaces.catalogue.errors import Invalid


def crowd(seed, size=400):
    chance = random.Random(seed)  # noqa: S311
    return [
        {
            "sex": chance.choice(["female", "male", "unknown"]),
            "sbp": chance.choice([None, *map(Fraction, range(70, 210, 5))]),
            "hypertension": chance.random() < 0.3,
        }
        for _ in range(size)
    ]


@pytest.fixture(scope="module")
def people():
    return crowd(1)


@pytest.fixture(scope="module")
def files(people, tmp_path_factory):
    return snapshot(tmp_path_factory.mktemp("snapshot"), people)


def test_a_price_reads_no_data_and_is_never_more_than_was_offered():
    asked = request(epsilon="0.5")
    found = price(asked, GRANTED)
    assert found.epsilon_micro <= asked.epsilon_micro
    assert found.micro_rho == sum(line.micro_rho for line in found.lines)
    assert found.epsilon_micro == epsilon_of_rho(found.micro_rho, GRANTED.delta_e15)
    assert [line.statistic for line in found.lines] == [each["name"] for each in STATISTICS]
    assert len({line.micro_rho // 10 for line in found.lines}) == 1  # equal shares, up to rounding


def test_every_cell_is_within_the_simultaneous_bound_of_a_plain_recount(people, files):
    artefact = draw(request(), GRANTED, files)
    numbers = sum(len(cell["drawn"]) for cell in artefact.cells)
    described = {each["name"]: each for each in artefact.body["statistics"]}
    tables = {each["name"]: TWINS[each["kind"]](people, each) for each in STATISTICS}
    for cell in artefact.cells:
        statistic = described[cell["statistic"]]
        keys = (*(cell["keys"][name] for name in statistic["by"]), *bin_of(statistic, cell))
        exact = tables[cell["statistic"]].get(keys, {"people": 0, "with": 0, "total": 0})
        assert check_cell(statistic, cell, exact, cells=numbers)
        assert not check_cell(statistic, {**cell, "drawn": [n + 10**6 for n in cell["drawn"]]}, exact, cells=numbers)


def bin_of(statistic, cell):
    return [cell["keys"][statistic["of"]]] if statistic["kind"] == "histogram" else []


def test_only_what_the_noise_call_returns_reaches_the_artefact(files, tmp_path, monkeypatch):
    monkeypatch.setattr(noise, "add_noise", lambda parts: [np.full(part.vector.shape, 77) for part in parts])
    elsewhere = snapshot(tmp_path, crowd(2, 50))
    assert draw(request(), GRANTED, files).to_bytes() == draw(request(), GRANTED, elsewhere).to_bytes()


def test_noise_is_added_exactly_once_with_the_priced_scales(files, monkeypatch):
    calls = []
    real = noise.add_noise
    monkeypatch.setattr(noise, "add_noise", lambda parts: calls.append(list(parts)) or real(parts))
    draw(request(), GRANTED, files)
    assert len(calls) == 1
    lines = price(request(), GRANTED).lines
    assert [(part.scale, part.micro_rho) for part in calls[0]] == [(line.scale, line.micro_rho) for line in lines]


def test_two_draws_differ_but_agree_on_everything_public(files):
    first, second = (draw(request(), GRANTED, files) for _ in range(2))
    assert first.digest != second.digest
    without = [{**artefact.body, "cells": None} for artefact in (first, second)]
    assert without[0] == without[1]


def test_the_sealed_bytes_are_canonical_and_survive_a_journey(files):
    artefact = draw(request(), GRANTED, files)
    again = Artefact.from_bytes(artefact.to_bytes())
    assert again.digest == artefact.digest
    assert json.loads(artefact.to_bytes())["request_digest"] == request().digest()
    assert repr(artefact) == "Artefact()"


@pytest.mark.parametrize("stage", ["aggregate", "noise"])
def test_a_failed_draw_tells_nothing(files, monkeypatch, stage):
    def fail(*_args, **_named):
        raise RuntimeError("patient 17 has value 12345")

    monkeypatch.setattr(
        release if stage == "aggregate" else noise,
        "engine_of" if stage == "aggregate" else "add_noise",
        (lambda _: fail) if stage == "aggregate" else fail,
    )
    with pytest.raises(DrawFailed) as caught:
        draw(request(), GRANTED, files)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "12345" not in "".join(traceback.format_exception(caught.value))
    assert "12345" not in str(pickle.loads(pickle.dumps(caught.value)))  # noqa: S301


def test_missing_files_fail_like_anything_else(tmp_path):
    with pytest.raises(DrawFailed):
        draw(request(), GRANTED, SnapshotFiles(tmp_path / "room", tmp_path / "sampling.parquet"))


@pytest.mark.parametrize("people", [[], [{"sex": None, "sbp": None, "hypertension": False}], crowd(3, 5)])
def test_whatever_the_data_holds_is_answered(people, tmp_path):
    artefact = draw(request(), GRANTED, snapshot(tmp_path, people))
    assert len(artefact.cells) == 4 * (1 + 1 + 1 + 1 + 3)


def test_a_snapshot_of_the_granted_columns_only_can_be_drawn_from(people, tmp_path):
    assert draw(request(), GRANTED, snapshot(tmp_path, people, whole=False)).cells


def test_the_noise_floor_raises_the_scale_and_lowers_the_price():
    free, floored = (
        price(request(statistics=STATISTICS[:1], epsilon="1"), replace(GRANTED, floor_half_width=floor))
        for floor in (0, 10)
    )
    assert not free.lines[0].at_floor
    assert free.lines[0].note is None
    assert floored.lines[0].at_floor
    assert "at least ±10 people" in floored.lines[0].note
    assert floored.lines[0].half_width_95 >= 10 > free.lines[0].half_width_95
    assert floored.micro_rho < free.micro_rho
    assert floored.epsilon_micro < free.epsilon_micro <= 1_000_000
    assert floored.micro_rho == gaussian_cost(l2_squared=1, scale=floored.lines[0].scale)


@pytest.mark.parametrize("kind", range(5))
def test_the_floor_holds_for_every_statistic_in_people(kind):
    statistic = STATISTICS[kind]
    line = price(request(statistics=[statistic], epsilon="1"), replace(GRANTED, floor_half_width=40)).lines[0]
    assert line.at_floor
    largest = {"sum": 200, "mean": 60}.get(statistic["kind"], 1)
    assert float(line.scale) * 1.959964 / largest >= 40


REFUSALS = [
    ("request:epsilon_over", {"epsilon": "0.5"}, {"request_epsilon_micro": 400_000}),
    ("request:epsilon_small", {"epsilon": "0.000001"}, {}),
    ("request:not_granted", {}, {"statistics": frozenset({"count"})}),
    ("view:not_granted", {}, {"tables": {"person": ("sex",)}}),
    ("request:literals", {}, {"literal_bits": 0}),
]


NUMBERS = [
    {"epsilon": "0.55"},
    {"statistics": [{**STATISTICS[0], "half_width": "30"}]},
    {"statistics": [{"name": "q", "kind": "quantiles", "of": "sbp", "lower": 80, "upper": 200, "quantiles": ["0.5"]}]},
]


@pytest.mark.parametrize("changes", NUMBERS)
def test_numbers_on_no_grid_count_for_authors_who_have_seen_rows(changes):
    plain = request(epsilon="0.5", statistics=STATISTICS[:1])
    chosen = sum(literal.bits for literal in price(plain, GRANTED).literals)
    seen = replace(GRANTED, literal_bits=chosen + 4)  # of the one digit of epsilon
    assert price(plain, seen)
    with pytest.raises(Invalid, match="bits"):
        price(request(**{"epsilon": "0.5", "statistics": STATISTICS[:1], **changes}), seen)


@pytest.mark.parametrize(("code", "changes", "terms"), REFUSALS)
def test_refusals_come_before_any_file_is_opened(code, changes, terms, tmp_path):
    nowhere = SnapshotFiles(tmp_path, tmp_path)
    for attempt in (price, lambda asked, granted: draw(asked, granted, nowhere)):
        with pytest.raises(Invalid) as caught:
            attempt(request(**changes), replace(GRANTED, **terms))
        assert caught.value.code == code
        assert caught.value.next_step


def test_a_price_that_has_grown_since_it_was_charged_is_refused_unread(tmp_path):
    nowhere, cost = SnapshotFiles(tmp_path, tmp_path), price(request(), GRANTED).micro_rho
    with pytest.raises(Invalid) as caught:
        draw(request(), GRANTED, nowhere, charged_micro_rho=cost - 1)
    assert caught.value.code == "request:price_changed"
    with pytest.raises(DrawFailed):
        draw(request(), GRANTED, nowhere, charged_micro_rho=cost)


def test_each_line_says_what_it_buys():
    said = [line.sentence for line in price(request(), GRANTED).lines]
    assert said[0] == "In 95 of 100 draws the noise moves each figure by at most 39 people."
    assert "percentage points, assuming about 5,000 people in each cell" in said[1]
    assert "mm[Hg], assuming" in said[3]


def test_too_many_numbers_are_refused():
    keys = ["borough", "age_band", "ethnic_group"]
    view = {"form": {"columns": [{"name": name, "person": name} for name in keys]}}
    terms = replace(GRANTED, tables={"person": tuple(keys)})
    wide = [{"name": f"n{number}", "kind": "count", "by": keys} for number in range(20)]
    assert price(request(view=view, statistics=wide[:1]), terms).lines[0].cells == 34 * 20 * 6
    small = price(request(view=view, statistics=wide[:2]), terms)
    assert small.deadline_seconds > price(request(view=view, statistics=wide[:1]), terms).deadline_seconds
    many = [{**each, "name": f"m{number}"} for number, each in enumerate(wide)]
    assert price(request(view=view, statistics=many), terms).lines  # 81,600 numbers: under the limit
    shares = [{"name": f"s{n}", "kind": "proportion", "of": "flag", "by": keys} for n in range(20)]
    flagged = {"form": {"columns": [*view["form"]["columns"], {"name": "flag", "exists": {"table": "person"}}]}}
    with pytest.raises(Invalid) as caught:
        price(request(view=flagged, statistics=shares), terms)
    assert caught.value.code == "request:cells"


def test_deadline_and_memory_follow_from_the_request_alone():
    found = price(request(), GRANTED)
    assert found == price(request(), GRANTED)
    assert found.deadline_seconds > 3
    assert found.memory_mib in (1_024, 2_048, 4_096, 8_192)
    slower = price(request(), replace(GRANTED, seconds_per_unit=3))
    assert 2.5 < slower.deadline_seconds / found.deadline_seconds <= 3
