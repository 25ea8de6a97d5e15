"""Odds ratios from a noisy table of groups: maximum likelihood of a logistic model, with what noise does to it.

The table is (2, groups of the first covariate, of the second …): people without and with the outcome. The equations of
maximum likelihood, Σ x · (with − (with + without) · p(x)) = 0, are linear in the counts, so that noise does not pull
them to a side, and counts below zero stay as they are. Noise moves the coefficients by H⁻¹ Σ x · (noise with · (1 − p)
− noise without · p), to first order; sampling varies them by H⁻¹.

A group with too few people with or without the outcome to tell them from noise is set aside together with its people.
Groups just above that limit are often there because noise raised them: their noise counts as larger, up to WIDER times
at the limit and as it is from FREE deviations on.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
STEPS = 60
LONGEST = 4.0
EXACT = 1e-9
BLUR = 0.25
WIDER, FREE = 2.5, 8.0
BOTH = np.array([True, True])  # without and with the outcome


class Odds(NamedTuple):
    """Logarithms of odds and their variances: at the references, and ratios by covariate and group; None: no figure."""

    baseline: tuple[float, float] | None
    ratios: list[list[tuple[float, float] | None]]


def kept_groups(table: Floats, scale: float, sure: float) -> list[Flags]:
    """For each covariate which groups have more than `sure` deviations of noise of people with, and without."""
    kept = [np.ones(size, dtype=np.bool_) for size in table.shape[1:]]
    while True:
        inside = table[np.ix_(BOTH, *kept)]
        found = [_sure(inside, axis, scale * sure) for axis in range(1, table.ndim)]
        if all(each.all() for each in found) or not inside.size:
            return kept
        for flags, each in zip(kept, found, strict=True):
            flags[np.flatnonzero(flags)] &= each


def _sure(table: Floats, axis: int, least: float) -> Flags:
    """Which groups of one covariate have so many with and without the outcome that noise is not all there is."""
    found: Flags = _deviations(table, axis) > least
    return found


def _deviations(table: Floats, axis: int) -> Floats:
    """For each group of one covariate the fewer of its people with and without the outcome, in their unit noise."""
    others = tuple(other for other in range(1, table.ndim) if other != axis)
    added = max(1.0, table.size / 2 / max(1, table.shape[axis]))  # none where all groups of another one are set aside
    found: Floats = table.sum(axis=others).min(axis=0) / math.sqrt(added)
    return found


def _raised(table: Floats, scale: float, sure: float) -> Floats:
    """(combinations of groups): how many times its noise a count is taken to have, for the group nearest the limit."""
    wide = np.ones(table.shape[1:])
    if not scale:  # exact counts have no noise to be taken wider
        return wide.ravel()
    for axis in range(1, table.ndim):
        above = (_deviations(table, axis) / scale - sure) / (FREE - sure)
        shape = [-1 if place == axis else 1 for place in range(1, table.ndim)]
        wide = np.maximum(wide, (1 + (WIDER - 1) * np.clip(1 - above, 0, 1)).reshape(shape))
    return wide.ravel()


def odds_of(table: Floats, scale: float, sure: float) -> Odds:
    """The model of the groups that are kept. The first group of each covariate is its reference."""
    kept = kept_groups(table, scale, sure)
    none: list[list[tuple[float, float] | None]] = [[None] * (size - 1) for size in table.shape[1:]]
    if not all(flags.any() for flags in kept):
        return Odds(None, none)
    inside = table[np.ix_(BOTH, *kept)]
    raised = _raised(inside, scale, sure)
    found = _fitted(_design(inside.shape[1:]), inside.reshape(2, -1), scale, raised)
    if found is None:
        return Odds(None, none)
    values, variances = found
    place = 1
    for ratios, flags in zip(none, kept, strict=True):
        groups = np.flatnonzero(flags)
        for group in groups[1:].tolist():
            if flags[0]:
                ratios[group - 1] = float(values[place]), float(variances[place])
            place += 1
    baseline = (float(values[0]), float(variances[0])) if all(flags[0] for flags in kept) else None
    return Odds(baseline, none)


def _design(sizes: tuple[int, ...]) -> Floats:
    """One row per combination of groups: 1, then for each covariate an indicator of each group but the first."""
    places = np.indices(sizes).reshape(len(sizes), -1)
    columns = [np.ones(places.shape[1])]
    for place, size in zip(places, sizes, strict=True):
        columns += [(place == group).astype(np.float64) for group in range(1, size)]
    return np.stack(columns, axis=1)


def _fitted(design: Floats, counts: Floats, scale: float, raised: Floats) -> tuple[Floats, Floats] | None:
    """Coefficients and variances by Newton's method; None where it does not end, or noise blurs the curvature.

    `raised` says how many times `scale` the noise of each combination of groups is taken to be.
    """
    without, with_ = counts
    people = without + with_
    found = np.zeros(design.shape[1])
    found[0] = math.log(with_.sum() / without.sum())
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        curvature = (design * (people * chance * (1 - chance))[:, np.newaxis]).T @ design
        if np.linalg.eigvalsh(curvature)[0] <= EXACT:
            return None
        inverse: Floats = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
        step = inverse @ (design.T @ (with_ - people * chance))
        length = float(np.abs(step).max())
        found = found + step * min(1.0, LONGEST / max(length, EXACT))
        if length < EXACT and _blur(design, chance * (1 - chance), inverse, scale) > BLUR:
            return None
        if length < EXACT:
            weight = raised**2 * ((1 - chance) ** 2 + chance**2)
            blurred = (design * weight[:, np.newaxis]).T @ design
            return found, np.diag(inverse + scale**2 * inverse @ blurred @ inverse)
    return None


def _blur(design: Floats, spread: Floats, inverse: Floats, scale: float) -> float:
    """How large the noise in the curvature Σ x·xᵀ · people · spread is beside it: √E‖H^(−½) noise H^(−½)‖²."""
    reach = ((design @ inverse) * design).sum(axis=1)
    return scale * math.sqrt(2 * float(((spread * reach) ** 2).sum()))
