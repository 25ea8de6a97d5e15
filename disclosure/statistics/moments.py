"""Sums of products of several columns, as one bounded integer vector: what a linear regression is worked out from.

With v = (1, covariates, outcome) of a person, numbers in steps of their grids less the centre (|v| ≤ R) and flags as
−1 and 1 (R = 1), the vector of a cell holds Σ vᵢvⱼ for i < j, the number of people, and for each number Σ (vᵢ² − R²/2),
which lies within ±R²/2: half as large as Σ vᵢ², which it gives back together with the number of people. The square of a
flag is 1. Each is multiplied by a whole number w so that one person changes every product by about the same, C = 8 ·
the largest RᵢRⱼ. All terms are largest where every |vᵢ| = Rᵢ, so L2² = Σ (w · RᵢRⱼ)² + w₀₀² + Σ (w · (R² − ⌊R²/2⌋))².
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from disclosure.bounds import bound_units, grid_of
from disclosure.engines.plan import Product, Sum
from disclosure.person_view.schema import ViewColumn
from disclosure.statistics.base import Contribution, Integers, told_together
from workspaces.catalogue.columns import Type

Floats = NDArray[np.float64]
FINENESS = 8
EXACT = 1e-9
WIDEST = 2**15  # steps from the centre: totals of so many people as there can be stay below 2**63


@dataclass(frozen=True)
class Term:
    """One column: a number clamped to bounds in steps of its grid, or a flag (0 to 1, no step)."""

    column: str
    lower: int
    upper: int
    step: Fraction
    unit: str
    flag: bool

    @classmethod
    def of(cls, column: ViewColumn, lower: Decimal | None, upper: Decimal | None) -> "Term":
        """The column with its bounds, of which a flag has none."""
        if column.type is Type.BOOLEAN or lower is None or upper is None:
            return cls(column.name, 0, 1, Fraction(1), "1", flag=True)
        low, high = bound_units(column, lower), bound_units(column, upper)
        grid = grid_of(column)
        return cls(column.name, low, high, grid.step, grid.unit, flag=False)

    @property
    def centre(self) -> int:
        """What is taken off before multiplying, in steps; a flag is centred afterwards."""
        return 0 if self.flag else (self.lower + self.upper) // 2

    @property
    def radius(self) -> int:
        """The largest absolute value of v."""
        return 1 if self.flag else max(self.upper - self.centre, self.centre - self.lower)

    @property
    def factor(self) -> Sum:
        """What an engine multiplies."""
        return Sum(self.column, self.lower, self.upper, self.centre)


class Sums(NamedTuple):
    """Noisy Σ uᵢuⱼ of one cell with u = v/R, and (number of coordinates) symmetric slopes: what each adds to them."""

    totals: Floats
    slopes: Floats


@dataclass(frozen=True)
class Moments:
    """The terms in order, the outcome last; index 0 stands for the constant 1."""

    terms: tuple[Term, ...]

    @property
    def size(self) -> int:
        """Rows of the matrix of sums."""
        return len(self.terms) + 1

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """What the engine adds up and what is drawn: products of two, and squares but of flags."""
        squares = [(i, i) for i in range(self.size) if i == 0 or not self.terms[i - 1].flag]
        return (*combinations(range(self.size), 2), *squares)

    @property
    def measures(self) -> tuple[Product, ...]:
        """Products of people for whom every column is known."""
        known = tuple(term.column for term in self.terms)
        return tuple(Product(tuple(self.terms[i - 1].factor for i in pair if i > 0), known) for pair in self.pairs)

    @cached_property
    def radii(self) -> tuple[int, ...]:
        """R of each row."""
        return (1, *(term.radius for term in self.terms))

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """w of each pair."""
        largest = max(self.radii[i] * self.radii[j] for i, j in self.pairs)
        return tuple(FINENESS * largest // (self.radii[i] * self.radii[j]) for i, j in self.pairs)

    @property
    def contribution(self) -> Contribution:
        """Of the module's derivation. The people with two flags are a quarter of four sums: see `told_together`."""
        most = [
            weight * (self.radii[i] * self.radii[j] - self._taken(i, j))
            for weight, (i, j) in zip(self.weights, self.pairs, strict=True)
        ]
        square = sum(each**2 for each in most)
        return Contribution(l1=sum(most), l2_squared=square, largest=told_together(square))

    def _taken(self, i: int, j: int) -> int:
        """What each person's product is lowered by: half the largest square of a number."""
        return self.radii[i] ** 2 // 2 if i == j > 0 else 0

    def vector(self, exact: Integers) -> Integers:
        """The engine's sums (cells, pairs), flags as 0 and 1, become the weighted numbers drawn."""
        matrices = np.zeros((len(exact), self.size, self.size), dtype=np.int64)
        for place, (i, j) in enumerate(self.pairs):
            matrices[:, i, j] = matrices[:, j, i] = exact[:, place]
        for i, term in enumerate(self.terms, start=1):
            if term.flag:
                matrices[:, i, i] = matrices[:, 0, i]
        signed = np.eye(self.size, dtype=np.int64)
        for i, term in enumerate(self.terms, start=1):
            if term.flag:
                signed[i, i], signed[i, 0] = 2, -1
        matrices = signed @ matrices @ signed.T
        drawn = [
            weight * (matrices[:, i, j] - self._taken(i, j) * matrices[:, 0, 0])
            for weight, (i, j) in zip(self.weights, self.pairs, strict=True)
        ]
        return np.stack(drawn, axis=1)

    @cached_property
    def slopes(self) -> Floats:
        """(coordinates, size, size): what one unit of each drawn number adds to Σ uᵢuⱼ."""
        return np.stack(list(self._slopes()))

    def _slopes(self) -> Iterator[Floats]:
        for weight, (i, j) in zip(self.weights, self.pairs, strict=True):
            slope = np.zeros((self.size, self.size))
            slope[i, j] = slope[j, i] = 1 / (weight * self.radii[i] * self.radii[j])
            if i == j == 0:
                shares = [
                    1.0 if k > 0 and self.terms[k - 1].flag else self._taken(k, k) / self.radii[k] ** 2
                    for k in range(self.size)
                ]
                slope += np.diag(shares) / weight
            yield slope

    def sums(self, drawn: Integers) -> Sums:
        """The noisy sums of one cell, in units of the radii."""
        return Sums(np.tensordot(drawn.astype(np.float64), self.slopes, axes=1), self.slopes)


