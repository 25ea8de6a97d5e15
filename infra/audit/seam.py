"""What a draw is about to add noise to: the real path with its one noise call listened to, and claims beside it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast
from unittest.mock import patch

from disclosure import noise, release
from disclosure.clearance import clear
from disclosure.engines.plan import SnapshotFiles
from disclosure.mechanisms import pure_l1
from disclosure.noise import GAUSSIAN, Exact, Integers
from disclosure.requests import ReleaseRequest
from disclosure.statistics.base import Contribution
from disclosure.terms import Terms
from infra.audit.programs import chambers


class Unheard(Exception):
    """The draw ended before its noise call: the request, the engine or the audit is broken."""


class _Heard(Exception):
    pass


@dataclass(frozen=True)
class Claim:
    """What a release says one person can change, statistic by statistic, and what it charges in all.

    `pure` is the ε that holds with δ₀ alone, where every mechanism has one.
    """

    contributions: tuple[Contribution, ...]
    micro_rho: int
    delta0_e15: int
    pure: float | None


def claim(request: ReleaseRequest, terms: Terms) -> Claim:
    """The claim behind a price; never looks at records."""
    cleared = clear(request, terms)
    contributions = tuple(statistic.contribution for statistic in cleared.statistics)
    lines = [(line.mechanism, line.scale) for line in cleared.price.lines]
    losses = [pure_l1(each, mechanism) / scale for each, (mechanism, scale) in zip(contributions, lines, strict=True)]
    pure = None if any(mechanism == GAUSSIAN for mechanism, _ in lines) else float(sum(losses))
    return Claim(contributions, cleared.price.micro_rho, cleared.price.delta0_e15, pure)


def exact(request: ReleaseRequest, terms: Terms, files: SnapshotFiles) -> tuple[Exact, ...]:
    """The parts that a draw hands to its noise. The draw ends there; nothing is released.

    Of a statistic whose keys are found in the data, every key that could be has its place: 0 where nobody has it.
    """
    heard: list[tuple[Exact, ...]] = []
    placed: list[Sequence[Integers]] = []

    def listen(parts: Sequence[Exact]) -> list[Integers]:
        heard.append(tuple(parts))
        return [part.vector for part in parts]

    def stop(*given: object) -> None:
        placed.append(cast(Sequence[Integers], given[-1]))
        raise _Heard

    with (
        patch.object(noise, "add_noise", listen),
        patch.object(release, "describe", stop),
        suppress(release.DrawFailed, _Heard),
    ):
        release.draw(request, terms, files, chambers=chambers)
    if (len(heard), len(placed)) != (1, 1):
        raise Unheard
    return tuple(
        part if part.threshold is None else replace(part, vector=numbers.ravel())
        for part, numbers in zip(heard[0], placed[0], strict=True)
    )
