"""A median of six people chosen among five points, worked by hand: what each point misses the rank by.

Changes in blood pressure from 0 to 4. Half of 6 people is the rank 3. A point misses it by the people between the rank
and its own people; at a scale of 4 quarters, one person, up to two people at either end are not counted among these,
though never more than half of the people there, so that the middle of a point counts too.

| point                        | 0   | 1    | 2   | 3   | 4    |
|------------------------------|-----|------|-----|-----|------|
| people                       | 1   | 1    | 2   | 0   | 2    |
| ranks                        | 0…1 | 1…2  | 2…4 | 4…4 | 4…6  |
| ranks, ends taken off        | ½   | 1½   | 3   | 4   | 5    |
| people missed                | 2½  | 1½   | 0   | 1   | 2    |
| score in quarters of a person| −10 | −6   | 0   | −4  | −8   |

One person more moves no point by more than half a person, two quarters: the rank moves by a half, ends by 0, ½ or 1.
A choice at scale s costs ε = 2 · 2 / s.
"""

from fractions import Fraction

from disclosure.statistics.base import Contribution
from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

COUNTED = bound("quantiles", lower="0", upper="4", by=[], quantiles=["0.5"], method="selection")
MEDIAN = COUNTED.selected().at(Fraction(4), population=6)
PEOPLE = [{"change": Fraction(value)} for value in (-9, 1, 2, 2, 4, 17)] + [{"change": None}]


def test_the_scores():
    assert MEDIAN.parts == 4
    assert MEDIAN.vector(answer(MEDIAN.plan, PEOPLE, COLUMNS)).tolist() == [[-10, -6, 0, -4, -8]]


def test_what_one_person_changes():
    assert MEDIAN.contribution == Contribution(l1=10, l2_squared=20, largest=2, scores=2)


def test_the_figures():
    (median,) = MEDIAN.rows(answer(MEDIAN.plan, [], COLUMNS)[:, :1] + 2, Fraction(4))[0]
    assert (int(median.value), median.low, median.high, median.drawn) == (2, None, None, (2,))


def test_quartiles_that_overtook_each_other_change_places():
    quartiles = bound("quantiles", by=[]).selected()
    assert [int(each.value) for each in quartiles.rows(answer(MEDIAN.plan, [], COLUMNS)[:, :3] + [7, 3, 9], 1)[0]] == [
        -3, 1, 3
    ]  # fmt: skip


def test_what_a_value_may_miss_its_rank_by():
    """2 people at the ends of a point, and 1 · ln(4 / 0.05) = 4.4 for the choice among the four others."""
    about = MEDIAN.about()
    assert about["rank_half_width_95"] == "7"
    assert "miss the rank asked for by 7 people or fewer" in about["meaning"]
    assert "In a cell of fewer than 14 people, or of nobody" in about["meaning"]
