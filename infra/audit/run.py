"""The whole audit, step by step: what was tried, whether it held, and the figure that says so."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import sqrt
from unittest.mock import patch

import numpy as np

from disclosure import noise
from disclosure.noise import CHOICE, Exact, Integers
from disclosure.release import draw
from disclosure.statistics.base import Contribution
from infra.audit import cases, faults, reconstruct, seam
from infra.audit.cases import Case
from infra.audit.falsify import Verdict, chance_of_one, verdicts
from infra.audit.people import alike
from infra.audit.programs import chambers
from infra.audit.search import Change, Neighbours, Place, change, pair_in, worst
from workspaces.catalogue.errors import Invalid

AT_ONCE = 20  # statistics of one request while the search goes on
CROWDED = 24  # people with the same rows, so that their keys are named


@dataclass(frozen=True)
class Size:
    """How much is tried: people in the search, draws of each side, the same for a planted fault, draws where more are
    needed, guesses.

    A fault is planted on whoever the search found. Where they use little of the claim (a rate: three quarters), it
    takes more draws to see half the noise every time than to look at a claim that is kept.
    """

    tries: int
    runs: int
    fault_runs: int
    many_runs: int
    guesses: int


SMALL = Size(tries=36, runs=1_500, fault_runs=8_000, many_runs=40_000, guesses=2_000)
FULL = Size(tries=600, runs=150_000, fault_runs=150_000, many_runs=200_000, guesses=60_000)


@dataclass(frozen=True)
class Outcome:
    """One thing that was tried. `figure` is for people."""

    part: str
    name: str
    holds: bool
    figure: str


def audit(size: Size = SMALL, seed: int = 1) -> Iterator[Outcome]:
    """Everything, in an order in which each step needs only those before it."""
    known = [case.kind for case in cases.cases()]
    yield Outcome("coverage", "registered statistics", not cases.missing(), _covered())
    wrong = chance_of_one(3 * len(cases.AUDITED) + 10)
    found: dict[str, Neighbours] = {}
    for start in range(0, len(known), AT_ONCE):
        kinds = known[start : start + AT_ONCE]
        pairs = search(kinds, size, seed)
        found |= dict(zip(kinds, pairs, strict=True))
        yield from changes(kinds, pairs)
        yield _refutable("loss, together", ", ".join(kinds), _together(kinds, pairs, size, wrong))
    for kind, pair in found.items():
        yield from _alone(kind, pair, size, wrong)
    yield from _planted(found["count"], size, wrong)
    yield from _guessed(found["count"], size)


def search(kinds: Sequence[str], size: Size, seed: int) -> list[Neighbours]:
    """For each statistic the person found that changes it most, all in one request."""
    request = cases.request_of(*kinds)
    place = Place(request, cases.TERMS)
    return worst(place, seam.claim(request, cases.TERMS).contributions, seed=seed, tries=size.tries)


def priced(kind: str) -> Iterator[Case]:
    """The statistic under the audit's terms and, where it is offered so, of pure ε."""
    request = cases.request_of(kind)
    yield Case(kind, request)
    pure = replace(cases.TERMS, delta_e15=0)
    with suppress(Invalid):
        seam.claim(request, pure)
        yield Case(kind, request, pure)


def _alone(kind: str, pair: Neighbours, size: Size, wrong: float) -> Iterator[Outcome]:
    """One statistic in a request of its own: its loss, the same with too little noise, and what is made of it."""
    for case in priced(kind):
        alone, claim = judged(case, pair)
        pure, runs, fault_runs = "" if case.terms.delta_e15 else " (pure ε)", size.runs, size.fault_runs
        if pure:  # other noise, other numbers: their claim is another one
            yield _changed(f"{kind}{pure}", alone.changes()[0], claim.contributions[0])
        if alone.with_[0].mechanism == CHOICE:  # the search looks for changes, of which few are losses here
            person, others = faults.torn()
            alone, _ = judged(case, replace(pair, person=person, others=tuple(others)))
        if any(part.threshold is not None for part in alone.with_):
            yield from _first_of_their_keys(case, alone, size, wrong)
            alone, _ = judged(case, replace(pair, others=tuple(alike(pair.person, CROWDED))))
            runs = fault_runs = size.many_runs
        found = verdicts(alone, claim, runs=runs, wrong=wrong)
        yield _refutable("loss", f"{kind}{pure}", found)
        if not pure:
            yield _fault(faults.sensitivity_halved(alone, claim, runs=fault_runs, wrong=wrong), f", {kind}")
    yield postprocessed(kind, pair)


def _first_of_their_keys(case: Case, pair: Neighbours, size: Size, wrong: float) -> Iterator[Outcome]:
    """Nobody else has the keys of this person, so that naming one says that they are there."""
    first, claim = judged(case, replace(pair, others=()))
    found = verdicts(first, claim, runs=size.many_runs, wrong=wrong)
    yield _refutable("loss", f"{case.kind}, keys of one person", found)
    yield _fault(faults.tie_released(first, claim, runs=size.many_runs, wrong=wrong), f", {case.kind}")


