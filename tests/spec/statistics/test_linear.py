"""Body mass index by change of pressure and smoking for four people, worked by hand.

Bounds of bmi 20 to 40 in steps of 0.1: centre 300 steps, R = 100. Bounds of change −10 to 10: centre 0, R = 10.
Smoking as −1 and 1.

| bmi | change | smoker | v (bmi) | v (change) | v (smoker) |
|-----|--------|--------|---------|------------|------------|
| 25  | −10    | no     | −50     | −10        | −1         |
| 29  | 10     | no     | −10     | 10         | −1         |
| 28  | −10    | yes    | −20     | −10        | 1          |
| 32  | 15     | yes    | 20      | 10         | 1          |

(15 is brought to 10.) The largest product is R(bmi)² = 10,000, C = 80,000: a product of change and bmi weighs 80, of
change and 1 8,000, of bmi and 1 800, of smoking and 1 80,000, of change and smoking 8,000, of smoking and bmi 800, a
person 80,000, a square of change less 50 800, a square of bmi less 5,000 8.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from disclosure.mechanisms import floor_scale
from disclosure.statistics.moments import least_squares
from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

CHANGE, SMOKER = {"of": "change", "lower": "-10", "upper": "10"}, {"of": "smoker"}
LINEAR = bound("linear", lower="20", upper="40", on=[CHANGE, SMOKER], by=[])
PEOPLE = [
    {"bmi": Fraction(bmi), "change": Fraction(change), "smoker": smoker}
    for bmi, change, smoker in [(25, -10, False), (29, 10, False), (28, -10, True), (32, 15, True)]
] + [{"bmi": None, "change": Fraction(3), "smoker": True}, {"bmi": Fraction(30), "change": Fraction(3), "smoker": None}]
DRAWN = LINEAR.vector(answer(LINEAR.plan, PEOPLE, COLUMNS))


def test_the_drawn_numbers():
    assert LINEAR.moments.pairs == ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (0, 0), (1, 1), (3, 3))
    sums = [0, 0, -60, 0, 800, 60, 4, 400 - 4 * 50, 2_500 + 100 + 400 + 400 - 4 * 5_000]
    assert DRAWN.tolist() == [
        [w * s for w, s in zip([8_000, 80_000, 800, 8_000, 80, 800, 80_000, 800, 8], sums, strict=True)]
    ]


def test_what_one_person_can_change():
    """Six products and being counted by 80,000 each; the two squares by half of it."""
    assert LINEAR.contribution.l2_squared == 7 * 80_000**2 + 2 * 40_000**2
    assert LINEAR.contribution.l1 == 7 * 80_000 + 2 * 40_000


def test_no_count_of_people_can_be_put_together_below_the_noise_floor():
    """The people with both flags are (everybody + first + second + their product) / 4, with half the noise of each."""
    flags = bound("linear", lower="20", upper="40", on=[SMOKER, {"of": "treated"}], by=[])
    scale = float(floor_scale(10) * flags.contribution.largest)
    weights = [flags.moments.weights[flags.moments.pairs.index(pair)] for pair in [(0, 0), (0, 1), (0, 2), (1, 2)]]
    deviation = sum((scale / weight / 4) ** 2 for weight in weights) ** 0.5
    assert 1.96 * deviation >= 10


def test_the_figures():
    """4 over 20 of change, 3 for smoking; at change 0 without smoking 27."""
    found = LINEAR.rows(DRAWN * 1_000, Fraction(1))[0]
    assert [each.value for each in found] == [Decimal(27), Decimal("0.2"), Decimal(3), Decimal(4_000)]
    units = [each["unit"] for each in LINEAR.about()["measures"]]
    assert units == ["kg/m2", "kg/m2 per mm[Hg]", "kg/m2", "people"]


def test_sampling_is_that_of_least_squares():
    chance = np.random.default_rng(4)
    x, y = chance.normal(size=(2, 200))
    rows = np.stack([np.ones(200), x, 2 + 3 * x + y])
    totals = rows @ rows.T
    fit = least_squares(LINEAR.moments.sums(np.zeros(9))._replace(totals=totals, slopes=np.zeros((1, 3, 3))), 1.0, 0.1)
    design = rows[:2].T
    residuals = rows[2] - design @ fit.coefficients
    assert fit.coefficients == pytest.approx(np.linalg.lstsq(design, rows[2], rcond=None)[0])
    assert fit.sampling == pytest.approx(residuals @ residuals / 198 * np.linalg.inv(design.T @ design))
    assert not fit.noise.any()


def test_noise_moves_coefficients_as_told():
    """The derivative by each drawn number, taken again by a small change of it."""
    drawn = (DRAWN * 1_000)[0].astype(float) + 50_000.0
    sums = LINEAR.moments.sums(drawn)
    fit, scale = least_squares(sums, 0.0, 1.0), 7.0
    moved = []
    for place in range(len(drawn)):
        near = drawn.copy()
        near[place] += 1.0
        moved.append(least_squares(LINEAR.moments.sums(near), 0.0, 1.0).coefficients - fit.coefficients)
    expected = scale**2 * np.array(moved).T @ np.array(moved)
    assert least_squares(sums, scale, 1.0).noise == pytest.approx(expected, rel=1e-3)


def test_too_few_people_have_no_valid_figure():
    found = LINEAR.rows(DRAWN, Fraction(100_000))[0]
    assert [each.value for each in found[:3]] == [None] * 3
    assert all(each.too_noisy for each in found[:3])
    assert (found[3].value, found[0].drawn) == (4, tuple(DRAWN[0].tolist()))
