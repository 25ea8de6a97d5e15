"""What an ε buys, as tables that a committee can read. δ is 1 in 2 million; a London of 20,000 people.

The ε of a request is turned into ρ once and shared equally by its statistics. Noise is never less than the floor.
"""

from decimal import Decimal

import pytest

from disclosure.explain import width_sentence
from disclosure.release import price
from tests.factories.snapshots import GRANTED, MORE, STATISTICS, request

COUNT, SHARE, TOTAL, MEAN, BINS = STATISTICS
SPREAD, MEDIAN, COMPARED, TABLE, RATE, STANDARDISED, SURVIVAL, LINEAR, LOGISTIC, *_ = MORE

#  ε asked, statistics,             micro-ρ spent, 95 % half-width of each
BOUGHT = [
    ("0.1", [COUNT], 297, ["80"]),
    ("0.5", [COUNT], 6_224, ["18"]),
    ("0.5", [COUNT, BINS], 6_224, ["25", "25"]),
    ("0.5", [TOTAL], 6_224, ["3514"]),
    ("0.5", [SHARE], 6_224, ["0.00352"]),
    ("0.5", [MEAN], 6_224, ["0.34"]),
    ("0.5", [SPREAD], 6_224, ["0.18"]),
    ("0.5", [MEDIAN], 6_224, ["1.30"]),
    ("0.5", [COMPARED], 6_224, ["0.00249"]),
    ("0.5", [TABLE], 6_224, ["26"]),
    ("0.5", [RATE], 6_224, ["0.8828"]),
    ("0.5", [LINEAR], 6_224, ["0.0433"]),
    ("0.5", [LOGISTIC], 6_224, ["0.06488"]),
    ("0.5", [SURVIVAL], 6_224, ["0.01139"]),
    ("0.5", [STANDARDISED], 6_224, ["1.9240"]),
    ("1", [COUNT], 19_207, ["10"]),  # the floor: the noise a count must have costs less than was offered
]


@pytest.mark.parametrize(("epsilon", "statistics", "micro_rho", "half_widths"), BOUGHT)
def test_what_an_epsilon_buys(epsilon, statistics, micro_rho, half_widths):
    found = price(request(epsilon=epsilon, statistics=statistics), GRANTED)
    assert abs(found.micro_rho - micro_rho) <= 2 * len(statistics)
    assert [str(line.half_width_95) for line in found.lines] == half_widths


#  statistic, what one person can change: squared L2 over all drawn numbers, and why
CHANGES = [
    (COUNT, 1),  # one person is in one cell
    (BINS, 1),  # and in one bin
    (SHARE, 1),  # either with or without, never both
    (TOTAL, 200**2),  # at most the upper bound
    (MEAN, 60**2 + 30**2),  # at most 60 from the middle of 80 to 200, and 30 for being counted
    (SPREAD, 2 * 2_250**2),  # 5/8 · 60² for being in the middle, and as much for being counted
    (MEDIAN, 3),  # 121 points: one point, one five, one twenty-five
    (COMPARED, 1),  # with or without, in one of the two groups
    (RATE, (20 * 200) ** 2 + 1990**2),  # 200 events of weight 20, and 1,990 years
    (STANDARDISED, 3_980**2 + 1_990**2),  # one event of weight 3,980, and 1,990 years
    (SURVIVAL, 1),  # one ending in one step
    (TABLE, 4),  # a cell, a row, a column and the total
]


@pytest.mark.parametrize(("statistic", "l2_squared"), CHANGES)
def test_what_one_person_can_change_sets_the_scale(statistic, l2_squared):
    line = price(request(epsilon="0.2", statistics=[statistic]), GRANTED).lines[0]
    rho = line.micro_rho / 1e6
    assert float(line.scale) == pytest.approx((l2_squared / (2 * rho)) ** 0.5, rel=2e-3)


SAID = [
    (Decimal(18), "people", None, "at most 18 people."),
    (Decimal(1351), "1", None, "at most 1,351."),
    (Decimal("0.0021"), "share", "assuming 9 people", "at most 0.21 percentage points, assuming 9 people."),
]


@pytest.mark.parametrize(("width", "unit", "assumes", "end"), SAID)
def test_a_width_reads_as_a_sentence(width, unit, assumes, end):
    assert width_sentence(width, unit, assumes) == f"In 95 of 100 draws the noise moves each figure by {end}"
