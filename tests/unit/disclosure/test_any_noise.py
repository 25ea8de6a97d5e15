"""Whatever numbers come out of the noise, every statistic answers: finite figures in order, or none and a mark."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.mechanisms import floor_scale
from disclosure.statistics.registry import REGISTRY
from tests.factories.statistics import single

NUMBERS = st.integers(-(2**40), 2**40) | st.integers(-60, 60) | st.integers(-3_000, 3_000)


@pytest.mark.parametrize("kind", sorted(REGISTRY))
@settings(deadline=None, max_examples=60)
@given(data=st.data(), times=st.sampled_from([Fraction(1, 4096), Fraction(1), Fraction(50)]))
def test_any_noisy_numbers_are_answered(kind, data, times):
    statistic = single(kind)
    cells = statistic.plan.shape[0]
    size = statistic.coordinates
    drawn = data.draw(st.lists(NUMBERS, min_size=size, max_size=size))
    scale = floor_scale(10) * statistic.contribution.largest * times
    rows = statistic.rows(np.tile(np.array(drawn, dtype=np.int64), (cells, 1)), scale)
    assert [len(row) for row in rows] == [len(statistic.entries())] * cells
    for estimate in rows[0]:
        figures = [estimate.low, estimate.value, estimate.high]
        assert all(figure is None or math.isfinite(figure) for figure in figures)
        if estimate.low is None:
            assert estimate.high is None
            assert estimate.too_noisy
        else:
            assert estimate.low <= estimate.high
            assert estimate.value is not None
    numbers = [number for estimate in rows[0] for number in estimate.drawn]
    if kind == "codes":  # 0 stands for what is not released
        drawn = [number for number in drawn if number]
        size = len(drawn)
    assert len(numbers) in (size, size * len(rows[0]))
    assert set(numbers) == set(drawn)


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_the_width_before_the_draw_is_finite_and_says_what_it_assumes(kind):
    statistic = single(kind)
    scale = floor_scale(10) * statistic.contribution.largest
    few, many = (statistic.expected(scale, population) for population in (1, 10**7))
    assert few.half_width.is_finite()
    assert 0 < many.half_width <= few.half_width
    assert (few.assumes is None) == (few.half_width == many.half_width)
