"""Mean, variance and standard deviation of four body mass indices, worked by hand.

Bounds 15 to 45 in steps of 0.1: the centre is 300 steps, R = 150, so a = 75, c = g = 5 · 150² / 8 = 14,062.

| value | v    | v²     | a·v     | c − v²  | g      |
|-------|------|--------|---------|---------|--------|
| 20    | −100 | 10,000 | −7,500  | 4,062   | 14,062 |
| 28    | −20  | 400    | −1,500  | 13,662  | 14,062 |
| 32    | 20   | 400    | 1,500   | 13,662  | 14,062 |
| 52    | 150  | 22,500 | 11,250  | −8,438  | 14,062 |
| sum   | 50   | 33,300 | 3,750   | 22,948  | 56,248 |

(52 is brought to 45.) Mean: 30 + 0.1 · 50/4 = 31.25. Variance: 0.01 · (33,300/4 − 12.5²) = 81.6875. Root: 9.038.
The most one person adds: v = 0: c² + g² = 2 · 14,062² = 395,479,688; v = R: 11,250² + 8,438² + 14,062² = 395,502,188.
"""

from decimal import Decimal
from fractions import Fraction

from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

SPREAD = bound("spread", by=[], lower="15", upper="45")
PEOPLE = [{"bmi": Fraction(value)} for value in (20, 28, 32, 52)] + [{"bmi": None}]


def test_the_drawn_numbers():
    assert SPREAD.vector(answer(SPREAD.plan, PEOPLE, COLUMNS)).tolist() == [[3_750, 22_948, 56_248]]


def test_what_one_person_can_change():
    assert SPREAD.contribution.l2_squared == 395_502_188


def test_the_figures():
    mean, variance, deviation = SPREAD.rows(SPREAD.vector(answer(SPREAD.plan, PEOPLE, COLUMNS)), Fraction(1, 1024))[0]
    assert (mean.value, variance.value, deviation.value) == (Decimal("31.25"), Decimal("81.6875"), Decimal("9.03811"))
