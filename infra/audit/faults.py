"""Faults planted on purpose. An audit that does not catch each of them proves nothing by finding none.

Each is a way in which a draw that looks right was, or could be, wrong. Those of the noise are planted between the
exact numbers and the noise call; those of build and view are planted in the snapshot or in the canonical query.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import numpy as np

from disclosure import clearance
from disclosure.accounting import MICRO
from disclosure.noise import LAPLACE, Exact, Integers, add_noise
from disclosure.person_view.prove import View
from disclosure.person_view.prove import prove as proven
from disclosure.person_view.schema import ProvenView, Schema
from disclosure.requests import parse_request
from disclosure.statistics.selection import Selection
from infra.audit import cases, seam
from infra.audit.falsify import Numbers, Verdict, lower, verdicts
from infra.audit.records import SAMPLE_KEY, Build, Keys, Person
from infra.audit.seam import Claim
from infra.audit.search import FIRST_NUMBER, Neighbours, Place, one_by_one, pair_in, shares
from workspaces.numbers import keyed

SMALL_GROUP = 4


@dataclass(frozen=True)
class Caught:
    """What was planted, whether it was caught, and by which figure."""

    fault: str
    caught: bool
    figure: str


def halved(pair: Neighbours) -> Neighbours:
    """Noise for half the sensitivity: as if the statistic had claimed half of what one person can change."""

    def quieter(part: Exact) -> Exact:
        return replace(part, scale=part.scale / 2, micro_rho=4 * part.micro_rho + 1)

    return replace(
        pair, with_=tuple(quieter(part) for part in pair.with_), without=tuple(quieter(part) for part in pair.without)
    )


def averaged(parts: Sequence[Exact]) -> list[Numbers]:
    """A second draw for the price of one, and the two averaged."""
    return [(first + second) / 2 for first, second in zip(add_noise(parts), add_noise(parts), strict=True)]


def keys_from_data(pair: Neighbours) -> Neighbours:
    """Only cells that somebody is in are released: the list of keys is learnt from the records."""

    def present(part: Exact) -> Exact:
        return replace(part, vector=part.vector[part.vector != 0])

    return replace(
        pair, with_=tuple(present(part) for part in pair.with_), without=tuple(present(part) for part in pair.without)
    )


def sensitivity_halved(pair: Neighbours, claim: Claim, *, runs: int, wrong: float) -> Caught:
    """On a pair whose person changes all that they can."""
    return _refuted("sensitivity halved", verdicts(halved(pair), claim, runs=runs, wrong=wrong))


def second_draw(pair: Neighbours, claim: Claim, *, runs: int, wrong: float) -> Caught:
    """Two draws averaged: half the variance. It takes more runs to see than a sensitivity halved."""
    return _refuted("second draw averaged", verdicts(pair, claim, runs=runs, wrong=wrong, noisy=averaged))


def _refuted(fault: str, found: Sequence[Verdict]) -> Caught:
    most = max(found, key=lambda verdict: verdict.at_least - verdict.claimed)
    return Caught(fault, most.refuted, str(most))


def keys_learnt(place: Place, person: Person, *, wrong: float) -> Caught:
    """The first person of a cell: their key is released only because they are there."""
    alone = pair_in(place, person, ())
    claim = seam.claim(place.request, place.terms)
    return _refuted("keys from data", verdicts(keys_from_data(alone), claim, runs=1, wrong=wrong))


def tie_at_threshold(*, runs: int, wrong: float, let_through: bool) -> Caught:
    """A key of one person released when its noisy count is at the threshold, charged for those above it.

    OpenDP 0.16 does this (its issue 2922); `let_through` False is the cure, and must not be refuted.
    """
    scale, threshold = Fraction(1), 5
    part = Exact(np.ones(runs, dtype=np.int64), LAPLACE, 1, scale, MICRO)
    drawn = add_noise([part])[0]
    released = int((drawn >= threshold if let_through else drawn > threshold).sum())
    decay = np.exp(-1.0)
    claimed = float(decay**threshold / (1 + decay))  # P(1 + noise > threshold) of the discrete Laplace of scale 1
    found = lower(released, runs, wrong)
    return Caught("threshold tie", found > claimed, f"δ ≥ {found:.4f}, claimed {claimed:.4f}")


def ties(parts: Sequence[Exact]) -> list[Numbers]:
    """Keys whose noisy count is at the threshold are released with those above it."""
    return [
        np.where(drawn >= (part.threshold or 0), drawn, 0)
        for part, drawn in zip(parts, add_noise([replace(part, threshold=None) for part in parts]), strict=True)
    ]


def tie_released(pair: Neighbours, claim: Claim, *, runs: int, wrong: float) -> Caught:
    """On a person whose keys nobody else has."""
    return _refuted("threshold tie", verdicts(pair, claim, runs=runs, wrong=wrong, noisy=ties))


def numbered(_: np.ndarray[Any, Any], dense: np.ndarray[Any, Any]) -> Keys:
    """Sampling keys made of the dense number, which depends on who else is there."""
    return keyed(dense, SAMPLE_KEY)


def suppressing(people: Sequence[Person]) -> Sequence[Person]:
    """A build that drops diagnoses which fewer than SMALL_GROUP people have."""
    held = Counter(
        code
        for person in people
        for code in {row["condition_concept_id"] for row in person.rows["condition_occurrence"]}
    )
    return [
        replace(
            person,
            rows={
                **person.rows,
                "condition_occurrence": [
                    row
                    for row in person.rows["condition_occurrence"]
                    if held[row["condition_concept_id"]] >= SMALL_GROUP
                ],
            },
        )
        for person in people
    ]


def many_rows(people: int = 8, rows: int = 9) -> list[Person]:
    """People with more rows than the cap, several on one day, every value another; events in several months."""
    monday = date(2024, 1, 1)
    return [
        Person(
            FIRST_NUMBER + index,
            {
                "person": [{"sex": "female"}],
                "measurement": [
                    {
                        "measurement_concept_id": cases.BMI,
                        "measurement_date": monday + timedelta(days=7 * (row // 3)),
                        "value_as_number": 20 + (7 * index + 3 * row) % 31 / 10,
                    }
                    for row in range(rows)
                ],
                "condition_occurrence": [
                    {"condition_concept_id": cases.HYPERTENSION, "condition_start_date": date(2024, 1 + month, 1)}
                    for month in sorted({(index + step) % 6 for step in (0, 1, 2, index % 3 + 2)})
                ],
                "drug_exposure": [],
            },
        )
        for index in range(people)
    ]


def torn() -> tuple[Person, list[Person]]:
    """Somebody at the upper end, and three people between whose two values the median is torn by them.

    Points below the median then become worse and those above it better, by Δ each: all that a choice allows for.
    """

    def measured(number: int, bmi: float) -> Person:
        row = {"measurement_concept_id": cases.BMI, "measurement_date": date(2024, 1, 1), "value_as_number": bmi}
        rows: dict[str, list[dict[str, Any]]] = {"person": [{"sex": "female"}], "measurement": [row]}
        return Person(FIRST_NUMBER + number, {**rows, "condition_occurrence": [], "drug_exposure": []})

    return measured(9, 23.0), [measured(number, bmi) for number, bmi in enumerate((20.0, 21.5, 21.5))]


def small_group() -> list[Person]:
    """Exactly as many people with a diagnosis as a suppressing build lets pass."""
    ill = {"condition_concept_id": cases.HYPERTENSION, "condition_start_date": date(2024, 1, 1)}
    return [
        Person(
            FIRST_NUMBER + index,
            {"person": [{"sex": "male"}], "condition_occurrence": [ill], "measurement": [], "drug_exposure": []},
        )
        for index in range(SMALL_GROUP)
    ]


def in_build() -> Iterator[Caught]:
    """Faults of the snapshot: sampling keyed on dense numbers, small groups dropped."""
    ranked, shared, dated = (cases.request_of(kind) for kind in ("quantiles", "proportion", "periods"))
    for fault, place, people in (
        ("bound keyed on dense numbers", Place(dated, cases.TERMS, Build(sampled=numbered)), many_rows()),
        ("cap keyed on dense numbers", Place(ranked, cases.TERMS, Build(sampled=numbered)), many_rows()),
        ("suppression in the build", Place(shared, cases.TERMS, Build(admitted=suppressing)), small_group()),
    ):
        yield _moved(fault, place, people)


def in_view() -> Caught:
    """A view whose canonical query takes whichever of several rows is stored first."""
    unkeyed = "SELECT person_id, CAST(first(value_as_number) * 10 AS BIGINT) AS bmi FROM measurement GROUP BY person_id"
    asked = parse_request(
        {
            "title": "Audit",
            "view": {
                "form": {"columns": [column for column in cases.VIEW["form"]["columns"] if column["name"] == "bmi"]}
            },
            "statistics": [{**(cases.asked("quantiles") or {}), "by": []}],
            "epsilon": "1",
        }
    )

    def prove(view: View, schema: Schema) -> ProvenView:
        return replace(proven(view, schema), sql=unkeyed)

    with patch.object(clearance, "prove", prove):
        place = Place(asked, replace(cases.TERMS, rows_per_person=9))
        return _moved("unkeyed tie-break", place, many_rows())


def in_choice() -> Caught:
    """Points that nobody is at are left out of the choice: the list of points is learnt from the records."""
    whole = Selection.vector

    def somebodys(statistic: Selection, exact: Integers) -> Integers:
        return np.where(np.tile(exact == 0, len(statistic.shares)), -(10**6), whole(statistic, exact))

    person, others = torn()
    with patch.object(Selection, "vector", somebodys):
        place = Place(cases.request_of("selection"), cases.TERMS)
        return _moved("points from data", place, [person, *others])


def _moved(fault: str, place: Place, people: Sequence[Person]) -> Caught:
    """Everybody left out in turn: does anybody move more than is claimed?"""
    claimed = seam.claim(place.request, place.terms).contributions
    most = max(shares(one_by_one(place, people), claimed).values())
    return Caught(fault, most > 1, f"{float(most):.1f} times what is claimed")


def healthy() -> Mapping[str, Fraction]:
    """The same people without a fault: nothing may move more than is claimed."""
    found = {}
    for name, kind, people in (
        ("many rows", "quantiles", many_rows()),
        ("many cells", "periods", many_rows()),
        ("small group", "proportion", small_group()),
        ("torn median", "selection", [torn()[0], *torn()[1]]),
    ):
        place = Place(cases.request_of(kind), cases.TERMS)
        claimed = seam.claim(place.request, place.terms).contributions
        found[name] = max(shares(one_by_one(place, people), claimed).values())
    return found
