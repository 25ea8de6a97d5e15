"""Under pure ε the noise is Laplace: intervals of every statistic offered with it hold what they say they do.

Noise is that of the floor, where whole numbers weigh most, and larger. One false alarm in 1e6 or fewer.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from disclosure.accounting import laplace_cost
from disclosure.explain import LAPLACE
from disclosure.mechanisms import Market
from disclosure.noise import Exact, add_noise
from disclosure.statistics.series import forecasts
from tests.factories.statistics import ASKED
from tests.factories.statistics import bound as statistic_of
from tests.plain.statistics import TWINS
from tests.statistical.test_coverage_derived import Held, assert_about_95_percent, cells_at_once, covered, noisy, values
from tests.statistical.test_coverage_rates import BANDS, followed

DRAWS = 1_200
FLOOR = Market(pure=True, floor_half_width=10, population=20_000)


def drawn_of(kind, people, times):
    """The statistic with Laplace noise, so many draws of it for these people, its scale."""
    statistic = replace(statistic_of(kind, by=["sex", "smoker"] if kind == "table" else []), mechanism=LAPLACE)
    scale = FLOOR._at(statistic, LAPLACE, Fraction(1)).scale * times
    return statistic, noisy(statistic, people, scale)[:DRAWS], scale


def truths(kind, people):
    exact = TWINS[kind](people, {**ASKED[kind], "by": []})
    return [each["value"] for each in exact.values()]


SPREADS = {"usual": values(27, [-6, -3, 0, 1, 8]), "near": values(43, [-1, 1]), "far": values(30, [-15, 15])}


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("bmi", SPREADS)
def test_spread(bmi, times):
    people = [{"bmi": value} for value in SPREADS[bmi]] * (3_000 // len(SPREADS[bmi]))
    mean = sum(SPREADS[bmi]) / len(SPREADS[bmi])
    variance = float(sum((value - mean) ** 2 for value in SPREADS[bmi]) / len(SPREADS[bmi]))
    statistic, drawn, scale = drawn_of("spread", people, times)
    assert_about_95_percent(covered(statistic, drawn, scale, [mean, variance, variance**0.5]))


@pytest.mark.parametrize("upper", [6, 20], ids=["one level", "two levels"])
@pytest.mark.parametrize("changes", [[*range(-6, 7)] * 9, [-3, 3] * 500, [6] * 2_000], ids=["few", "two", "one value"])
def test_quantiles(changes, upper):
    bounds = {"lower": str(-upper), "upper": str(upper)}
    people = [{"change": Fraction(value)} for value in changes]
    statistic = replace(statistic_of("quantiles", by=[], **bounds), mechanism=LAPLACE)
    scale = FLOOR._at(statistic, LAPLACE, Fraction(1)).scale
    exact = TWINS["quantiles"](people, {**ASKED["quantiles"], "lower": -upper, "upper": upper, "by": []})
    drawn = noisy(statistic, people, scale)[:DRAWS]
    assert statistic.levels == (1 if upper == 6 else 2)
    found = covered(statistic, drawn, scale, [true["value"] for true in exact.values()], cells_at_once)
    assert_about_95_percent(found, most=1, given=0)


@pytest.mark.parametrize(("people", "times"), [(3_000, 1), (3_000, 4), (300, 1)])
def test_rates(people, times):
    group = followed(people)
    statistic, drawn, scale = drawn_of("rate", group, times)
    assert_about_95_percent(covered(statistic, drawn, scale, truths("rate", group)))


@pytest.mark.parametrize(("people", "times"), [(300, 1), (900, 2)])
def test_standardised_rates(people, times):
    group = [{**each, "age_band": BANDS[n % 19]} for n, each in enumerate(followed(19 * people))]
    statistic, drawn, scale = drawn_of("standardised", group, times)
    assert_about_95_percent(covered(statistic, drawn, scale, truths("standardised", group)), given=0.85)


@pytest.mark.parametrize("times", [1, 3])
def test_every_figure_of_a_table(times):
    people = [{"sex": sex, "smoker": smoker} for sex, smoker in [("female", True)] * 300 + [("male", False)] * 40]
    statistic, drawn, scale = drawn_of("table", people, times)
    exact = [300, 0, 0, 40, 300, 40, 40, 300, 340]
    assert len(exact) == statistic.coordinates
    named = {tuple(entry.value for entry in each): place for place, each in enumerate(statistic.entries())}
    wanted = {("female", "true"): 300, ("male", "false"): 40, ("*", "*"): 340, ("female", "false"): 0}
    found = covered(statistic, drawn, scale, [wanted.get(each, np.inf) for each in named])
    assert_about_95_percent([found[named[each]] for each in wanted])


def sampled(cells, scale):
    """Draws of people sampled anew each time, as many in each count as chance has it."""
    part = Exact(cells.ravel().astype(np.int64), LAPLACE, 1, scale, laplace_cost(l1=1, scale=scale))
    return add_noise([part])[0].reshape(DRAWS, -1)


@pytest.mark.parametrize(("sizes", "risks"), [((900, 1_400), (0.2, 0.1)), ((4_000, 300), (0.03, 0.4))])
def test_comparison_holds_the_populations_figures(sizes, risks):
    statistic, _, scale = drawn_of("comparison", [], 1)
    with_ = [np.random.default_rng(7).binomial(size, risk, DRAWS) for size, risk in zip(sizes, risks, strict=True)]
    cells = np.stack([sizes[0] - with_[0], with_[0], sizes[1] - with_[1], with_[1]], axis=1)
    odds = risks[0] / (1 - risks[0]) / (risks[1] / (1 - risks[1]))
    exact = [*risks, risks[0] - risks[1], risks[0] / risks[1], odds]
    assert_about_95_percent(covered(statistic, sampled(cells, scale), scale, exact), least=0.94)


def test_logistic():
    statistic, _, scale = drawn_of("logistic", [], 1)
    chance, logits = np.random.default_rng(3), np.array([-1.2, 0.6, -0.3, 0.5])
    design = np.array([[1, died, moved, treated] for died, moved in ((0, 0), (1, 0), (0, 1)) for treated in (0, 1)])
    there = chance.multinomial(6_000, [0.25, 0.15, 0.2, 0.1, 0.1, 0.2], DRAWS)
    smoking = chance.binomial(there, 1 / (1 + np.exp(-design @ logits)))
    drawn = sampled(np.concatenate([there - smoking, smoking], axis=1), scale)
    found = [Held() for _ in logits]
    for row in statistic.rows(drawn, scale):
        for held, estimate, true in zip(found, row, np.exp(logits), strict=True):
            held.look(estimate, true)
    assert_about_95_percent(found, least=0.94, most=0.975)


def test_forecasts_know_laplace_noise():
    """A series that stands: the interval of the next month holds its exact figure, noise and all."""
    statistic = replace(statistic_of("forecast"), mechanism=LAPLACE)
    rng, scale = np.random.default_rng(5), 40
    exact = rng.poisson(400, (200, 25)).astype(float)
    months = np.rint(exact[:, :24] + rng.laplace(0, scale, (200, 24)))
    held = 0
    mean, deviation = forecasts(months, noise_variance=2.0 * scale**2, ahead=1)
    for row, (now, spread), true in zip(
        statistic.rows(months.astype(np.int64)[:, :15], Fraction(scale)), zip(mean, deviation, strict=True),
        exact[:, 24], strict=True,
    ):  # fmt: skip
        held += abs(now[0] - true) <= 1.96 * spread[0]
        assert float(row[0].high - row[0].value) >= 2.99 * scale - 1
    assert held >= 180
