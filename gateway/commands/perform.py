"""THE door: lock, roles, refusal, handler, state, audit, outbox, commit. There is no other.

Permission is decided before the handler runs; state and audit event come from the row. A refusal or bad
input rolls everything back and leaves one audit row of its own.
"""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from gateway import traces
from gateway.commands import everything
from gateway.commands.act import VERBS, Act, Given, parse
from gateway.models import Notice, Task
from gateway.rules.facts import SYSTEM, Actor, Facts
from gateway.rules.refusals import Refusal, unknown
from gateway.rules.roles import roles_on
from gateway.rules.steps import Step
from gateway.rules.transitions import choose, speaks_of
from gateway.rules.visibility import may_see, told_state
from gateway.settings import Settings
from gateway.store import audit_chain
from gateway.store.queries.facts import from_inside, from_outside
from gateway.store.unit_of_work import UnitOfWork, Work
from gateway.vocabulary import Command, Event
from workspaces.catalogue.errors import Invalid

everything.load()


@dataclass(frozen=True)
class Outcome:
    """What came of a command: the subject's state now, what was created, what the verb returned."""

    subject_id: str
    state: str
    created_id: str = ""
    returned: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Gateway:
    """What every command needs: the database, the settings, the clock."""

    unit: UnitOfWork
    settings: Settings
    clock: Any

    def now(self) -> datetime:
        """The present moment, in UTC."""
        moment: datetime = self.clock()
        return moment


def perform(gateway: Gateway, *, actor: Actor, command: Command, subject_id: str, given: Any = None) -> Outcome:
    """Carry out one command, or raise why not (Refusal, Invalid); either way one audit row says so."""
    with traces.span(traces.Kind.COMMAND, command=command.value):
        try:
            with gateway.unit.writing() as work:
                outcome, then = _take(gateway, work, actor, command, subject_id, given)
                return _follow(gateway, work, outcome, then)
        except (Refusal, Invalid) as why:
            record_refusal(gateway, actor, command, subject_id, given, why)
            raise


def _follow(gateway: Gateway, work: Work, outcome: Outcome, then: Command | None) -> Outcome:
    """What the row says comes next, by the system, if it is possible now; if it is refused, what was done stands.

    In the same commit: a process that died between the two would leave what nobody can move on.
    """
    subject_id = outcome.subject_id
    while then is not None and _possible(gateway, work, then, subject_id):
        try:
            with work.session.begin_nested():
                settled, following = _take(gateway, work, SYSTEM, then, subject_id, None)
        except (Refusal, Invalid) as why:
            _record_refusal(gateway, work, SYSTEM, then, subject_id, None, why)
            break
        outcome, then = Outcome(subject_id, settled.state, outcome.created_id, outcome.returned), following
    return outcome


def _take(
    gateway: Gateway, work: Work, actor: Actor, command: Command, subject_id: str, raw: Any
) -> tuple[Outcome, Command | None]:
    subject, facts = _faced(gateway, work, actor, command, subject_id)
    row = choose(actor, command, facts)
    if isinstance(row, Refusal):
        raise row
    given = parse(command, raw)
    act = Act(work=work, actor=actor, facts=facts, now=facts.now, settings=gateway.settings)
    VERBS[command].run(act=act, subject=subject, given=given)
    subject.state = row.to
    work.add(subject)
    _record(gateway, work, act, row, given)
    told = told_state(roles_on(actor, facts), row.to)
    return Outcome(subject_id, act.told or told.value, act.created_id, act.returned), row.then


def _faced(gateway: Gateway, work: Work, actor: Actor, command: Command, subject_id: str) -> tuple[Any, Facts]:
    """The subject with all that the rules ask; raises `unknown` after the same questions whether it is there or not."""
    subject, seen = from_outside(work, subject_id, gateway.now(), gateway.settings.list_max_age_days, actor.accounts)
    if seen is None or not may_see(roles_on(actor, seen), seen) or not speaks_of(command, seen.state):
        raise unknown()
    return subject, from_inside(work, subject, seen)


def _record(gateway: Gateway, work: Work, act: Act, row: Step, given: Given) -> None:
    audit_chain.append(
        work,
        at=act.now,
        event=row.records.value,
        actor_id=act.actor.person_id,
        actor=act.actor.name,
        roles=sorted(role.value for role in roles_on(act.actor, act.facts)),
        command=row.command.value,
        noun=act.facts.noun.value,
        subject_id=act.facts.subject_id,
        state_before=row.state.value,
        state_after=row.to.value,
        code="",
        reason=act.reason,
        request_digest=_digest(gateway.settings, given.model_dump(mode="json")),
    )
    if row.queues is not None:
        work.add(Task(kind=row.queues, subject_id=act.created_id or act.facts.subject_id, due_at=act.now))
    for member in act.facts.members:
        if member.person_id != act.actor.person_id:
            subject = act.facts.subject_id
            work.add(Notice(at=act.now, person_id=member.person_id, event=row.records.value, subject_id=subject))


def record_refusal(
    gateway: Gateway, actor: Actor, command: Command, subject_id: str, raw: Any, why: Refusal | Invalid
) -> None:
    """One audit row for an attempt that was refused, with its code; what was sent stays out of it."""
    with gateway.unit.writing() as work:
        _record_refusal(gateway, work, actor, command, subject_id, raw, why)


def _record_refusal(
    gateway: Gateway, work: Work, actor: Actor, command: Command, subject_id: str, raw: Any, why: Refusal | Invalid
) -> None:
    _, facts = from_outside(work, subject_id, gateway.now(), gateway.settings.list_max_age_days, actor.accounts)
    audit_chain.append(
        work,
        at=gateway.now(),
        event=Event.COMMAND_REFUSED.value,
        actor_id=actor.person_id,
        actor=actor.name,
        roles=sorted(role.value for role in roles_on(actor, facts)) if facts else [],
        command=command.value,
        noun=facts.noun.value if facts else "",
        subject_id=subject_id.encode("utf-8", "replace").decode()[:64],
        state_before=facts.state.value if facts else "",
        state_after=facts.state.value if facts else "",
        code=why.code,
        reason="",
        request_digest=_digest(gateway.settings, raw.model_dump(mode="json") if isinstance(raw, Given) else raw),
    )


def _digest(settings: Settings, given: Any) -> str:
    # keyed: an input may hold NHS numbers, and a plain digest of those could be searched
    body = json.dumps(given, sort_keys=True, default=str).encode()
    return hmac.new(settings.secret_key.get_secret_value().encode(), body, sha256).hexdigest()


def _possible(gateway: Gateway, work: Work, command: Command, subject_id: str) -> bool:
    _, facts = _faced(gateway, work, SYSTEM, command, subject_id)
    return isinstance(choose(SYSTEM, command, facts), Step)


def permit(gateway: Gateway, *, actor: Actor, command: Command, subject_id: str) -> Facts:
    """Ask the same question before long work starts outside a transaction; a refusal is audited and raised."""
    with noted(gateway, actor=actor, command=command, subject_id=subject_id):
        with gateway.unit.reading() as work:
            _, facts = _faced(gateway, work, actor, command, subject_id)
        answer = choose(actor, command, facts)
        if isinstance(answer, Refusal):
            raise answer
    return facts


@contextmanager
def noted(gateway: Gateway, *, actor: Actor, command: Command, subject_id: str, given: Any = None) -> Iterator[None]:
    """Around what may be refused before a command comes to the door: it leaves the same audit row there."""
    try:
        yield
    except (Refusal, Invalid) as why:
        record_refusal(gateway, actor, command, subject_id, given, why)
        raise
