"""Nested ranges: the leaves that are not negative are those nearest to the noisy ranges, and tell quantiles better."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import nnls

from disclosure.explain import GAUSSIAN, LAPLACE
from disclosure.statistics import tree


def noisy_of(leaves, mechanism, *, people=200, cells=12):
    """Noisy ranges of cells with people spread over the leaves, and the people."""
    chance = np.random.default_rng(leaves)
    exact = chance.multinomial(people, np.ones(leaves) / leaves, size=cells)
    counted = tree.counted(exact, mechanism)
    return counted + np.rint(chance.normal(0, 8, counted.shape)).astype(np.int64), exact


def design(leaves, mechanism):
    return tree.counted(np.eye(leaves, dtype=np.int64), mechanism).T.astype(float)


@pytest.mark.parametrize(("leaves", "mechanism"), [(91, LAPLACE), (91, GAUSSIAN), (20, LAPLACE), (130, GAUSSIAN)])
def test_settled_leaves_are_the_nearest_that_are_not_negative(leaves, mechanism):
    noisy, _ = noisy_of(leaves, mechanism)
    start = noisy @ tree.fit(leaves, mechanism).leaves.T
    assert (start < 0).any()
    found = tree.settled(noisy, start, mechanism)
    nearest = np.array([nnls(design(leaves, mechanism), row)[0] for row in noisy.astype(float)])
    assert found.min() >= 0
    assert np.abs(found.cumsum(axis=1) - nearest.cumsum(axis=1)).max() < 0.1  # people


def test_leaves_that_are_not_negative_anyhow_stay_as_they_are():
    noisy, _ = noisy_of(13, LAPLACE, people=50_000)
    start = noisy @ tree.fit(13, LAPLACE).leaves.T
    assert np.array_equal(tree.settled(noisy, start, LAPLACE), start)


def test_they_tell_a_quantile_of_few_people_better():
    noisy, exact = noisy_of(91, LAPLACE, cells=150)
    fitted = tree.fit(91, LAPLACE)
    start = noisy @ fitted.leaves.T
    settled = tree.settled(noisy, start, LAPLACE).cumsum(axis=1)
    true = np.argmax(exact.cumsum(axis=1) >= 0.25 * 200, axis=1)
    ordered = (fitted.running(noisy, 0.25)[0] < 0).sum(axis=1)
    better = (settled < 0.25 * settled[:, -1:]).sum(axis=1)
    assert np.abs(better - true).mean() < 0.9 * np.abs(ordered - true).mean()


@pytest.mark.parametrize("leaves", [5, 24, 25, 91, 400])
def test_levels_are_made_of_whole_ranges(leaves):
    for mechanism in (GAUSSIAN, LAPLACE):
        widths = tree.sizes(leaves, mechanism)
        assert widths[0] == 1
        assert all(wide % narrow == 0 for narrow, wide in pairwise(widths))
        assert design(leaves, mechanism).shape == (tree.nodes(leaves, mechanism), leaves)
        assert (design(leaves, mechanism).sum(axis=0) == len(widths)).all()