def judged(case: Case, pair: Neighbours) -> tuple[Neighbours, seam.Claim]:
    """The same people under this case, and what it claims."""
    alone = pair_in(Place(case.request, case.terms), pair.person, pair.others)
    return alone, seam.claim(case.request, case.terms)


def _together(kinds: Sequence[str], pairs: Sequence[Neighbours], size: Size, wrong: float) -> list[Verdict]:
    """The person who changes the whole request most, in deviations of its noise."""
    most = max(pairs, key=lambda pair: sum(_deviations(*parts) for parts in zip(pair.with_, pair.without, strict=True)))
    return verdicts(most, seam.claim(cases.request_of(*kinds), cases.TERMS), runs=size.runs, wrong=wrong)


def _deviations(here: Exact, there: Exact) -> float:
    return sqrt(change(here, there).l2_squared) / float(here.scale)


def postprocessed(kind: str, pair: Neighbours) -> Outcome:
    """With the same noisy numbers a release is the same, byte for byte, whoever is in the records.

    Of keys found in the data none is let through: which of them were found may not be told either.
    """
    case = Case(kind, cases.request_of(kind))
    place = Place(case.request, case.terms)

    def fixed(parts: Sequence[Exact]) -> list[Integers]:
        return [
            np.arange(part.vector.size // part.candidates, dtype=np.int64) % 17 * 3 + 40
            if part.threshold is None
            else part.vector * 0
            for part in parts
        ]

    with patch.object(noise, "add_noise", fixed):
        texts = {
            place.with_files(people, lambda files: draw(case.request, case.terms, files, chambers=chambers).to_bytes())
            for people in ([*pair.others, pair.person], pair.others, [])
        }
    return Outcome("nothing but noisy numbers", kind, len(texts) == 1, f"{len(texts)} different artefacts of 3")


def changes(kinds: Sequence[str], pairs: Sequence[Neighbours]) -> Iterator[Outcome]:
    """What the person found for each statistic changes, against what it claims."""
    claimed = seam.claim(cases.request_of(*kinds), cases.TERMS).contributions
    for position, (kind, pair) in enumerate(zip(kinds, pairs, strict=True)):
        yield _changed(kind, pair.changes()[position], claimed[position])


def _changed(name: str, found: Change, limit: Contribution) -> Outcome:
    share = float(found.of(limit))
    figure = (
        f"{share:.0%} of the claim: L1 {found.l1} of {limit.l1}, L2² {found.l2_squared} of {limit.l2_squared}, "
        f"L∞ {found.largest} of {limit.largest}"
    )
    return Outcome("one person's change", name, share <= 1, figure)


def _planted(pair: Neighbours, size: Size, wrong: float) -> Iterator[Outcome]:
    case = Case("count", cases.request_of("count"))
    alone, claim = judged(case, pair)
    yield _fault(faults.second_draw(alone, claim, runs=size.many_runs, wrong=wrong))
    yield _fault(faults.keys_learnt(Place(case.request, case.terms), faults.many_rows(1)[0], wrong=wrong))
    yield _fault(faults.tie_at_threshold(runs=size.many_runs, wrong=wrong, let_through=True))
    for each in faults.in_build():
        yield _fault(each)
    yield _fault(faults.in_view())
    yield _fault(faults.in_choice())
    cured = faults.tie_at_threshold(runs=size.many_runs, wrong=wrong, let_through=False)
    yield Outcome("no false alarm", "threshold without ties", not cured.caught, cured.figure)
    for name, share in faults.healthy().items():
        yield Outcome("no false alarm", name, share <= 1, f"{float(share):.0%} of the claim")


def _guessed(pair: Neighbours, size: Size) -> Iterator[Outcome]:
    for forgotten in (1, 10):
        found = reconstruct.guess(pair.person, pair.others, trials=size.guesses, forgotten=forgotten)
        figure = (
            f"{found.right / found.trials:.3f} right with {found.packages * forgotten} packages, at least "
            f"{found.at_least:.3f}; allowed {found.allowed_by_rho:.3f} by ρ, {found.allowed:.3f} by (ε, δ)"
        )
        if forgotten == 1:
            yield Outcome("reconstruction", "a hidden flag", found.holds, figure)
        else:
            yield Outcome("planted fault caught", "draws that are not charged", not found.holds, figure)


def _refutable(part: str, name: str, found: Sequence[Verdict]) -> Outcome:
    nearest = max(found, key=lambda verdict: verdict.at_least / verdict.claimed if verdict.claimed else 0)
    broken = next((verdict for verdict in found if verdict.refuted), None)
    return Outcome(part, name, broken is None, str(broken or nearest))


def _fault(each: faults.Caught, detail: str = "") -> Outcome:
    return Outcome("planted fault caught", f"{each.fault}{detail}", each.caught, each.figure)


def _covered() -> str:
    return f"{len(cases.AUDITED) - len(cases.missing())} of {len(cases.AUDITED)}" + (
        f", not: {', '.join(cases.missing())}" if cases.missing() else ""
    )
