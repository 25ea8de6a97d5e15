"""Presets are data with sources; their findings on requests and on released values say what they know and no more."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from disclosure.checks.on_releases import check_release
from disclosure.checks.on_requests import check_request
from disclosure.checks.presets import DEFAULT, Rule, preset, presets
from disclosure.checks.verdicts import ON_RELEASED, UNDECIDABLE, Outcome, Overall
from disclosure.clearance import clear
from disclosure.release import draw
from tests.factories.snapshots import GRANTED, MORE, STATISTICS, request, snapshot
from workspaces.catalogue.errors import Invalid

COUNT, SHARE, TOTAL, MEAN, BINS = STATISTICS
TITLE = "Blood pressure by sex in London"
MEDIAN = next(each for each in MORE if each["kind"] == "quantiles")


def checked(name=DEFAULT, terms=GRANTED, **changes):
    asked = request(**{"title": TITLE, **changes})
    return check_request(asked, clear(asked, terms), terms, preset(name))


def found(result, rule):
    return next(finding for finding in result.findings if finding.rule == rule)


def test_the_four_presets_and_their_sources():
    assert list(presets()) == ["nhs-england-sde", "opensafely", "uk-llc", "acro"]
    assert DEFAULT == "nhs-england-sde"
    for each in presets().values():
        assert urlsplit(each.address).scheme == "https"
        assert each.source
        assert each.noted == "2026-11-23"
        assert each.standing.endswith(".")
        assert all(demand.words.endswith(".") for demand in each.demands)
        assert len({demand.rule for demand in each.demands}) == len(each.demands)


@pytest.mark.parametrize(
    ("name", "least", "base", "exceptions"),
    [
        ("nhs-england-sde", 10, 5, True),
        ("opensafely", 8, 5, True),
        ("uk-llc", 10, None, False),
        ("acro", 10, 5, True),
    ],
)
def test_what_each_preset_demands(name, least, base, exceptions):
    demands = {demand.rule: demand.number for demand in preset(name).demands}
    assert demands[Rule.LOW_COUNTS] == least
    assert demands.get(Rule.ROUNDING) == base
    assert preset(name).exceptions is exceptions
    assert (Rule.DOMINANCE in demands) == (name == "acro")
    assert Rule.ROWS in demands


def test_a_preset_that_nobody_knows_is_refused():
    with pytest.raises(Invalid) as refusal:
        preset("ours")
    assert refusal.value.code == "preset:unknown"
    assert "uk-llc" in refusal.value.next_step


@pytest.mark.parametrize("name", presets())
def test_every_demand_gives_a_finding_on_the_request_and_none_says_pass(name):
    result = checked(name)
    assert [each.rule for each in result.findings][: len(preset(name).demands)] == [
        demand.rule.value for demand in preset(name).demands
    ]
    said = str(result.shown()).lower()
    assert "pass" not in said.split()
    assert "'pass'" not in said
    low = found(result, "low_counts")
    assert low.outcome is Outcome.UNDECIDABLE
    assert "not decidable after DP: covered by the noise floor" in low.sentence
    assert result.overall is Overall.NOTHING_FOUND


@pytest.mark.parametrize(("floor", "name"), [(9, "nhs-england-sde"), (7, "opensafely"), (0, "acro")])
def test_a_floor_below_the_threshold_is_not_said_to_cover_it(floor, name):
    result = checked(name, replace(GRANTED, floor_half_width=floor))
    low = found(result, "low_counts")
    assert low.outcome is Outcome.LOOK
    assert UNDECIDABLE not in low.sentence
    assert "not decidable after DP" in low.sentence
    assert result.overall is Overall.LOOK
    assert (
        found(checked("opensafely", replace(GRANTED, floor_half_width=8)), "low_counts").outcome is Outcome.UNDECIDABLE
    )


def test_noise_narrower_than_rounding_is_looked_at():
    free = replace(GRANTED, floor_half_width=0, request_epsilon_micro=30_000_000)
    asked = request(title=TITLE, statistics=[{**COUNT, "half_width": 2}], epsilon="1").model_copy(
        update={"epsilon_micro": 30_000_000}
    )
    result = check_request(asked, clear(asked, free), free, preset(DEFAULT))
    assert found(result, "rounding").outcome is Outcome.LOOK
    assert found(checked(statistics=[COUNT]), "rounding").outcome is Outcome.COVERED


def test_totals_are_not_decidable_where_dominance_is_asked_about():
    assert found(checked("acro", statistics=[TOTAL]), "dominance").outcome is Outcome.UNDECIDABLE
    assert found(checked("acro", statistics=[COUNT]), "dominance").outcome is Outcome.NOTHING


@pytest.mark.parametrize(
    ("shares", "outcome"), [(["0.5"], Outcome.NOTHING), (["0.01", "0.5"], Outcome.LOOK), (["0.96"], Outcome.LOOK)]
)
def test_quantiles_near_the_ends_are_minima_and_maxima(shares, outcome):
    assert found(checked("opensafely", statistics=[{**MEDIAN, "quantiles": shares}]), "extremes").outcome is outcome


def test_a_thin_title_is_looked_at():
    assert found(checked(title="Blood pressure"), "context").outcome is Outcome.LOOK
    assert found(checked(), "context").outcome is Outcome.PERSON


def test_a_split_too_fine_for_its_noise_is_found_before_anything_is_spent():
    fine = checked(statistics=[BINS], terms=replace(GRANTED, public_population=200))
    assert found(fine, "too_noisy").outcome is Outcome.LOOK
    assert "sbp_bins" in found(fine, "too_noisy").sentence
    assert found(checked(statistics=[BINS]), "too_noisy").outcome is Outcome.NOTHING


def test_literals_are_for_the_plan_check():
    assert found(checked(), "literals").outcome is Outcome.PERSON
    plain = {"form": {"columns": [{"name": "sex", "person": "sex"}]}}
    assert found(checked(view=plain, statistics=[COUNT]), "literals").outcome is Outcome.NOTHING


def artefact(*cells, kind="count", unit="people", **more):
    told = [
        {"statistic": "s", "keys": {}, "labels": {"sex": str(n)}, "value": value, "low": low, "high": high,
         "too_noisy": noisy, "drawn": drawn}
        for n, (value, low, high, noisy, drawn) in enumerate(cells)
    ]  # fmt: skip
    return {"statistics": [{"name": "s", "kind": kind, "unit": unit, **more}], "cells": told}


SMALL = (9, -1, 19, False, [9])
LARGE = (90, 80, 100, False, [90])
NONE = (-2, -12, 8, True, [-2])


def released(name, *cells, floor=10, **more):
    return check_release(artefact(*cells, **more), preset(name), floor_half_width=floor)


def test_released_values_below_the_threshold_are_found_on_released_values():
    low = found(released("nhs-england-sde", SMALL, LARGE, NONE), "low_counts")
    assert low.outcome is Outcome.LOOK
    assert low.sentence.startswith(f"2 of 3 figures show or rest on fewer than 10 people, {ON_RELEASED}.")
    assert [each["labels"] for each in low.cells] == [{"sex": "0"}, {"sex": "2"}]
    clear_ = found(released("nhs-england-sde", LARGE), "low_counts")
    assert clear_.outcome is Outcome.NOTHING
    for each in (low, clear_):
        assert ON_RELEASED in each.sentence
        assert UNDECIDABLE in each.sentence


def test_the_threshold_is_the_presets_own():
    eight, seven = (8, -2, 18, False, [8]), (7, -3, 17, False, [7])
    assert found(released("opensafely", eight), "low_counts").outcome is Outcome.NOTHING
    assert found(released("opensafely", seven), "low_counts").outcome is Outcome.LOOK
    assert found(released("acro", eight), "low_counts").outcome is Outcome.LOOK


def test_no_exceptions_means_change_it():
    assert released("uk-llc", SMALL).overall is Overall.CHANGE
    assert released("nhs-england-sde", SMALL).overall is Overall.LOOK
    assert released("uk-llc", LARGE).overall is Overall.NOTHING_FOUND


def test_a_lowered_floor_is_not_said_to_cover_the_threshold():
    assert UNDECIDABLE not in found(released("acro", LARGE, floor=5), "low_counts").sentence


def test_shares_and_means_rest_on_their_drawn_people():
    share = (0.5, 0.1, 0.9, False, [4, 4])
    assert found(released("acro", share, kind="proportion", unit="share"), "low_counts").outcome is Outcome.LOOK
    mean = (120, 100, 140, False, [0, 30 * 9])
    of_nine = released("acro", mean, kind="mean", unit="mm[Hg]", weight=30)
    assert found(of_nine, "low_counts").outcome is Outcome.LOOK
    assert found(of_nine, "dominance").outcome is Outcome.UNDECIDABLE


MEASURES = [
    {"value": name, "unit": unit} for name, unit in (("intercept", "mm[Hg]"), ("age", "mm[Hg]"), ("people", "people"))
]


@pytest.mark.parametrize(("people", "outcome"), [(11, Outcome.LOOK), (12, Outcome.NOTHING)])
def test_degrees_of_freedom_are_people_less_coefficients_on_released_values(people, outcome):
    made = artefact(
        (120, 100, 140, False, [1]), (people, 0, 30, False, [people]), kind="linear", unit="mm[Hg]", measures=MEASURES
    )
    for cell, measure in zip(made["cells"], ("intercept", "people"), strict=True):
        cell["keys"] = {"measure": measure}
    result = check_release(made, preset("acro"), floor_half_width=10)
    assert found(result, "degrees_of_freedom").outcome is outcome
    assert ON_RELEASED in found(result, "degrees_of_freedom").sentence
    assert found(result, "low_counts").outcome is Outcome.NOTHING  # the intercept is no number of people


def test_a_noisy_zero_says_nothing_about_nobody():
    zero = found(released("acro", NONE), "zeros")
    assert zero.outcome is Outcome.COVERED
    assert "does not say that nobody is there" in zero.sentence


def test_too_noisy_figures_are_counted():
    assert found(released("acro", LARGE), "too_noisy").outcome is Outcome.NOTHING
    assert found(released("acro", LARGE, LARGE, NONE), "too_noisy").outcome is Outcome.COVERED
    assert found(released("acro", LARGE, NONE, NONE), "too_noisy").outcome is Outcome.LOOK


@pytest.mark.parametrize("people", [0, 30])
def test_a_real_release_is_checked_whatever_it_holds(people, tmp_path):
    rows = [{"sex": "male", "sbp": 120, "hypertension": True}] * people
    drawn = draw(request(statistics=[*STATISTICS, *MORE]), GRANTED, snapshot(tmp_path, rows))
    for name in presets():
        result = check_release(drawn.body, preset(name), floor_half_width=10)
        assert result.shown()["findings"]
        assert "pass" not in str(result.shown()).lower().replace("'", " ").split()
