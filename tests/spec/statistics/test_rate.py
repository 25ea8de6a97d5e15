"""Visits per 1,000 person-years, worked by hand; at most 5 visits and 365 days of one person count.

| person | visits | days | counted visits | counted days |
|--------|--------|------|----------------|--------------|
| 1      | 2      | 365  | 2              | 365          |
| 2      | 9      | 400  | 5              | 365          |
| 3      | 0      | 100  | 0              | 100          |
| 4      | 1      | –    | not known, so left out altogether |
| 5      | 1      | −3   | 1              | 0            |
| sum    |        |      | 8              | 830          |

830 days are 830 / 365.25 years: 8 / 2.2724 · 1,000 = 3,520.4819 per 1,000 person-years.
Weights: 2 · 365 / 5 = 146, so a visit weighs 146 and a day 1. One person changes the drawn numbers by at most
5 · 146 = 730 and 365: L2² = 730² + 365² = 666,125,
L2 = 816.2: the noise floor is that of a count, times 817.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np

from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

RATE = bound("rate", by=[])
PEOPLE = [
    {"visits": None if visits is None else Fraction(visits), "days": None if days is None else Fraction(days)}
    for visits, days in [(2, 365), (9, 400), (0, 100), (1, None), (1, -3)]
]
DRAWN = RATE.vector(answer(RATE.plan, PEOPLE, COLUMNS))


def test_the_drawn_numbers_and_what_one_person_can_change():
    assert DRAWN.tolist() == [[8 * 146, 830]]
    assert (RATE.contribution.l1, RATE.contribution.l2_squared, RATE.contribution.largest) == (1_095, 666_125, 817)


def test_the_figure():
    found = RATE.rows(DRAWN, Fraction(1, 1024))[0][0]
    assert found.value == Decimal("3520.4819")
    assert RATE.about()["unit"] == "per 1,000 person-years"


def test_a_flag_counts_as_one_event_and_months_as_twelfths():
    smokers = bound("rate", of="smoker", upper="1", by=[])
    people = [{"smoker": True, "days": Fraction(365)}, {"smoker": None, "days": Fraction(365)}]
    drawn = smokers.vector(answer(smokers.plan, people, COLUMNS))
    assert smokers.rows(drawn * 1_000, Fraction(1, 1024))[0][0].value == Decimal("1000.6849")  # 1 in 365 / 365.25


def test_a_rate_is_cut_at_zero_after_its_interval_and_has_none_over_perhaps_no_time():
    scale = Fraction(1_200)
    few = RATE.rows(np.array([[-900, 400_000]]), scale)[0][0]
    assert (few.value, few.low, few.too_noisy) == (0, 0, True)
    assert few.high > 0
    unusual = RATE.rows(np.array([[-9_000, 400_000]]), scale)[0][0]
    assert (unusual.value, unusual.low, unusual.high, unusual.too_noisy) == (0, None, None, True)
    nobody = RATE.rows(np.array([[9_000, 1_000]]), scale)[0][0]
    assert (nobody.value, nobody.low, nobody.too_noisy) == (None, None, True)
