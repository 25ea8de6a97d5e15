"""64 writers on one budget, and two people at the same subject at once: one legal order, whatever the database."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gateway.commands.perform import Gateway, perform
from gateway.models import Budget, LedgerEntry, Release, Review
from gateway.rules.facts import SYSTEM
from gateway.rules.refusals import Refusal
from gateway.store import audit_chain
from gateway.store.unit_of_work import UnitOfWork
from gateway.vocabulary import Command, EntryKind, ReleaseState
from tests.factories.gateways import (
    REQUEST,
    Town,
    approved_project,
    cleared_snapshot,
    sealed_release,
    submitted_release,
)
from tests.factories.tried import Tried

WRITERS = 64
ROUNDS = 6
ALL = text("SELECT granted_micro_rho, reserved_micro_rho, spent_micro_rho FROM budget")
APPROVE = {"verdict": "APPROVE", "reason": "nothing stands out"}
OK = "ok"


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Every call in a thread of its own, begun together; `ok`, or the code of the refusal."""
    line, rng = threading.Barrier(len(calls)), random.Random()  # noqa: S311

    def run(call: Callable[[], Any], pause: float) -> str:
        line.wait()
        threading.Event().wait(pause)
        try:
            call()
        except Refusal as why:
            return why.code
        return OK

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls, [rng.uniform(0, 0.01) for _ in calls]))


def cleared(town: Town, project_id: str, number: int) -> str:
    release_id = submitted_release(town, project_id, {**REQUEST, "title": f"Question {number}", "epsilon": "0.25"})
    town.do("checker1", Command.CLEAR_PLAN, release_id, {"reason": "public keys"})
    return release_id


def states_follow(rows: Sequence[dict[str, Any]]) -> bool:
    """True when every row found its subject as the row before had left it: one history, one order."""
    state: dict[str, str] = {}
    for row in (row for row in rows if not row["code"]):
        if state.setdefault(row["subject_id"], row["state_before"]) != row["state_before"]:
            return False
        state[row["subject_id"]] = row["state_after"]
    return True


Span = tuple[float, float]


def real_time(rows: Sequence[dict[str, Any]], spans: dict[tuple[str, str], Span]) -> tuple[int, list[str]]:
    """How many pairs of commands came one after the other for everybody, and those that the log has the other way.

    With `replays`, which reads the log as the one order in which things happened, this is linearisability.
    """
    place = {(row["command"], row["subject_id"]): row["seq"] for row in rows}
    pairs = [(one, other) for one in spans for other in spans if spans[one][1] < spans[other][0]]
    return len(pairs), [f"{one} before {other}" for one, other in pairs if place[one] > place[other]]


def test_an_order_that_contradicts_the_clock_is_seen() -> None:
    rows = [{"command": "RESERVE_BUDGET", "subject_id": name, "seq": seq} for seq, name in enumerate("ab")]
    spans = {("RESERVE_BUDGET", "a"): (0.0, 1.0), ("RESERVE_BUDGET", "b"): (0.5, 2.0)}
    assert real_time(rows, spans) == (0, []), "at once: either order will do"
    assert real_time(rows, spans | {("RESERVE_BUDGET", "b"): (1.5, 2.0)}) == (1, [])
    assert real_time(rows, spans | {("RESERVE_BUDGET", "a"): (3.0, 4.0)})[1]


def test_64_writers_spend_what_fits_and_no_more(town: Town, capsys: pytest.CaptureFixture[str], tried: Tried) -> None:
    project_id = approved_project(town, epsilon="1")
    cleared_snapshot(town, project_id)
    releases = [cleared(town, project_id, number) for number in range(WRITERS)]
    units = [UnitOfWork(town.gateway.settings.database) for _ in range(8)]
    granted, cost = town.read(lambda work: work.get(Budget, project_id).granted_micro_rho), price(town, releases[0])
    over, looks, stop = [], Counter[str](), threading.Event()
    spans: dict[tuple[str, str], Span] = {}

    def watch() -> None:
        while not stop.wait(0.001):
            with town.gateway.unit.reading() as work:
                rows = work.session.connection().execute(ALL).all()
            looks["budget"] += 1
            over.extend(row for row in rows if row[1] + row[2] > row[0])

    def draw(number: int) -> Callable[[], Any]:
        gateway = Gateway(units[number % 8], town.gateway.settings, town.clock)

        def both() -> None:
            for command in (Command.RESERVE_BUDGET, Command.BEGIN_DRAW):
                began = time.monotonic()
                try:
                    perform(gateway, actor=SYSTEM, command=command, subject_id=releases[number])
                finally:
                    spans[command.value, releases[number]] = (began, time.monotonic())

        return both

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcome = Counter(at_once(*(draw(number) for number in range(WRITERS))))
    finally:
        stop.set()
        watcher.join()
        for unit in units:
            unit.dispose()
    pairs, wrong = real_time(town.read(audit_chain.export), spans)
    with capsys.disabled():
        print(
            f"\n{WRITERS} writers: {dict(outcome)}, {looks['budget']} looks, {pairs} ordered pairs, {granted=} {cost=}"
        )
    tried(WRITERS)
    fit = granted // cost
    assert 1 < fit < WRITERS - 1
    assert pairs >= fit, "each that was reserved was begun afterwards"
    assert wrong == []
    assert outcome == {OK: fit, "budget:not_covered": WRITERS - fit}
    assert over == []
    replays(town, project_id, cost)


