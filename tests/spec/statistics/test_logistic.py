"""Smoking by what became of people and whether they were treated, worked by hand; every count 100 times over.

|               | lived, untreated | lived, treated | died, untreated | died, treated |
|---------------|------------------|----------------|-----------------|---------------|
| do not smoke  | 60               | 40             | 20              | 20            |
| smoke         | 20               | 40             | 20              | 60            |

Odds 20/60 = 1/3, 40/40 = 1, 20/20 = 1, 60/20 = 3: each is 1/3 times 3 if treated, times 3 if dead. So the model fits
exactly: odds at the references 0.3333, both odds ratios 3. Nobody moved: that group is set aside.

One covariate alone is a table of two by two: the variance of the logarithm of its odds ratio is 1/a + 1/b + 1/c + 1/d.
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from disclosure.statistics.odds import kept_groups, odds_of
from tests.factories.statistics import ASKED, COLUMNS, bound
from tests.plain.cell_plan import answer
from tests.plain.regressions import logistic

ODDS = bound("logistic", by=[])
COUNTS = {("lived", False): (60, 20), ("lived", True): (40, 40), ("died", False): (20, 20), ("died", True): (20, 60)}
PEOPLE = [
    {"outcome": outcome, "treated": treated, "smoker": smoker}
    for (outcome, treated), counts in COUNTS.items()
    for smoker, count in zip((False, True), counts, strict=True)
    for _ in range(count)
] + [{"outcome": None, "treated": True, "smoker": True}, {"outcome": "died", "treated": None, "smoker": True}]
DRAWN = 100 * ODDS.vector(answer(ODDS.plan, PEOPLE, COLUMNS))


def test_the_drawn_numbers_and_what_one_person_can_change():
    # without, then with: lived (the reference), died, moved; each untreated, treated
    assert (DRAWN // 100).tolist() == [[60, 40, 20, 20, 0, 0, 20, 40, 20, 60, 0, 0]]
    assert (ODDS.contribution.l1, ODDS.contribution.l2_squared) == (1, 1)


def test_the_figures():
    found = dict(zip([entry.value for (entry,) in ODDS.entries()], ODDS.rows(DRAWN, Fraction(1, 4))[0], strict=True))
    shown = {term: None if each.value is None else round(float(each.value), 4) for term, each in found.items()}
    assert shown == {"odds": 0.3333, "outcome=died": 3.0, "outcome=moved": None, "treated=true": 3.0}


def test_one_covariate_has_the_variance_of_a_table_of_two_by_two():
    table = np.array([[600.0, 300.0], [200.0, 500.0]])
    odds = odds_of(table, 0.0, 4.0)
    assert odds.ratios[0][0] == pytest.approx((math.log(5), 1 / 600 + 1 / 300 + 1 / 200 + 1 / 500))
    assert odds.baseline == pytest.approx((math.log(1 / 3), 1 / 600 + 1 / 200))


def test_noise_adds_what_it_does_to_each_count():
    """log odds ratio = Σ ± log count, so noise of deviation s adds s² Σ 1/count²."""
    table = np.array([[600.0, 300.0], [200.0, 500.0]])
    sampled, noisy = (odds_of(table, scale, 4.0).ratios[0][0][1] for scale in (0.0, 7.0))
    assert noisy - sampled == pytest.approx(49 * (1 / 600**2 + 1 / 300**2 + 1 / 200**2 + 1 / 500**2))


def test_small_groups_are_set_aside_and_take_their_people_along():
    table = np.array([[[50.0, 60, 3], [70, 80, 90]], [[40, 50, 60], [50, 60, 70]]])
    assert [flags.tolist() for flags in kept_groups(table, 5.0, 4.0)] == [[True, True], [True, True, True]]
    assert [flags.tolist() for flags in kept_groups(table, 5.0, 10.0)] == [[True, True], [True, True, True]]
    table[1, :, 2] = 4
    assert [flags.tolist() for flags in kept_groups(table, 5.0, 4.0)] == [[True, True], [True, True, False]]
    found = odds_of(table, 5.0, 4.0)
    alone = odds_of(table[:, :, :2], 5.0, 4.0)
    assert found.ratios == [alone.ratios[0], [*alone.ratios[1], None]]


def test_without_its_reference_a_covariate_has_no_ratio_but_still_counts():
    table = np.array([[[5.0, 600, 300], [4, 800, 900]], [[4, 500, 600], [5, 600, 700]]])
    found = odds_of(table, 5.0, 4.0)
    assert found.baseline is None
    assert found.ratios[1] == [None, None]
    assert found.ratios[0] == odds_of(table[:, :, 1:], 5.0, 4.0).ratios[0]


def test_nobody_has_no_figure():
    assert all(each.value is None for each in ODDS.rows(np.zeros((1, 12), dtype=np.int64), Fraction(6))[0])


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_the_plain_twin(seed):
    chance = np.random.default_rng(seed)
    people = [
        {
            "outcome": chance.choice(["died", "lived", "moved"]).item(),
            "treated": bool(chance.random() < 0.4),
            "smoker": bool(chance.random() < 0.3),
        }
        for _ in range(600)
    ]
    exact = logistic(people, {**ASKED["logistic"], "by": []})
    found = ODDS.rows(ODDS.vector(answer(ODDS.plan, people, COLUMNS)), Fraction(1, 1024))[0]
    for (entry,), estimate in zip(ODDS.entries(), found, strict=True):
        assert float(estimate.value) == pytest.approx(exact[(entry.value,)]["value"], abs=2e-5)
