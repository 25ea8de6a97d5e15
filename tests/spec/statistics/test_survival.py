"""Ten people followed for 90-day steps to day 360, worked by hand; each row 1,000 times over.

| step | at risk n | died | moved | lived on, not followed further | stays 1 − d/n | S after |
|------|-----------|------|-------|--------------------------------|---------------|---------|
| 0    | 10        | 2    | 0     | 0                              | 0.8           | 0.8     |
| 1    | 8         | 1    | 1     | 2                              | 0.75          | 0.6     |
| 2    | 4         | 0    | 1     | 0                              | 0.75          | 0.45    |
| 3    | 3         | 1    | 0     | 1                              | 0.6667        | 0.3     |
| 360+ | 1         |      |       | 1                              |               |         |

Incidence of death: 0.2, + 0.8 · 1/8 = 0.3, 0.3, + 0.45 · 1/3 = 0.45; of moving: 0, 0.8/8 = 0.1, + 0.6/4 = 0.25, 0.25.
0.3 + 0.45 + 0.25 = 1. Greenwood's variance of S at 360: 0.3² · (2/(10·8) + 2/(8·6) + 1/(4·3) + 1/(3·2)) / 1,000.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from disclosure.statistics.life_table import falling, interval, life_table
from tests.factories.statistics import COLUMNS, bound
from tests.plain.cell_plan import answer

CURVES = bound("survival", by=[])
TIMES = [(0, "died"), (89, "died"), (90, "died"), (100, "moved"), (100, "lived"), (179, "lived")]
TIMES += [(180, "moved"), (359, "died"), (300, "lived"), (360, "lived")]
PEOPLE = [{"outcome": how, "days": Fraction(days)} for days, how in TIMES]
UNKNOWN = [{"outcome": None, "days": Fraction(5)}, {"outcome": "died", "days": None}]
DRAWN = 1_000 * CURVES.vector(answer(CURVES.plan, [*PEOPLE, *UNKNOWN], COLUMNS))


def figures(drawn, scale):
    names = [tuple(entry.value for entry in entries) for entries in CURVES.entries()]
    return dict(zip(names, CURVES.rows(drawn, scale)[0], strict=True))


def test_the_drawn_numbers_and_what_one_person_can_change():
    # endings in the order died, moved, lived: the censored last; five steps each
    assert (DRAWN // 1_000).tolist() == [[2, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 2, 0, 1, 1]]
    assert (CURVES.contribution.l1, CURVES.contribution.l2_squared) == (1, 1)


@pytest.mark.parametrize(
    ("measure", "values"),
    [
        ("survival", ["0.8", "0.6", "0.45", "0.3"]),
        ("incidence_died", ["0.2", "0.3", "0.3", "0.45"]),
        ("incidence_moved", ["0", "0.1", "0.25", "0.25"]),
    ],
)
def test_the_curves(measure, values):
    found = figures(DRAWN, Fraction(1, 1024))
    times = ("90", "180", "270", "360")
    assert [found[measure, time].value for time in times] == [Decimal(value) for value in values]
    assert [found["at_risk", time].value for time in ("0", *times)] == [10_000, 8_000, 4_000, 3_000, 1_000]


def test_without_noise_the_variance_is_greenwoods():
    table = life_table(DRAWN.reshape(3, 5).astype(float), 0.0)
    greenwood = 0.3**2 * (2 / 80 + 2 / 48 + 1 / 12 + 1 / 6) / 1_000
    assert table.survival.sampling[-1] == pytest.approx(greenwood)
    assert table.survival.noise[-1] == 0
    # everybody's figures are shares of all, so that deaths, moves and survival vary as one minus the other two
    assert table.incidence[0].sampling[0] == pytest.approx(0.2 * 0.8 / 10_000)


def test_slopes_are_those_of_the_curves_themselves():
    counts = DRAWN.reshape(3, 5).astype(float)
    table, moved = life_table(counts, 1.0), 0.0
    curves = [table.survival, *table.incidence]
    for place in np.ndindex(counts.shape):
        near = counts.copy()
        near[place] += 0.01
        again = life_table(near, 1.0)
        changes = [
            (b.values - a.values) / 0.01 for a, b in zip(curves, [again.survival, *again.incidence], strict=True)
        ]
        moved = moved + np.array(changes) ** 2
    assert np.array([curve.noise for curve in curves]) == pytest.approx(moved, rel=1e-3)


def test_figures_end_where_nobody_may_be_at_risk():
    found = figures(DRAWN, Fraction(700))
    assert found["survival", "90"].value is not None
    assert (found["survival", "360"].value, found["survival", "360"].too_noisy) == (None, True)
    assert found["at_risk", "360"].too_noisy


def test_curves_fall_and_rise_whatever_the_noise():
    chance = np.random.default_rng(3)
    for _ in range(50):
        noisy = np.round(DRAWN + chance.normal(0, 300, DRAWN.shape)).astype(np.int64)
        found = figures(noisy, Fraction(300))
        for measure, way in (("survival", -1), ("incidence_died", 1), ("at_risk", -1)):
            series = [each.value for (name, _), each in found.items() if name == measure and each.value is not None]
            assert series == sorted(series, reverse=way < 0)
            assert all(0 <= value <= (1 if way > 0 or measure == "survival" else 10**6) for value in series)


def test_order_is_restored_by_means_of_neighbours():
    assert falling(np.array([0.9, 0.7, 0.8, 0.5, 0.6, 0.7])).tolist() == pytest.approx([0.9, 0.75, 0.75, 0.6, 0.6, 0.6])


def test_without_noise_the_interval_is_wilsons():
    found = interval(0.3, 0.3 * 0.7 / 100, 0.0, (10, 1_000), 1.96)
    assert found == pytest.approx((0.2189, 0.3958), abs=1e-4)
    assert interval(1.3, 0.0, 1e-6, (50, 50), 1.96) is None
