"""Most common codes: how many people have each, for the codes that stand out; those hardly anybody has stay unnamed.

Counted are the codes that are found, not the whole vocabulary. A person counts once for each of at most `at_most`
different codes, which a secret key of the person chooses: k = at_most numbers change by 1, so L1 = L2² = k. Which codes
exist at all depends on persons too, so a code is named only when its noisy count is above a threshold; the chance δ₀
that a person's own codes pass it is charged beside ρ (see `thresholds`).

The codes of the catalogue are public, and for a short vocabulary `periods` could count every one of them without δ₀.
The threshold is for long ones: what is drawn and read grows with what is there, not with a vocabulary of thousands,
and a list of codes that nobody has is not released as a page of noise. Codes without a published name are never named.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from disclosure.engines.event_plan import CodePlan
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import Contribution, Entries, Entry, Estimate, Expected, Integers, additive, half_width
from disclosure.statistics.columns import Columns
from disclosure.statistics.event_rows import EventRows, bound_rows, described
from disclosure.terms import Terms
from disclosure.thresholds import delta0, least_threshold
from workspaces.catalogue.columns import Type
from workspaces.catalogue.errors import Invalid

COVERS = (
    "At least 95 % of such intervals, drawn for every code, hold the exact figure, each person counted for no more "
    "codes: what the noise alone can do. Of figures just above the threshold fewer do, because only those that the "
    "noise raised are listed."
)
UNNAMED = Estimate(None, None, None, too_noisy=True, drawn=())


@dataclass(frozen=True)
class Codes:
    """People per code, above a threshold. `most_delta0_e15` is what the threshold may cost."""

    plan: CodePlan
    found: EventRows
    most_delta0_e15: int
    kind: ClassVar[str] = "codes"
    covers: ClassVar[str] = COVERS

    @classmethod
    def asked(cls, asked: Asked, columns: Columns, terms: Terms) -> "Codes":
        """From a checked statistic of a request. Raises Invalid (request: split, needs_delta0)."""
        found = bound_rows(asked, columns, terms)
        if found.split is None or found.split.type is not Type.INTEGER:
            raise Invalid(
                "request:split",
                f"Statistic {asked.name} lists codes of a column that does not hold codes.",
                "Name a concept column of the events.",
            )
        if terms.threshold_delta0_e15 < 1:
            raise Invalid(
                "request:needs_delta0",
                f"Statistic {asked.name} names codes that are not known beforehand, for which the grant sets no delta "
                "aside.",
                "Count events split by the code instead (periods), or ask for an amendment.",
            )
        plan = CodePlan(asked.name, found.rows, found.of_person, found.at_most, found.split)
        return cls(plan, found, terms.threshold_delta0_e15)

    @property
    def contribution(self) -> Contribution:
        """As many codes as one person can touch, each by 1."""
        return self.found.contribution

    @property
    def coordinates(self) -> int:
        """Numbers drawn at most: one for each code of the vocabulary."""
        return self.plan.shape[1]

    def threshold(self, scale: Fraction) -> int:
        """Counts above it are released."""
        return least_threshold(scale, self.found.touched, self.most_delta0_e15)

    def delta0_e15(self, scale: Fraction) -> int:
        """What the threshold costs, at most what it may."""
        return delta0(scale, self.threshold(scale), self.found.touched)

    def vector(self, exact: Integers) -> Integers:
        """The people of each code found, in the order found."""
        return exact[:, 2]

    def placed(self, exact: Integers, noisy: Integers) -> Integers:
        """What was drawn for the codes found, by cell and code of the vocabulary; 0 where nothing is released.

        A released count is above the threshold, so never 0: what is not found looks like what is withheld.
        """
        order = {int(code): place for place, code in enumerate(self.plan.vocabulary.values)}
        table = np.zeros(self.plan.shape, dtype=np.int64)
        table[exact[:, 0], [order[code] for code in exact[:, 1].tolist()]] = noisy
        return table

    def expected(self, scale: Fraction, population: int) -> Expected:  # noqa: ARG002
        """Exact: the noise does not depend on how many people there are."""
        return Expected(Decimal(half_width(scale)), None)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Noisy counts of the codes that are named."""
        half = half_width(scale)
        return [[additive(number, half) if number else UNNAMED for number in cell] for cell in noisy.tolist()]

    def entries(self) -> Entries:
        """One estimate per code of the vocabulary."""
        name, vocabulary = self.plan.code.name, self.plan.vocabulary
        named = zip(vocabulary.values, vocabulary.labels, strict=True)
        return tuple((Entry(name, str(value), label),) for value, label in named)

    def about(self) -> dict[str, Any]:
        """The events and how one person counts."""
        most = self.found.touched
        often = "once" if most == 1 else f"for {most} of them"
        return {
            "meaning": "Number of people with each of the most common codes, the most common first; codes that fewer "
            f"people have are not named. A person counts {often} at most: who has more codes counts {often}, chosen "
            "blindly.",
            "unit": "people",
            "within": [self.plan.code.name],
            **described(self.found),
        }
