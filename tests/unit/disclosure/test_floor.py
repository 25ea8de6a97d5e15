"""At the noise floor no combination of a cell's drawn numbers tells a count of people better than ±10 (P8)."""

import pytest

from disclosure.mechanisms import floor_scale
from disclosure.statistics.registry import REGISTRY
from tests.factories.statistics import single


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_numbers_that_tell_of_one_count_together_stay_above_the_floor(kind):
    """Where all people have the same values, each adds the same vector, at most L2 long, to the drawn numbers."""
    statistic = single(kind)
    scale = float(floor_scale(10) * statistic.contribution.largest)
    assert 1.96 * scale / statistic.contribution.l2_squared**0.5 >= 10
