"""Committees as data: how many vote, how many of them lay, by which rule, who breaks a tie. One row a rule set.

A project is decided by the rules that were in force when it was submitted; they stand in its row.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from gateway.models import Vote
from gateway.vocabulary import Verdict


class Tie(StrEnum):
    """What becomes of as many votes for approval as against it."""

    RETURN = "RETURN"
    REFUSE = "REFUSE"
    CHAIR = "CHAIR"


@dataclass(frozen=True)
class Committee:
    """One rule set. `lay_percent` is the least part of the votes that is lay; `chair` the id of whoever chairs."""

    name: str
    title: str
    votes: int = 3
    lay: int = 1
    lay_percent: int = 0
    unanimous: bool = False
    tie: Tie = Tie.RETURN
    one_per_provider: bool = False
    declares: bool = True
    chair: str = ""

    def shown(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return asdict(self)


STANDARD = Committee("STANDARD", "Three members, one of them lay; more than half decide", declares=False)
COMMITTEES: dict[str, Committee] = {
    each.name: each
    for each in (
        STANDARD,
        Committee(
            "EASTERN_ENGLAND",
            "Unanimous; half the votes are lay; one vote for each provider",
            votes=4,
            lay=2,
            lay_percent=50,
            unanimous=True,
            one_per_provider=True,
        ),
        Committee("CHAIRED", "More than half decide; the chair breaks a tie", tie=Tie.CHAIR),
        Committee(
            "PUBLIC_PANEL",
            "More than half decide; three votes in five are lay; a tie refuses",
            5,
            3,
            60,
            tie=Tie.REFUSE,
        ),
    )
}


def read(kept: Mapping[str, Any] | None) -> Committee:
    """The rules as a row keeps them; those of a row that keeps none."""
    if not kept:
        return STANDARD
    known = {field.name for field in fields(Committee)}
    told = {name: value for name, value in kept.items() if name in known}
    return Committee(**{**told, "tie": Tie(told["tie"])})


def counted(votes: Sequence[Vote], rules: Committee) -> list[Vote]:
    """The votes that count: of several from one provider the first, where there is one vote for each."""
    if not rules.one_per_provider:
        return list(votes)
    seen: set[str] = set()
    found = []
    for vote in votes:
        if vote.lay or not vote.provider or vote.provider not in seen:
            found.append(vote)
        seen.add(vote.provider)
    return found


def quorate(votes: Sequence[Vote], rules: Committee) -> bool:
    """True when enough have voted, and enough of them lay."""
    lay = sum(vote.lay for vote in votes)
    return len(votes) >= rules.votes and lay >= rules.lay and 100 * lay >= rules.lay_percent * len(votes)


def outcome(votes: Sequence[Vote], rules: Committee = STANDARD) -> Verdict | None:
    """What the committee has come to; None while votes, or the chair's, are awaited."""
    cast = counted(votes, rules)
    if not quorate(cast, rules):
        return None
    counts = Counter(vote.verdict for vote in cast)
    if rules.unanimous:
        return next(iter(counts)) if len(counts) == 1 else Verdict.RETURN
    if 2 * counts[Verdict.APPROVE] == len(cast):
        return _tied(cast, rules)
    if 2 * counts[Verdict.APPROVE] > len(cast):
        return Verdict.APPROVE
    return Verdict.REFUSE if 2 * counts[Verdict.REFUSE] > len(cast) else Verdict.RETURN


def _tied(votes: Sequence[Vote], rules: Committee) -> Verdict | None:
    if rules.tie is Tie.CHAIR:
        return next((vote.verdict for vote in votes if vote.person_id == rules.chair), None)
    return Verdict.REFUSE if rules.tie is Tie.REFUSE else Verdict.RETURN
