"""Logistic regression of a flag on groups: odds ratios, from a noisy table of everything named.

Drawn are the people of each cell by outcome and every combination of the covariates' groups: one person is in one of
these counts and changes it by 1, L1 = L2² = 1. The table says all that a model of groups needs; odds ratios are worked
out from it (see `odds`). Intervals hold sampling and noise together. Groups in which noise hides who has the outcome,
or who has not, are set aside together with their people, and have no figure.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from disclosure.bounds import text_of_key
from disclosure.engines.plan import CellPlan, CountAll
from disclosure.explain import CONFIDENCE, GAUSSIAN, quantile
from disclosure.person_view.schema import ViewColumn
from disclosure.requests import Statistic as Asked
from disclosure.statistics.base import (
    Contribution,
    Entries,
    Entry,
    Estimate,
    Expected,
    Integers,
    decimal,
    deviation,
    nothing,
    people_per_cell,
)
from disclosure.statistics.columns import Columns, keys, measured
from disclosure.statistics.comparison import WIDEST_RATIO
from disclosure.statistics.odds import odds_of
from workspaces.catalogue.columns import BOOLEAN_DOMAIN, Domain

DIGITS = 5
SURE = 4.0
FARTHEST = math.log(10**6)
COVERS = (
    "In about 95 % of draws such an interval holds the figure of a population that these people are a sample of, "
    "if the model holds, or none is given: sampling and noise together. Not errors in records, and not what the "
    "covariates leave out."
)


@dataclass(frozen=True)
class Logistic:
    """Odds where every covariate has its reference, and the odds ratio of each other group."""

    plan: CellPlan
    mechanism: str = GAUSSIAN
    kind: ClassVar[str] = "logistic"
    covers: ClassVar[str] = COVERS
    contribution: ClassVar[Contribution] = Contribution(l1=1, l2_squared=1, largest=1)

    @classmethod
    def asked(cls, asked: Asked, columns: Columns) -> "Logistic":
        """From a checked statistic of a request. Groups stand in the domain's order, but the reference first."""
        outcome = replace(measured(asked, columns), domain=BOOLEAN_DOMAIN)
        covariates = tuple(_referred(columns[each.of], each.reference) for each in asked.on or ())
        return cls(CellPlan(asked.name, keys(asked, columns), (CountAll(),), within=(outcome, *covariates)))

    @property
    def covariates(self) -> tuple[tuple[ViewColumn, Domain], ...]:
        """The covariates with their groups, the reference first."""
        return self.plan.keys[len(self.plan.by) + 1 :]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many groups each covariate has."""
        return tuple(len(domain.values) for _, domain in self.covariates)

    @property
    def coordinates(self) -> int:
        """Two counts for each combination of groups."""
        return self.plan.inner

    def vector(self, exact: Integers) -> Integers:
        """The counts of each cell."""
        return exact

    def expected(self, scale: Fraction, population: int) -> Expected:
        """Of the first covariate's odds ratio where it is 1, from noise alone, for a public number of people."""
        people, groups = people_per_cell(self.plan, population), self.sizes[0]
        added = math.prod(self.sizes) / groups
        blurred = deviation(scale, self.mechanism) * math.sqrt(4 * added) * 2 * groups / people
        width = min(float(WIDEST_RATIO), math.expm1(min(FARTHEST, quantile(CONFIDENCE) * blurred)))
        words = f"assuming about {people:,} people in each cell, spread evenly over all groups, half with the outcome; "
        words += f"that is the odds ratio of {self.covariates[0][0].name}'s where it is 1"
        return Expected(decimal(width, DIGITS, ROUND_CEILING), words)

    def rows(self, noisy: Integers, scale: Fraction) -> list[list[Estimate]]:
        """Odds and odds ratios of each cell; no value for groups set aside."""
        found = []
        for cell in noisy:
            odds = odds_of(cell.reshape(2, *self.sizes).astype(np.float64), deviation(scale, self.mechanism), SURE)
            estimates = [
                _estimate(each) for each in (odds.baseline, *(one for ratios in odds.ratios for one in ratios))
            ]
            found.append([estimates[0]._replace(drawn=tuple(cell.tolist())), *estimates[1:]])
        return found

    def entries(self) -> Entries:
        """The baseline, then each group but the reference."""
        return tuple((entry,) for entry in self._terms())

    def _terms(self) -> Iterator[Entry]:
        references = ", ".join(f"{column.name} {domain.labels[0]}" for column, domain in self.covariates)
        yield Entry("term", "odds", f"Odds at {references}")
        for column, domain in self.covariates:
            for value, label in list(zip(domain.values, domain.labels, strict=True))[1:]:
                text = f"{column.name} {label} to {domain.labels[0]}"
                yield Entry("term", f"{column.name}={text_of_key(value)}", text)

    def about(self) -> dict[str, Any]:
        """Outcome and covariates with their groups."""
        outcome = self.plan.within[0].name
        names = ", ".join(column.name for column, _ in self.covariates)
        return {
            "meaning": f"Odds ratios of {outcome} by {names} together (logistic regression without interactions), over "
            "people for whom all are known. Groups too small beside the noise are set aside with their people.",
            "unit": "ratio",
            "of": outcome,
            "on": [
                {"of": column.name, "groups": [text_of_key(value) for value in domain.values]}
                for column, domain in self.covariates
            ],
            "within": ["term"],
            "sampling": True,
        }


def _referred(column: ViewColumn, reference: str | None) -> ViewColumn:
    """The column with its reference moved to the front of its domain."""
    if column.domain is None:
        raise ValueError("a covariate has public values")
    pairs = list(zip(column.domain.values, column.domain.labels, strict=True))
    first = reference if reference is not None else text_of_key(pairs[0][0])
    pairs.sort(key=lambda pair: text_of_key(pair[0]) != first)
    return replace(column, domain=Domain(tuple(value for value, _ in pairs), tuple(label for _, label in pairs)))


def _estimate(found: tuple[float, float] | None) -> Estimate:
    """A ratio from its logarithm; too noisy when its interval spans more than sixteenfold, none without an end."""
    if found is None:
        return nothing(())
    middle, half = found[0], quantile(CONFIDENCE) * math.sqrt(found[1])
    if abs(middle) + half > FARTHEST:
        return nothing(())
    value, low, high = (math.exp(middle + sign * half) for sign in (0, -1, 1))
    ends = decimal(low, DIGITS, ROUND_FLOOR), decimal(high, DIGITS, ROUND_CEILING)
    return Estimate(decimal(value, DIGITS), *ends, high > WIDEST_RATIO * low, ())
