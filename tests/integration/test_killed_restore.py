"""A restore that is killed stays closed, and the next one ends it; what is open is the old or the restored, whole."""

import os
import signal
import time
from pathlib import Path

import pytest

from gateway.backup import restoring
from gateway.backup.taking import take
from gateway.store import standing
from gateway.store.sealed_notes import note_spend
from tests.factories.backups import Kept
from tests.factories.stores import REACHED, killed
from tests.integration.test_restore import back, ours, project

__all__ = ["ours", "project"]
AMONG_PROCESSES = pytest.mark.parametrize("objects", REACHED, indirect=True)


def dies(ours: Kept, made: Path, patch: pytest.MonkeyPatch, where: str, after: bool) -> None:
    """A process that restores and is gone in the middle: before or behind a step on the living gateway."""
    step = getattr(restoring, where)

    def die(first: object, *others: object, **named: object) -> object:
        living = first in (ours.house, ours.town.gateway.settings.database)
        if living and not after:
            os._exit(9)
        done = step(first, *others, **named)
        return os._exit(9) if living else done

    ours.town.gateway.unit.dispose()
    patch.setattr(restoring, where, die)
    assert killed(ours.house.objects, lambda: back(ours, made)) == 9


@AMONG_PROCESSES
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("where", ["place", "prove", "replay", "sign_checkpoint"])
def test_a_killed_restore_stays_closed_and_the_next_ends_it(
    ours: Kept, monkeypatch: pytest.MonkeyPatch, where: str, after: bool
) -> None:
    made = take(ours.house, ours.to)
    told = {"project": "prj-x", "pool": ours.town.pool_id, "request_digest": "d"}
    note_spend(ours.house.objects, release_id="rel-x", at=ours.town.clock(), micro_rho=7, delta_e15=3, **told)
    with monkeypatch.context() as patch:
        dies(ours, made, patch, where, after)
    with pytest.raises(standing.Closed):
        standing.need_open(ours.house.folder)
    back(ours, made)
    assert ours.spent() == (7, 3)
    assert standing.standing(ours.house.folder) is None
    ours.verified()


@AMONG_PROCESSES
@pytest.mark.slow
def test_a_restore_killed_at_any_moment_serves_all_or_nothing(ours: Kept, project: str) -> None:
    """Killed from outside, at moments nobody chose: what is open is the old or the restored, whole."""
    made = take(ours.house, ours.to)
    ours.draw(project)
    spent, old = ours.spent(), len(ours.rows())
    began = time.monotonic()
    back(ours, made)
    whole = time.monotonic() - began
    kills = 0
    for number in range(12):
        ours.town.gateway.unit.dispose()
        began = time.monotonic()
        ended = killed(ours.house.objects, lambda: back(ours, made), after=whole * (number % 6 + 0.5) / 6)
        kills += ended == -signal.SIGKILL
        if ended != -signal.SIGKILL:  # the machine was busier when a whole one was timed
            whole = min(whole, time.monotonic() - began)
        if standing.standing(ours.house.folder) is None:
            assert ours.spent() == spent
            ours.verified()
    assert kills > 3, f"{kills} of 12 were killed"
    back(ours, made)
    assert ours.spent() == spent
    assert len(ours.rows()) < old
    ours.verified()
    assert [path for path in (ours.house.folder / "rehearsals").iterdir() if path.is_dir()] == []
