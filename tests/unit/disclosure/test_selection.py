"""Quantiles by selection: scores are their plain twin, a choice costs its charge, public figures decide the method."""

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.accounting import laplace_cost
from disclosure.explain import check_cell
from disclosure.mechanisms import Market, floor_scale
from disclosure.noise import CHOICE, Exact, add_noise
from disclosure.ranks import distance
from disclosure.release import draw, price
from infra.audit.chosen import chances
from tests.factories.snapshots import GRANTED, request, snapshot
from tests.factories.statistics import ASKED, COLUMNS, bound
from tests.plain.cell_plan import answer
from tests.plain.statistics import distances
from workspaces.catalogue.errors import Invalid

CHANGE = st.fixed_dictionaries({"sex": st.just("male"), "change": st.none() | st.integers(-9, 9).map(Fraction)})
SHARES = st.lists(st.integers(1, 999), min_size=1, max_size=3, unique=True).map(
    lambda found: [f"0.{each:03d}" for each in sorted(found)]
)
EIGHTHS = st.integers(1, 400)  # of a person, that a choice's scale is
MEDIAN = {"name": "m", "kind": "quantiles", "of": "sbp", "lower": 80, "upper": 200, "quantiles": ["0.5"]}
FEW = replace(GRANTED, public_population=600, floor_half_width=0)
PURE = replace(FEW, delta_e15=0)


def chosen(scale=Fraction(0), **changes):
    return bound("quantiles", **changes).selected().at(scale, population=20_000)


def sized(eighths, shares):
    statistic = chosen(quantiles=shares)
    return replace(statistic, scale=Fraction(statistic.parts * eighths, 8))


def scores(statistic, people):
    return statistic.vector(answer(statistic.plan, people, COLUMNS)).reshape(2, len(statistic.shares), -1)


