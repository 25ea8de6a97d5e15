"""The steps of a journey as they happen: who did what, what came of it, how long it took."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

from infra.demo.visitor import NotAsExpected, Refused
from workspaces.catalogue.errors import Invalid

Result = TypeVar("Result")


class WrongOutcome(Exception):
    """A step that did not come out as it had to."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step = step


@dataclass
class Diary:
    """Every step so far."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    def did(
        self, name: str, actor: str, act: Callable[[], Result], tell: Callable[[Result], str] | None = None
    ) -> Result:
        """A step that must succeed; `tell` words its outcome. Raises WrongOutcome."""
        begun = time.monotonic()
        try:
            result = act()
        except (Refused, Invalid, NotAsExpected) as why:
            raise self._wrong(name, actor, begun, str(why)) from why
        self._note(name, actor, begun, tell(result) if tell else "done")
        return result

    def refused(self, name: str, actor: str, code: str, act: Callable[[], Any]) -> None:
        """A step that must be refused with this code. Raises WrongOutcome."""
        begun = time.monotonic()
        try:
            act()
        except (Invalid, NotAsExpected) as why:
            raise self._wrong(name, actor, begun, str(why)) from why
        except Refused as why:
            if why.code != code:
                raise self._wrong(name, actor, begun, f"refused as {why.code} instead of {code}") from why
            self._note(name, actor, begun, f"refused as it should be ({code})")
            return
        raise self._wrong(name, actor, begun, f"not refused, though it should be ({code})")

    def proved(self, name: str, actor: str, act: Callable[[], tuple[bool, str]]) -> None:
        """A check that must hold; it says what it found. Raises WrongOutcome."""
        begun = time.monotonic()
        try:
            holds, words = act()
        except (Refused, Invalid, NotAsExpected) as why:
            raise self._wrong(name, actor, begun, str(why)) from why
        if not holds:
            raise self._wrong(name, actor, begun, words)
        self._note(name, actor, begun, words)

    def _wrong(self, name: str, actor: str, begun: float, why: str) -> WrongOutcome:
        self._note(name, actor, begun, f"WRONG: {why}")
        return WrongOutcome(name, why)

    def _note(self, name: str, actor: str, begun: float, outcome: str) -> None:
        seconds = round(time.monotonic() - begun, 2)
        self.steps.append({"name": name, "actor": actor, "seconds": seconds, "outcome": outcome})
        click.echo(f"{seconds:7.2f} s  {actor:<12} {name}: {outcome}")
