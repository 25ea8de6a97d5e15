"""Median and quartiles of ten people on a grid of seven points, worked by hand; and the tree they are drawn from.

Changes in blood pressure from −3 to 3. Seven leaves, counted one by one and in fives:

| point             | −3 | −2 | −1 | 0 | 1 | 2 | 3 | −3…1 | 2…3 |
|-------------------|----|----|----|---|---|---|---|------|-----|
| people            | 1  | 0  | 3  | 2 | 0 | 3 | 1 | 6    | 4   |
| up to and with it | 1  | 1  | 4  | 6 | 6 | 9 | 10|

A quarter of 10 is 2.5, first reached at −1; half is 5, reached at 0; three quarters are 7.5, reached at 2.
A person is in one leaf and in one five: two numbers change by 1, so L1 = L2² = 2.
"""

from fractions import Fraction

from disclosure.statistics.tree import counted, sizes
from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

CHANGE = bound("quantiles", lower="-3", upper="3", by=[])
PEOPLE = [{"change": Fraction(value)} for value in (-9, -1, -1, -1, 0, 0, 2, 2, 2, 17)] + [{"change": None}]


def test_the_drawn_numbers():
    exact = answer(CHANGE.plan, PEOPLE, COLUMNS)
    assert CHANGE.vector(exact).tolist() == [[1, 0, 3, 2, 0, 3, 1, 6, 4]]
    assert (CHANGE.contribution.l1, CHANGE.contribution.l2_squared) == (2, 2)


def test_the_figures():
    drawn = CHANGE.vector(answer(CHANGE.plan, PEOPLE, COLUMNS))
    assert [int(each.value) for each in CHANGE.rows(drawn, Fraction(1, 1024))[0]] == [-1, 0, 2]


def test_levels_end_with_five_ranges_or_fewer():
    assert [sizes(leaves) for leaves in (1, 5, 6, 25, 26, 126)] == [
        (1,), (1,), (1, 5), (1, 5), (1, 5, 25), (1, 5, 25, 125)
    ]  # fmt: skip
    assert counted(answer(CHANGE.plan, [], COLUMNS)).tolist() == [[0] * 9]


def test_a_wide_grid_is_taken_in_wider_steps():
    wide = bound("quantiles", of="bmi", lower="10", upper="70", by=[])
    assert (wide.steps.width, wide.steps.size, wide.about()["unit_step"]) == (2, 301, "0.2")
    drawn = wide.vector(answer(wide.plan, [{"bmi": Fraction("27.3")}] * 50, COLUMNS))
    median = wide.rows(drawn, Fraction(1, 1024))[0][1]
    assert [str(number) for number in (median.low, median.value, median.high)] == ["27.2", "27.2", "27.3"]
