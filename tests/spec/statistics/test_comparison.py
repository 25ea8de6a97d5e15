"""Smoking among the treated and the untreated, worked by hand; then the same with noise too large for a ratio.

|           | smoke | do not | people | risk |
|-----------|-------|--------|--------|------|
| treated   | 30    | 70     | 100    | 0.30 |
| untreated | 20    | 180    | 200    | 0.10 |

Risk difference 0.20; risk ratio 3; odds ratio (30/70) / (20/180) = 3.857. One person is in one of the four counts.

Without noise a risk's interval is Wilson's, e.g. of 30 in 100: 0.2189 to 0.3958, of 20 in 200: 0.0657 to 0.1494.
Difference: 0.2 − √(0.0811² + 0.0494²) = 0.1050, 0.2 + √(0.0958² + 0.0343²) = 0.3018.
Ratio: ln 3 − √((ln 0.3/0.2189)² + (ln 0.1494/0.1)²) → 1.8034, and upwards 3 · e^√((ln 0.3958/0.3)² + (ln 0.1/0.0657)²)
→ 4.9653.
"""

from fractions import Fraction

import numpy as np
import pytest

from disclosure.statistics.comparison import risk
from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

SMOKING = bound("comparison", by=[])
PEOPLE = [
    *({"treated": True, "smoker": number < 30} for number in range(100)),
    *({"treated": False, "smoker": number < 20} for number in range(200)),
    {"treated": None, "smoker": True},
    {"treated": True, "smoker": None},
]
DRAWN = SMOKING.vector(answer(SMOKING.plan, PEOPLE, COLUMNS))


def test_the_drawn_numbers_and_what_one_person_can_change():
    assert DRAWN.tolist() == [[70, 30, 180, 20]]
    assert (SMOKING.contribution.l1, SMOKING.contribution.l2_squared, SMOKING.contribution.largest) == (1, 1, 1)


def test_the_figures():
    found = SMOKING.rows(DRAWN, Fraction(1, 1024))[0]
    assert [round(float(each.value), 3) for each in found] == [0.3, 0.1, 0.2, 3.0, 3.857]


@pytest.mark.parametrize(("counts", "low", "high"), [((30, 70), 0.2189, 0.3958), ((20, 180), 0.0657, 0.1494)])
def test_without_noise_a_risk_has_wilsons_interval(counts, low, high):
    found = risk(*counts, 0.0)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_intervals_combine_those_of_the_two_risks(monkeypatch):
    monkeypatch.setattr("disclosure.statistics.comparison.reach", lambda *_: 0.0)
    _, _, difference, ratio, _ = SMOKING.rows(DRAWN, Fraction(1))[0]
    assert (float(difference.low), float(difference.high)) == pytest.approx((0.1050, 0.3018), abs=2e-4)
    assert (float(ratio.low), float(ratio.high)) == pytest.approx((1.8034, 4.9653), abs=5e-3)


def test_noise_widens_every_interval_and_may_leave_a_ratio_without_one():
    widths = [[each.high - each.low for each in SMOKING.rows(DRAWN, Fraction(s))[0][:3]] for s in (1, 3, 6)]
    assert widths == sorted(widths)
    loud = SMOKING.rows(DRAWN, Fraction(15))[0]
    assert (loud[3].value, loud[3].low, loud[3].too_noisy) == (None, None, True)
    nobody = SMOKING.rows(np.array([[3, -2, 4, 0]]), Fraction(6))[0]
    assert all(each.value is None and each.too_noisy for each in nobody)
    assert nobody[0].drawn == (3, -2, 4, 0)