class Fit(NamedTuple):
    """Least squares of the last row on the others, with covariances of sampling and of noise."""

    coefficients: Floats
    sampling: Floats
    noise: Floats


def least_squares(sums: Sums, scale: float, most: float) -> Fit | None:
    """Solves A θ = b; None where noise blurs A by more than `most`: √E‖A^(−½) E A^(−½)‖² with its noise E.

    Noise E in A and e in b moves θ by A⁻¹(e − E θ), to first order. Sampling is that of residuals spread equally.
    """
    inner, right, square = sums.totals[:-1, :-1], sums.totals[:-1, -1], float(sums.totals[-1, -1])
    if float(np.linalg.eigvalsh(inner)[0]) <= EXACT:
        return None
    inverse: Floats = np.asarray(np.linalg.inv(inner), dtype=np.float64)
    shaken = sums.slopes[:, :-1, :-1] @ inverse
    if scale * math.sqrt(float((shaken * shaken.transpose(0, 2, 1)).sum())) > most:
        return None
    found = inverse @ right
    moved = (sums.slopes[:, :-1, -1] - sums.slopes[:, :-1, :-1] @ found) @ inverse
    freedom = max(1.0, float(inner[0, 0]) - len(found))
    spread = max(0.0, square - float(found @ right)) / freedom
    sampling: Floats = np.float64(spread) * inverse
    return Fit(found, sampling, scale**2 * moved.T @ moved)
