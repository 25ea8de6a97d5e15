"""Intervals of figures worked out from several noisy numbers cover what they say; one false alarm in 1e6 or fewer."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom

from disclosure.accounting import gaussian_cost, laplace_cost
from disclosure.mechanisms import floor_scale
from disclosure.noise import GAUSSIAN, LAPLACE, Exact, add_noise
from tests.factories.statistics import COLUMNS
from tests.factories.statistics import bound as statistic_of
from tests.plain.cell_plan import answer
from tests.plain.statistics import TWINS

DRAWS = 4_000
ALARM = 1e-6 / 40


def noisy(statistic, people, scale):
    """(DRAWS, numbers of a cell) noisy copies of the vector of these people."""
    vector = statistic.vector(answer(statistic.plan, people, COLUMNS)).ravel()
    mechanism = getattr(statistic, "mechanism", GAUSSIAN)
    charge = laplace_cost(l1=1, scale=scale) if mechanism == LAPLACE else gaussian_cost(l2_squared=1, scale=scale)
    return add_noise([Exact(np.tile(vector, DRAWS), mechanism, 1, scale, charge)])[0].reshape(DRAWS, -1)


def cells(statistic, drawn, scale):
    """Estimates of each draw; a table is one cell at a time."""
    return [statistic.rows(row[np.newaxis], scale)[0] for row in drawn]


def cells_at_once(statistic, drawn, scale):
    """The same where no cell of a table knows of another, as its first rows show."""
    found = statistic.rows(drawn, scale)
    assert found[:50] == cells(statistic, drawn[:50], scale)
    return found


@dataclass
class Held:
    """In how many draws a figure had an interval, and in how many it held the truth."""

    draws: int = 0
    given: int = 0
    hits: int = 0

    def look(self, estimate, true):
        self.draws += 1
        if estimate.low is not None:
            self.given += 1
            self.hits += estimate.low <= true <= estimate.high


def covered(statistic, drawn, scale, truths, each=cells):
    """For each figure how often it was held; a draw without an interval claims nothing."""
    found = [Held() for _ in truths]
    for row in each(statistic, drawn, scale):
        for held, estimate, true in zip(found, row, truths, strict=True):
            held.look(estimate, true)
    return found


def assert_about_95_percent(found, *, least=0.95, most=0.985, given=0.95):
    """Of the intervals given at least so many hold, and no more; `given` is the least share of draws that has one."""
    for held in found:
        assert held.given >= given * held.draws
        assert held.hits >= binom.ppf(ALARM, held.given, least)
        assert held.hits <= (binom.ppf(1 - ALARM, held.given, most) if most < 1 else held.given)


def values(mean, distances):
    return [Fraction(mean) + Fraction(each) for each in distances]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    "bmi", [values(27, [-6, -3, 0, 1, 8]), values(43, [-1, 1]), values(30, [-15, 15])], ids=["usual", "near", "far"]
)
def test_spread(times, bmi):
    statistic = statistic_of("spread", by=[])
    people = [{"bmi": value} for value in bmi] * (2_000 // len(bmi))
    scale = floor_scale(10) * statistic.contribution.largest * times
    mean = sum(bmi) / len(bmi)
    variance = float(sum((value - mean) ** 2 for value in bmi) / len(bmi))
    drawn = noisy(statistic, people, scale)
    assert_about_95_percent(covered(statistic, drawn, scale, [mean, variance, variance**0.5]))


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize(
    "changes", [[*range(-6, 7)] * 9, [-3, 3] * 500, [6] * 2_000], ids=["few", "two values", "one value"]
)
def test_quantiles(times, changes):
    statistic, scale = statistic_of("quantiles", by=[]), floor_scale(10) * times
    people = [{"change": Fraction(value)} for value in changes]
    asked = {"of": "change", "lower": -6, "upper": 6, "quantiles": ["0.25", "0.5", "0.75"]}
    truths = [exact["value"] for exact in TWINS["quantiles"](people, asked).values()]
    found = covered(statistic, noisy(statistic, people, scale), scale, truths, cells_at_once)
    assert_about_95_percent(found, most=1, given=0)


@pytest.mark.parametrize(
    ("sizes", "risks"), [((900, 1_400), (0.2, 0.1)), ((500, 600), (0.5, 0.6)), ((4_000, 300), (0.03, 0.4))]
)
def test_comparison_holds_the_populations_figures(sizes, risks):
    """People are sampled anew for each draw: intervals hold sampling and noise together."""
    statistic, scale = statistic_of("comparison", by=[]), floor_scale(10)
    chance = np.random.default_rng(7)
    with_ = [chance.binomial(size, risk, DRAWS) for size, risk in zip(sizes, risks, strict=True)]
    vector = np.stack([sizes[0] - with_[0], with_[0], sizes[1] - with_[1], with_[1]], axis=1)
    charge = gaussian_cost(l2_squared=1, scale=scale)
    drawn = add_noise([Exact(vector.ravel(), GAUSSIAN, 1, scale, charge)])[0].reshape(DRAWS, 4)
    first, second = risks
    odds = first / (1 - first) / (second / (1 - second))
    found = covered(statistic, drawn, scale, [first, second, first - second, first / second, odds])
    assert_about_95_percent(found, most=0.97)


@pytest.mark.parametrize("times", [1, 3])
def test_every_figure_of_a_table(times):
    statistic, scale = statistic_of("table"), floor_scale(10) * times
    people = [{"sex": sex, "smoker": smoker} for sex, smoker in [("female", True)] * 300 + [("male", False)] * 40]
    truths = statistic.vector(answer(statistic.plan, people, COLUMNS)).ravel().tolist()
    assert_about_95_percent(covered(statistic, noisy(statistic, people, scale), scale, truths), most=0.98)


def test_a_fitted_count_stays_above_the_noise_floor():
    """The fit is more precise than a drawn number; the price's scale makes up for it (privacy model P8)."""
    statistic = statistic_of("table")
    scale = floor_scale(10) * statistic.contribution.largest
    fitted = np.array(
        [[int(each.value) for each in row] for row in cells(statistic, noisy(statistic, [], scale), scale)]
    )
    assert (np.abs(fitted) < 10).mean(axis=0).max() <= 0.96
