"""A table of two keys with its margins, worked by hand: drawn numbers, what one person changes, and the fit.

|        | smokes | does not | all |
|--------|--------|----------|-----|
| female | 3      | 1        | 4   |
| male   | 2      | 0        | 2   |
| all    | 5      | 1        | 6   |

One person changes one cell, one row, one column and the total by 1: L2² = 4.

The fit, when the noise is +9 on the total alone and nothing else: the constant part of the drawn numbers weighs
1 + 4 + 2 + 2 = 9, so each of the 4 cells goes up by 9/9 = 1 and the total by 4, not by 9. With +6 on "female" alone:
its mean of 3 a cell over the table goes to the constant (3/9 = 1/3 a cell), its deviation of ±3 to the rows, which
weigh 1 + 2 = 3 (±1 a cell): female cells go up by 4/3, male ones down by 2/3.
"""

from fractions import Fraction

import numpy as np
import pytest

from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

TABLE = bound("table")
PEOPLE = [
    {"sex": sex, "smoker": smoker}
    for sex, smoker, times in [("female", True, 3), ("female", False, 1), ("male", True, 2), (None, True, 5)]
    for _ in range(times)
]
DRAWN = TABLE.vector(answer(TABLE.plan, PEOPLE, COLUMNS))


def test_the_drawn_numbers_and_what_one_person_can_change():
    # columns: does not, smokes; then female, male; does not, smokes; all
    assert DRAWN.tolist() == [[1, 3, 0, 2, 4, 2, 1, 5, 6]]
    assert (TABLE.contribution.l1, TABLE.contribution.l2_squared) == (4, 4)


@pytest.mark.parametrize(
    ("place", "noise", "change"),
    [(8, 9, [1, 1, 1, 1]), (4, 6, [4 / 3, 4 / 3, -2 / 3, -2 / 3])],
    ids=["total", "female"],
)
def test_the_fit_shares_noise_out(place, noise, change):
    drawn = DRAWN[0].copy()
    drawn[place] += noise
    assert (TABLE._fit(drawn) - TABLE._fit(DRAWN[0])).ravel() == pytest.approx(change)


def test_the_figures_add_up_whatever_the_noise():
    for seed in range(20):
        noise = np.random.default_rng(seed).integers(-40, 40, DRAWN.shape)
        cells = [int(each.value) for each in TABLE.rows(DRAWN + noise, Fraction(20))[0]]
        assert cells[4:] == [
            *(cells[0] + cells[1], cells[2] + cells[3]),
            *(cells[0] + cells[2], cells[1] + cells[3]),
            sum(cells[:4]),
        ]


def test_widths_of_the_fit_are_those_of_its_linear_map():
    fit = np.array([TABLE._fit(unit).ravel() for unit in np.eye(9)]).T
    sums = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]])
    assert TABLE._deviations() == pytest.approx(np.sqrt(((sums @ fit) ** 2).sum(axis=1)))


def test_margins_are_marked():
    last = TABLE.entries()[-1]
    assert [(entry.column, entry.value, entry.label) for entry in last] == [("sex", "*", "All"), ("smoker", "*", "All")]