def price(town: Town, release_id: str) -> int:
    return int(town.read(lambda work: work.get(Release, release_id).micro_rho))


def replays(town: Town, project_id: str, cost: int) -> None:
    """The log alone gives the budget, never beyond the grant, and every refusal was right where it stands."""
    rows = town.read(audit_chain.export)
    with town.gateway.unit.reading() as work:
        budget = work.need(Budget, project_id)
        spends = work.all(LedgerEntry, LedgerEntry.kind == EntryKind.SPEND)
    reserved = spent = 0
    for row in rows:
        if row["command"] == Command.RESERVE_BUDGET and row["code"]:
            assert budget.granted_micro_rho - reserved - spent < cost
        elif row["command"] == Command.RESERVE_BUDGET:
            reserved += cost
        elif row["command"] == Command.BEGIN_DRAW:
            reserved, spent = reserved - cost, spent + cost
        assert reserved + spent <= budget.granted_micro_rho
    assert (reserved, spent) == (0, budget.spent_micro_rho)
    assert spent == sum(entry.micro_rho for entry in spends)
    assert states_follow(rows)


@pytest.mark.parametrize("column", ["spent_micro_rho", "reserved_micro_rho", "spent_delta_e15", "reserved_delta_e15"])
@pytest.mark.parametrize("change", ["= granted_micro_rho + granted_delta_e15 + 1", "= -1"])
def test_the_database_alone_keeps_a_budget_within_its_grant(town: Town, column: str, change: str) -> None:
    project_id = approved_project(town)
    statement = text(f"UPDATE budget SET {column} {change} WHERE id = :id")  # noqa: S608
    with pytest.raises(IntegrityError), town.gateway.unit.writing() as work:
        work.session.connection().execute(statement, {"id": project_id})


def test_the_database_alone_refuses_a_second_spend(town: Town) -> None:
    project_id = approved_project(town)
    cleared_snapshot(town, project_id)
    release_id = sealed_release(town, project_id)
    again = text(
        "INSERT INTO ledger_entry (at, pool_id, project_id, release_id, kind, micro_rho, delta_e15)"
        " SELECT at, pool_id, project_id, release_id, kind, micro_rho, delta_e15 FROM ledger_entry"
        " WHERE release_id = :id AND kind = 'SPEND'"
    )
    with pytest.raises(IntegrityError), town.gateway.unit.writing() as work:
        work.session.connection().execute(again, {"id": release_id})


@pytest.fixture
def ready(town: Town) -> tuple[Town, str]:
    project_id = approved_project(town, epsilon="4")
    cleared_snapshot(town, project_id)
    return town, project_id


def doing(town: Town, name: str, command: Command, subject_id: str, given: Any = None) -> Callable[[], Any]:
    return lambda: town.do(name, command, subject_id, given)


def state(town: Town, release_id: str) -> ReleaseState:
    return ReleaseState(town.read(lambda work: work.get(Release, release_id).state))


def asked(number: int) -> dict[str, Any]:
    return {**REQUEST, "title": f"Question {number}", "epsilon": "0.05"}


def test_withdrawn_or_cleared_never_both(ready: tuple[Town, str]) -> None:
    town, project_id = ready
    for number in range(ROUNDS):
        release_id = submitted_release(town, project_id, asked(number))
        came = at_once(
            doing(town, "researcher", Command.WITHDRAW_RELEASE, release_id),
            doing(town, "checker1", Command.CLEAR_PLAN, release_id, {"reason": "fine"}),
        )
        assert (*came, state(town, release_id)) in {
            (OK, "command:wrong_state", ReleaseState.WITHDRAWN),
            ("command:wrong_state", OK, ReleaseState.PLAN_CLEARED),
        }
    assert states_follow(town.read(audit_chain.export))