@settings(deadline=None)
@given(people=st.lists(CHANGE, max_size=14), shares=SHARES, eighths=EIGHTHS)
def test_scores_are_the_plain_distances(people, shares, eighths):
    statistic = sized(eighths, shares)
    less = Fraction(4 * statistic.scale // statistic.parts, 2)
    twin = distances(people, {**ASKED["quantiles"], "quantiles": shares}, list(range(-6, 7)), less)
    for row, share in zip(scores(statistic, people)[1], shares, strict=True):
        plain = twin.get(("male", share), [0] * 13)
        assert row.tolist() == [-statistic.parts * each for each in plain]


@settings(deadline=None)
@given(people=st.lists(CHANGE, max_size=14), newcomer=CHANGE, shares=SHARES, eighths=EIGHTHS)
def test_one_person_changes_scores_by_at_most_the_claim(people, newcomer, shares, eighths):
    statistic = sized(eighths, shares)
    change = abs(scores(statistic, [*people, newcomer]) - scores(statistic, people))
    claim = statistic.contribution
    assert change.max() <= claim.largest
    assert change.max(axis=2).sum() <= claim.scores
    assert change.sum() <= claim.l1
    assert (change**2).sum() <= claim.l2_squared


@settings(deadline=None)
@given(people=st.lists(CHANGE, max_size=14), newcomer=CHANGE, share=SHARES, eighths=EIGHTHS)
def test_no_place_is_likelier_by_more_than_what_is_charged(people, newcomer, share, eighths):
    """Worked out exactly, of one share: the chance of every place with and without the newcomer."""
    statistic = sized(eighths, share[:1])
    here, there = (scores(statistic, each)[1, 0] for each in ([*people, newcomer], people))
    width = float(statistic.scale)
    apart = np.abs(np.log(chances(here, width)) - np.log(chances(there, width))).max()
    assert apart <= 2 * statistic.contribution.scores / width + 1e-9


def test_a_torn_median_takes_up_nearly_all_that_is_charged():
    people = [{"sex": "male", "change": Fraction(value)} for value in [-20] * 5 + [4] * 6]
    statistic = chosen(Fraction(8), quantiles=["0.5"], lower="-20", upper="6")
    newcomer = {"sex": "male", "change": Fraction(6)}
    here, there = (scores(statistic, each)[1, 0] for each in ([*people, newcomer], people))
    apart = np.abs(np.log(chances(here, 8.0)) - np.log(chances(there, 8.0))).max()
    assert apart > 0.8 * 2 * statistic.contribution.scores / 8


def test_the_noise_chooses_with_the_chances_that_the_audit_goes_by():
    given_scores, scale, runs = np.array([0, -3, -3, -9, -40]), Fraction(4), 5_000
    part = Exact(
        np.tile(given_scores, runs), CHOICE, 2, scale, laplace_cost(l1=4, scale=scale), candidates=len(given_scores)
    )
    drawn = Counter(add_noise([part])[0].tolist())
    for place, chance in enumerate(chances(given_scores, 4.0)):
        assert abs(drawn[place] / runs - chance) < 6 * (chance * (1 - chance) / runs) ** 0.5 + 1e-9


def test_a_choice_that_costs_more_than_was_charged_is_not_made():
    scale = Fraction(4)
    part = Exact(np.zeros(5, dtype=np.int64), CHOICE, 2, scale, laplace_cost(l1=4, scale=scale), candidates=5)
    assert add_noise([part])[0].shape == (1,)
    for worse in (replace(part, sensitivity=3), replace(part, scale=scale / 2), replace(part, micro_rho=499_999)):
        with pytest.raises(ArithmeticError):
            add_noise([worse])


@pytest.mark.parametrize("shares", [["0.5"], ["0.25", "0.5", "0.75"]])
def test_it_enters_the_ledger_at_the_half_square_of_its_pure_epsilon(shares):
    asked = request(statistics=[{**MEDIAN, "quantiles": shares, "method": "selection"}], epsilon="0.5")
    most = {1: 2, 3: 6 + 4 + 6}[len(shares)]  # in halves or quarters of halves of a person, over all shares
    for terms in (PURE, FEW):
        found = price(asked, terms)
        assert found.lines[0].mechanism == CHOICE
        assert found.micro_rho == laplace_cost(l1=2 * most, scale=found.lines[0].scale)
        assert found.epsilon_micro <= 500_000
    assert price(asked, PURE).lines[0].scale == 2 * most / Fraction("0.5")


def test_the_floor_lets_people_be_told_apart_no_better_than_a_count_does():
    floored = price(request(statistics=[{**MEDIAN, "method": "selection"}], epsilon="1"), GRANTED).lines[0]
    assert floored.scale >= 2 * 2 * floor_scale(10, "discrete Laplace")


MANY, SOME, HARDLY = 10**6, 20_000, 600


@pytest.mark.parametrize(
    ("asked", "population", "by_choice"),
    [
        ({}, HARDLY, True),
        ({}, SOME, False),
        ({}, MANY, False),
        ({"by": ["sex", "age_band"]}, SOME, False),  # some cells may be of nobody
        ({"by": ["sex", "age_band"], "method": "selection"}, SOME, True),
        ({"quantiles": ["0.1", "0.25", "0.5", "0.75", "0.9"]}, HARDLY, False),
        ({"method": "counts"}, HARDLY, False),
        ({"method": "selection"}, MANY, True),
    ],
)
def test_without_a_method_public_figures_decide(asked, population, by_choice):
    terms = replace(PURE, public_population=population)
    line = price(request(statistics=[{**MEDIAN, **asked}], epsilon="1"), terms).lines[0]
    assert (line.mechanism == CHOICE) == by_choice


@pytest.mark.parametrize("changes", [{"method": "guess"}, {"method": 1}, {"method": ""}])
def test_other_methods_are_refused(changes):
    with pytest.raises(Invalid) as refused:
        request(statistics=[{**MEDIAN, **changes}])
    assert refused.value.code == "request:method"


def test_other_statistics_have_no_method():
    with pytest.raises(Invalid):
        request(statistics=[{"name": "n", "kind": "count", "method": "selection"}])


def test_a_wanted_width_is_met_as_a_guide():
    wanted = {**MEDIAN, "method": "selection", "half_width": "4"}
    line = price(request(statistics=[wanted], epsilon="1"), FEW).lines[0]
    assert line.mechanism == CHOICE
    assert line.half_width_95 <= Decimal(4)
    assert "assuming about 600 people" in line.assumes


@pytest.mark.parametrize("people", [400, 0])
def test_a_release_holds_values_without_intervals_and_says_why(people, tmp_path):
    rows = [{"sex": "male", "sbp": Fraction(100 + n % 60), "hypertension": False} for n in range(people)]
    asked = {**MEDIAN, "quantiles": ["0.25", "0.5"], "method": "selection", "by": ["sex"]}
    artefact = draw(request(statistics=[asked], epsilon="1"), PURE, snapshot(tmp_path, rows))
    body = json.loads(artefact.to_bytes())
    described = body["statistics"][0]
    assert (described["mechanism"], described["sensitivity"]["scores"]) == (CHOICE, 10)
    assert "No interval is valid" in described["interval"]["covers"]
    cells = [cell for cell in body["cells"] if cell["keys"]["sex"] == "male"]
    assert all(80 <= cell["value"] <= 200 and cell["low"] is cell["high"] is None for cell in cells)
    leaves = [sum(row["sbp"] == point for row in rows) for point in range(80, 201)]
    drawn = {"drawn": [place for cell in cells for place in cell["drawn"]]}
    assert check_cell(described, drawn, {"leaves": leaves}, cells=8)
    assert not check_cell(described, {"drawn": drawn["drawn"][:1]}, {"leaves": leaves}, cells=8)
    far = {"drawn": [0, 120]}
    assert check_cell(described, far, {"leaves": leaves}, cells=8) == (people == 0)


def test_values_are_too_noisy_where_the_public_number_of_people_says_so():
    quiet, loud = (bound("quantiles").selected().at(Fraction(200), population) for population in (20_000, 200))
    assert (quiet.loud, loud.loud) == (False, True)
    assert loud.rows(np.zeros((2, 3), dtype=np.int64), Fraction(200))[0][0].too_noisy


def test_the_distance_of_a_recount_is_the_plain_one():
    people = [{"sex": "male", "change": Fraction(value)} for value in (-3, -3, 0, 5, 5, 5)]
    leaves = [sum(each["change"] == point for each in people) for point in range(-6, 7)]
    plain = distances(people, {**ASKED["quantiles"], "quantiles": ["0.25"]}, list(range(-6, 7)), 0)
    assert [distance(leaves, place, Fraction(1, 4)) for place in range(13)] == plain["male", "0.25"]


def test_a_market_prefers_an_interval_unless_it_reaches_twice_as_far():
    market = Market(pure=True, floor_half_width=0, population=600)
    statistic = bound("quantiles", by=[], quantiles=["0.5"], lower="-20", upper="20")
    chosen_, counted = (market.for_charge(replace(statistic, method=each), 10**6) for each in ("selection", "counts"))
    free = market.for_charge(statistic, 10**6)
    assert (free.mechanism == CHOICE) == (counted.expected.half_width > 2 * chosen_.expected.half_width)


def expected_errors(there, share, epsilon):
    """Of ours and of the usual score, |(1 − q) · below − q · above|, from the chance of every point."""
    points, q, upto = np.arange(len(there)), float(share), there.cumsum()
    statistic = bound("quantiles", of="days", lower="0", upper="90", quantiles=[share], by=[]).selected()
    scale = 2 * statistic.contribution.scores / Fraction(epsilon)
    ours = chances(statistic.at(scale, 1_000).vector(there[np.newaxis, :]).ravel(), float(scale))
    usual = chances(-np.abs(upto - there - q * (upto[-1] - there)), 2 * max(q, 1 - q) / float(epsilon))
    missed = np.abs(points - np.argmax(upto >= q * upto[-1]))
    return ours @ missed, usual @ missed


@pytest.mark.parametrize("share", ["0.25", "0.5"])
@pytest.mark.parametrize("people", [30, 100, 300, 1_000, 3_000])
@pytest.mark.parametrize("epsilon", ["1", "0.1"])
def test_the_expected_error_is_that_of_the_usual_score_or_smaller(share, people, epsilon):
    """Over sixty samples of ages, each error worked out exactly."""
    chance, ages = np.random.default_rng(4), np.exp(-(((np.arange(91) - 40) / 22) ** 2))
    samples = chance.multinomial(people, ages / ages.sum(), 60)
    ours, usual = np.mean([expected_errors(there, share, epsilon) for there in samples], axis=0)
    assert ours <= 1.01 * usual
