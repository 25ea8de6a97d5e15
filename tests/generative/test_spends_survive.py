"""Whatever is backed up and put back in whatever order: what was begun stays spent, and budgets hold."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backup.restoring import restore
from gateway.backup.taking import take
from gateway.jobs.sweep import sweep
from gateway.models import Budget, Project
from gateway.rules.budgets import Loss, covers, left, reserve, spend
from gateway.rules.refusals import Refusal
from gateway.rules.replays import charge_again
from gateway.store.sealed_notes import note_spend
from gateway.store.sealed_notes import spends as noted
from gateway.vocabulary import Command, ProjectState
from tests.factories.backups import Kept, kept
from tests.factories.gateways import Town, approved_project, cleared_snapshot

STEPS = ("draw", "draw", "backup", "restore", "project", "close", "sweep")


def budget(name: str, granted: int) -> Budget:
    return Budget(id=name, pool_id="pool", granted_micro_rho=granted, granted_delta_e15=granted)


@given(
    st.lists(st.integers(1, 40), max_size=5), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=12)
)
def test_a_forgotten_draw_is_charged_in_full_and_no_row_overflows(
    grants: list[int], draws: list[tuple[int, int]]
) -> None:
    """`grants` are of the backup's time; draws name a project among them, or one that it does not know."""
    pool = budget("pool", 100)
    projects = []
    for number, granted in enumerate(grants):
        if covers(pool, Loss(granted, granted)):
            reserve(pool, Loss(granted, granted))
            projects.append(budget(f"prj-{number}", granted))
    charged = 0
    for place, amount in draws:
        if charged + amount > 100:
            with pytest.raises(ValueError, match="never held"):
                charge_again(pool, None, projects, Loss(amount, amount))
            break
        charge_again(pool, projects[place] if place < len(projects) else None, projects, Loss(amount, amount))
        charged += amount
        assert pool.spent_micro_rho == pool.spent_delta_e15 == charged
        for each in (pool, *projects):
            assert min(left(each).micro_rho, left(each).delta_e15, each.reserved_micro_rho) >= 0
            assert each.granted_micro_rho >= each.spent_micro_rho
        assert pool.reserved_micro_rho == sum(left(each).micro_rho for each in projects)


def test_spending_in_a_living_pool_and_again_is_the_same() -> None:
    pool, project = budget("pool", 100), budget("prj", 60)
    reserve(pool, Loss(60, 60))
    again, known = pool.model_copy(), project.model_copy()
    reserve(project, Loss(7, 7))
    for each in (project, pool):
        spend(each, Loss(7, 7))
    charge_again(again, known, [known], Loss(7, 7))
    assert (again, known) == (pool, project)


class Life(Kept):
    """Draws without reading, backups and restores in any order."""

    def begin_noted(self, project_id: str) -> None:
        release_id = self.ask(project_id, "0.2")
        for command in (Command.RESERVE_BUDGET, Command.BEGIN_DRAW):
            self.town.do("system", command, release_id)
        release = self.release(release_id)
        assert release is not None
        told = {"project": project_id, "pool": self.town.pool_id, "request_digest": release.request_digest}
        told |= {"micro_rho": release.micro_rho, "delta_e15": release.delta_e15}
        note_spend(self.house.objects, release_id=release_id, at=self.town.clock(), **told)

    def open_projects(self) -> list[str]:
        rows = self.town.read(lambda work: work.all(Project, Project.state == ProjectState.APPROVED))
        return [row.id for row in rows]

    def holds(self) -> None:
        notes = noted(self.house.objects)
        began = sum(int(note.told["micro_rho"]) for note in notes), sum(int(note.told["delta_e15"]) for note in notes)
        assert self.spent() == began, f"{len(notes)} draws"
        for row in self.town.read(lambda work: work.all(Budget)):
            assert min(left(row).micro_rho, left(row).delta_e15) >= 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_life_with_restores(town: Town, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance, made = random.Random(seed), kept(town, monkeypatch)  # noqa: S311
    life, backups, restored = Life(made.town, made.house), [take(made.house, made.to)], 0
    for number, step in enumerate(["project", "draw", *chance.choices(STEPS, k=10), "restore"]):
        town.clock.pass_(minutes=1)
        opened = life.open_projects()
        if step == "project":
            try:
                cleared_snapshot(town, approved_project(town, title=f"Study {number}"), f"L{number}")
            except Refusal:
                continue  # the pool is given out
        elif step == "draw" and opened:
            life.begin_noted(chance.choice(opened))
        elif step == "close" and opened:
            town.do("ig", Command.CLOSE_PROJECT, chance.choice(opened), {"reason": "over"})
        elif step == "sweep":
            sweep(life.house)
        elif step == "backup":
            backups.append(take(life.house, life.to))
        elif step == "restore":
            place = chance.randrange(len(backups))
            restore(life.house, backups[place], patience=1)
            backups, restored = backups[: place + 1], restored + 1
            life.verified()
        life.holds()
    assert restored
    assert noted(life.house.objects)
