"""Tries to falsify the ledger's claim on neighbouring data: is any (ε, δ) it implies visibly broken?

For neighbours D and D' and any event E, P(E | D) ≤ e^ε P(E | D') + δ. E is "the noisy vector lies so far in the
direction of the change". A Clopper–Pearson lower bound on P(E | D) − e^ε P(E | D') above δ refutes the claim. All
comparisons of a run together raise a false alarm with probability at most 1e-6.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import beta

from disclosure.accounting import FEMTO, epsilon_of_rho, gaussian_cost, gaussian_scale
from disclosure.noise import GAUSSIAN, Exact, add_noise
from disclosure.statistics.registry import REGISTRY
from tests.factories.statistics import COLUMNS, single
from tests.factories.statistics import bound as statistic_of
from tests.plain.cell_plan import answer

DELTAS = (Fraction(3, 10), Fraction(1, 10), Fraction(1, 100))
THRESHOLDS = (-1.0, 0.0, 0.5, 1.0, 2.0)  # in standard deviations from the middle of the two neighbours
COMPARISONS = 40 * len(DELTAS) * len(THRESHOLDS) * 2 * 2  # at most 40 vectors a run, both directions, two bounds each
ALPHA = 1e-6 / COMPARISONS
MICRO_RHO = 500_000

EXTREME = {"sex": "male", "smoker": True, "treated": True, "bmi": Fraction("45.5"), "change": Fraction(20)}
EXTREME |= {"age_band": "90+", "visits": Fraction(50), "days": Fraction(2_000)}
PERSON = {
    "histogram": {**EXTREME, "bmi": Fraction(45)},  # within the edges
    "spread": {**EXTREME, "bmi": Fraction("30.2")},  # the centre of the bounds
}
OTHERS = [{"sex": "female", "smoker": False, "treated": False, "bmi": Fraction(22), "change": Fraction(-3)}] * 3
OTHERS = [{**each, "age_band": "40-44", "visits": Fraction(1), "days": Fraction(100)} for each in OTHERS]


@dataclass(frozen=True)
class Neighbours:
    """Exact vectors with and without one person."""

    with_: np.ndarray
    without: np.ndarray

    @property
    def direction(self):
        change = self.with_ - self.without
        return change / math.sqrt((change**2).sum())


def neighbours(kind):
    statistic = single(kind)
    person = PERSON.get(kind, EXTREME)
    tables = [answer(statistic.plan, people, COLUMNS) for people in ([*OTHERS, person], OTHERS)]
    return Neighbours(*(statistic.vector(table).ravel() for table in tables))


def samples(exact, l2_squared, runs):
    """Projections' raw material: (runs, coordinates) noisy copies of the vector, each as `draw` would make it."""
    scale = gaussian_scale(l2_squared=l2_squared, micro_rho=MICRO_RHO)
    charge = gaussian_cost(l2_squared=l2_squared, scale=scale)
    return add_noise([Exact(np.tile(exact, runs), GAUSSIAN, l2_squared, scale, charge)])[0].reshape(runs, -1)


def refuted(pair, l2_squared, runs):
    """The (ε, δ) that the samples refute, if any."""
    here, there = (samples(exact, l2_squared, runs) @ pair.direction for exact in (pair.with_, pair.without))
    middle = (pair.with_ + pair.without) @ pair.direction / 2
    spread = here.std()
    found = []
    for delta in DELTAS:
        epsilon = epsilon_of_rho(MICRO_RHO, int(delta * FEMTO)) / 1e6
        for threshold in THRESHOLDS:
            cut = threshold * spread
            for first, second in ((here - middle, there - middle), (middle - there, middle - here)):
                loss = lower(np.sum(first > cut), runs) - math.exp(epsilon) * upper(np.sum(second > cut), runs)
                if loss > delta:
                    found.append((epsilon, float(delta), loss))
    return found


def lower(hits, runs):
    return float(beta.ppf(ALPHA, hits, runs - hits + 1)) if hits else 0.0


def upper(hits, runs):
    return float(beta.ppf(1 - ALPHA, hits + 1, runs - hits)) if hits < runs else 1.0


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_no_claim_is_refuted(kind):
    statistic = single(kind)
    assert refuted(neighbours(kind), statistic.contribution.l2_squared, 5_000) == []


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_a_sensitivity_halved_is_caught(kind):
    statistic = single(kind)
    pair, l2_squared = neighbours(kind), statistic.contribution.l2_squared
    if l2_squared < 4:  # half of it is no whole number: the person is counted twice instead
        pair = Neighbours(pair.with_ * 2, pair.without * 2)
    else:
        l2_squared //= 4
    assert refuted(pair, l2_squared, 5_000)


def test_a_forgotten_coordinate_is_caught():
    mean = statistic_of("mean", by=[])
    assert refuted(neighbours("mean"), mean.weight**2, 5_000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_no_claim_is_refuted_at_length(kind):
    statistic = single(kind)
    assert refuted(neighbours(kind), statistic.contribution.l2_squared, 150_000) == []


@pytest.mark.slow
def test_a_person_in_two_counts_charged_as_one_is_caught():
    pair = neighbours("proportion")
    in_both = Neighbours(*(np.array([with_, with_ + without]) for with_, without in (pair.with_, pair.without)))
    assert refuted(in_both, 1, 150_000)
