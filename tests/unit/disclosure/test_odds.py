"""Odds ratios from a table: groups set aside until none is left, and noise counted wider just above the limit."""

import numpy as np
import pytest

from disclosure.statistics.odds import FREE, WIDER, odds_of

SURE = 4.0


def table(smallest):
    """Two groups beside two: one with so many with and without the outcome."""
    made = np.full((2, 2, 2), 300.0)
    made[:, 1, :] = smallest / 2
    return made


@pytest.mark.parametrize("counts", [[[[5.0], [0]], [[0.0], [4]]], [[[30.0], [30]], [[0.0], [0]]], [[[0.0]], [[0.0]]]])
def test_a_table_of_which_every_group_is_set_aside_has_no_figure(counts):
    found = odds_of(np.array(counts), 0.5, SURE)
    assert found.baseline is None
    assert not [each for ratios in found.ratios for each in ratios if each]


def test_noise_is_counted_wider_the_nearer_to_the_limit():
    unit = np.sqrt(2) * 10  # deviation of a group's count at scale 10: two numbers are added
    near, far = table(SURE * unit * 1.001), table(FREE * unit * 1.001)

    def noise(counts):
        (_, variance), (_, quiet) = (odds_of(counts, scale, SURE).ratios[0][0] for scale in (10, 1e-3))
        return (variance - quiet) * counts[0, 1].sum() ** 2

    assert noise(near) / noise(far) == pytest.approx(WIDER**2, rel=0.25)
