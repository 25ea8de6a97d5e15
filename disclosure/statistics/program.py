"""Program: the mean or median, over disjoint blocks of people, of numbers that the author's own script returns (P12).

One person is in one block, so one person changes that block's answer and no other: each output by the whole of its
declared range at most, in PARTS of which answers are counted. A total over the blocks then moves by PARTS an output,
L2² = outputs · PARTS². How many blocks there are is public, so the mean is that total over a constant.

The median is chosen among the points of a grid by how near each is to the middle rank of the blocks. The rank is a
constant; a block that changes its answer moves the numbers of blocks below a point and up to it by 1 at most, so a
score moves by 1 (a `Selection` over people moves by less, since there the rank moves too).

A script can give 1 for a block with somebody in it and 0 otherwise, in every output at once: so the noise floor of a
count of people holds for the totals, over all outputs together.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import ceil, log
from typing import Any, ClassVar

import numpy as np

from disclosure.engines.block_plan import PARTS, BlockPlan
from disclosure.explain import CONFIDENCE, GAUSSIAN
from disclosure.program_requests import Output
from disclosure.program_requests import Program as Asking
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    Contribution,
    Entries,
    Entry,
    Estimate,
    Expected,
    Integers,
    Range,
    decimal,
    digits_of,
    exactly,
    half_width,
    told_together,
    within,
)
from disclosure.statistics.columns import Columns, text_of

HALVES = 2  # scores of a median are counted in half blocks
POINTS = 1_001  # of the grid that a median is chosen from
STRIDE = PARTS // (POINTS - 1)
UNIT = "% of the declared range"
COVERS = (
    "At least 95 % of such intervals hold the exact mean over the blocks: what the noise alone can do. Not sampling, "
    "and not how far the script's answers for blocks are from its answer for everybody."
)
CHOSEN = (
    "No interval is valid: how far a miss of some blocks moves the median depends on how far apart their answers are. "
    "At least 95 % of such values miss the middle rank by no more blocks than the meaning says: what the selection "
    "alone can do. Not sampling, and not how far answers for blocks are from the answer for everybody."
)


@dataclass(frozen=True)
class Program:
    """The mean of each output over the blocks."""

    plan: BlockPlan
    asked_for: Asking
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "program"
    covers: ClassVar[str] = COVERS

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Program":  # noqa: ARG003 - a script reads every column
        """From a checked statistic of a request."""
        if asked.program is None:
            raise ValueError("a program has a script")
        return cls(BlockPlan(asked.name, asked.program), asked.program)

    @property
    def method(self) -> str:
        """What `Selectable` asks: a mean is drawn from totals, a median by selection, and the request says which."""
        return "selection" if self.asked_for.aggregate == "median" else "counts"

    def selected(self) -> "Median":
        """The same blocks, for their median."""
        return Median(self.plan, self.asked_for)

    @property
    def coordinates(self) -> int:
        """One total for each output."""
        return len(self.asked_for.outputs)

    @property
    def contribution(self) -> Contribution:
        """One block's answer, from one end of every range to the other."""
        square = self.coordinates * PARTS**2
        return Contribution(l1=self.coordinates * PARTS, l2_squared=square, largest=told_together(square))

    def vector(self, exact: Integers) -> Integers:
        """(blocks, outputs) become totals."""
        totals: Integers = exact.sum(axis=0, keepdims=True)
        return totals

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Exact, in hundredths of each declared range: the noise does not depend on what scripts return."""
        share = 100 * half_width(scale, self.mechanism) / (PARTS * self.asked_for.blocks)
        return Expected(decimal(share, 2, ROUND_CEILING), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """A mean for each output."""
        half = half_width(scale, self.mechanism)
        return [
            [self._mean(total, half, output) for total, output in zip(cell, self.asked_for.outputs, strict=True)]
            for cell in noisy.tolist()
        ]

    def _mean(self, total: int, half: int, output: Output) -> Estimate:
        lower, span = Fraction(output.lower), Fraction(output.upper) - Fraction(output.lower)
        value, low, high = (
            float(lower + span * each / (PARTS * self.asked_for.blocks)) for each in (total, total - half, total + half)
        )
        possible = Range(lower, lower + span, _digits(output))
        return within(possible, value=value, low=low, high=high, drawn=(total,))

    def entries(self) -> Entries:
        """One estimate for each output."""
        return _entries(self.asked_for)

    def about(self) -> dict[str, Any]:
        """What ran, for how many blocks, within which bounds."""
        return described(self.asked_for, "Mean")


@dataclass(frozen=True)
class Median:
    """The median of each output over the blocks, without an interval. `scale` is in half blocks, known once priced."""

    plan: BlockPlan
    asked_for: Asking
    scale: Fraction = Fraction(0)
    kind: ClassVar[str] = "program"
    covers: ClassVar[str] = CHOSEN
    candidates: ClassVar[int] = POINTS

    @property
    def coordinates(self) -> int:
        """One place for each output."""
        return len(self.asked_for.outputs)

    @property
    def contribution(self) -> Contribution:
        """Every score of each output by one block at most."""
        scores = self.coordinates * POINTS
        return Contribution(
            l1=HALVES * scores, l2_squared=HALVES**2 * scores, largest=HALVES, scores=HALVES * self.coordinates
        )

    def at(self, scale: Fraction, population: int) -> "Median":  # noqa: ARG002 - blocks are what is counted
        """With the scale that it is chosen at."""
        return Median(self.plan, self.asked_for, scale)

    def vector(self, exact: Integers) -> Integers:
        """(blocks, outputs) become (1, outputs · POINTS) scores: less the half blocks from a point to the middle."""
        points = np.arange(POINTS) * STRIDE
        near = np.rint(exact / STRIDE).astype(np.int64) * STRIDE
        below, upto = ((near.T[:, :, None] < points).sum(axis=1), (near.T[:, :, None] <= points).sum(axis=1))
        rank = exact.shape[0]  # the middle one, in half blocks
        scores: Integers = np.minimum(0, np.minimum(rank - HALVES * below, HALVES * upto - rank)).astype(np.int64)
        return scores.reshape(1, -1)

    def missed(self, scale: Fraction) -> int:
        """Blocks by which 95 % of all outputs together miss the middle rank at most (see `ranks.reach`)."""
        chances = (POINTS - 1) * self.coordinates / (1 - CONFIDENCE)
        return ceil(float(scale) / HALVES * log(chances))

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """In hundredths of each range, for answers spread evenly over it; of answers that agree it is less."""
        share = min(100.0, 100 * self.missed(scale) / self.asked_for.blocks)
        return Expected(decimal(share, 2, ROUND_CEILING), "assuming answers spread evenly over the range; no interval")

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """The point chosen for each output; too noisy where the choice may miss by half the blocks."""
        loud = 2 * self.missed(scale) >= self.asked_for.blocks
        outputs = self.asked_for.outputs
        return [
            [Estimate(_point(place, output), None, None, loud, (place,)) for place, output in zip(*each, strict=True)]
            for each in ((cell, outputs) for cell in noisy.tolist())
        ]

    def entries(self) -> Entries:
        """One estimate for each output."""
        return _entries(self.asked_for)

    def about(self) -> dict[str, Any]:
        """What ran, and how many blocks a value may miss the middle by."""
        missed = self.missed(self.scale)
        told = described(self.asked_for, "Median")
        words = f"At least 95 % of such values miss the middle rank by {missed:,} blocks or fewer."
        return {**told, "candidates": POINTS, "parts": HALVES, "meaning": f"{told['meaning']} {words}"}


def described(program: Asking, what: str) -> dict[str, Any]:
    """Public parameters: the script's digest, blocks, bounds, what each block may use."""
    return {
        "meaning": f"{what} over {program.blocks:,} disjoint blocks of people of what the script returned for each; "
        "a block that gave no number counts with its default.",
        "unit": UNIT,
        "aggregate": program.aggregate,
        "blocks": program.blocks,
        "script_digest": program.digest,
        "block_limits": {"processor_seconds": program.seconds, "memory_mib": program.memory_mib},
        "within": ["measure"],
        "measures": [
            {
                "value": output.name,
                "label": output.name.replace("_", " ").capitalize(),
                "unit": f"from {_text(output.lower)} to {_text(output.upper)}",
                "lower": _text(output.lower),
                "upper": _text(output.upper),
                "default": _text(output.default),
            }
            for output in program.outputs
        ],
    }


def _entries(program: Asking) -> Entries:
    return tuple(
        (Entry("measure", output.name, output.name.replace("_", " ").capitalize()),) for output in program.outputs
    )


def _digits(output: Output) -> int:
    """Digits that show a hundredth of the range and a little more."""
    return digits_of((Fraction(output.upper) - Fraction(output.lower)) / 1_000)


def _point(place: int, output: Output) -> Decimal:
    span = Fraction(output.upper) - Fraction(output.lower)
    return exactly(Fraction(output.lower) + span * min(max(place, 0), POINTS - 1) / (POINTS - 1))


def _text(value: Decimal) -> str:
    return text_of(Fraction(value))