def test_a_suspended_project_begins_no_draw(ready: tuple[Town, str]) -> None:
    town, project_id = ready
    for number in range(ROUNDS):
        release_id = cleared(town, project_id, number)
        town.do("system", Command.RESERVE_BUDGET, release_id)
        suspended, begun = at_once(
            doing(town, "ig", Command.SUSPEND_PROJECT, project_id, {"reason": "a question"}),
            doing(town, "system", Command.BEGIN_DRAW, release_id),
        )
        order = [row["command"] for row in town.read(audit_chain.export)][-2:]
        assert suspended == OK
        assert order in (["SUSPEND_PROJECT", "BEGIN_DRAW"], ["BEGIN_DRAW", "SUSPEND_PROJECT"])
        assert begun == (OK if order[0] == "BEGIN_DRAW" else "grant:ended")
        assert state(town, release_id) is (ReleaseState.DRAWING if begun == OK else ReleaseState.RESERVED)
        town.do("system", Command.FAIL_DRAW, release_id)
        town.do("ig", Command.RESUME_PROJECT, project_id, {"reason": "answered"})
    assert town.read(lambda work: work.get(Budget, project_id).reserved_micro_rho) == 0


def test_three_reviewers_at_once_are_two(ready: tuple[Town, str]) -> None:
    town, project_id = ready
    for number in range(ROUNDS):
        release_id = sealed_release(town, project_id, asked(number))
        names = ("checker1", "checker2", "checker3", "checker1")  # one of them presses twice
        came = at_once(*(doing(town, name, Command.REVIEW_RELEASE, release_id, APPROVE) for name in names))
        assert came.count(OK) == 2
        assert set(came) <= {OK, "review:already_given", "review:enough", "command:wrong_state"}
        assert state(town, release_id) is ReleaseState.RELEASED
        reviews = town.read(lambda work, id_=release_id: work.all(Review, Review.release_id == id_))
        assert len({row.person_id for row in reviews if row.stage == "ARTEFACT"}) == 2
    rows = [row["command"] for row in town.read(audit_chain.export) if not row["code"]]
    assert Counter(rows)["PUBLISH_RELEASE"] == Counter(rows)["SETTLE_RELEASE"] == ROUNDS
    assert states_follow(town.read(audit_chain.export))


def test_recalled_is_never_downloaded_afterwards(ready: tuple[Town, str]) -> None:
    town, project_id = ready
    for number in range(ROUNDS):
        release_id = sealed_release(town, project_id, asked(number))
        for name in ("checker1", "checker2"):
            town.do(name, Command.REVIEW_RELEASE, release_id, APPROVE)
        recalled, downloaded = at_once(
            doing(town, "ig", Command.RECALL_RELEASE, release_id, {"reason": "wrong label"}),
            doing(town, "researcher", Command.DOWNLOAD_OUTPUT, release_id),
        )
        order = [row["command"] for row in town.read(audit_chain.export)][-2:]
        assert recalled == OK
        assert downloaded == (OK if order[0] == "DOWNLOAD_OUTPUT" else "command:wrong_state")
    assert states_follow(town.read(audit_chain.export))


def test_a_draw_never_begins_on_a_snapshot_that_was_replaced(ready: tuple[Town, str]) -> None:
    town, project_id = ready
    waiting, reserved = cleared(town, project_id, 1), cleared(town, project_id, 2)
    town.do("system", Command.RESERVE_BUDGET, reserved)
    snapshot_id = town.do("lead", Command.REQUEST_SNAPSHOT, project_id).created_id
    town.do("system", Command.BEGIN_SNAPSHOT, snapshot_id)
    built = {"cut_date": "2026-06-30", "manifest_digest": "m", "commitment": "c", "nonce": "n", "people": 9}
    town.do("system", Command.COMPLETE_SNAPSHOT, snapshot_id, built)
    town.do("ig", Command.CLEAR_SNAPSHOT, snapshot_id)
    for command, release_id in ((Command.RESERVE_BUDGET, waiting), (Command.BEGIN_DRAW, reserved)):
        with pytest.raises(Refusal) as why:
            town.do("system", command, release_id)
        assert why.value.code == "snapshot:replaced"


class Killed(BaseException):
    """The process is gone: nothing catches it."""


@pytest.mark.parametrize("after", range(3))
def test_the_last_review_settles_and_publishes_or_did_not_happen(
    ready: tuple[Town, str], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Killed before its row is written, between the review and its settling, between that and the publication."""
    town, project_id = ready
    release_id = sealed_release(town, project_id)
    town.do("checker1", Command.REVIEW_RELEASE, release_id, APPROVE)
    append, left = audit_chain.append, [after]

    def dies(work: Any, **fields: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return append(work, **fields)

    with monkeypatch.context() as patched:
        patched.setattr(audit_chain, "append", dies)
        with pytest.raises(Killed):
            town.do("checker2", Command.REVIEW_RELEASE, release_id, APPROVE)
    assert state(town, release_id) is ReleaseState.IN_REVIEW
    town.do("checker2", Command.REVIEW_RELEASE, release_id, APPROVE)
    assert state(town, release_id) is ReleaseState.RELEASED
