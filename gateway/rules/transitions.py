"""Every state machine: a row says from which state which command, by whom, under which conditions, leads where.

Buttons, permission pages, state diagrams, audit names and the test matrix are derived from these rows. Where
one command has several rows from a state, the first row whose conditions hold is taken.
"""

from collections.abc import Iterable
from functools import cache

from gateway.rules.facts import Actor, Facts
from gateway.rules.refusals import Refusal, beyond_token, not_your_role, unknown, wrong_state
from gateway.rules.roles import roles_on
from gateway.rules.rows import exemptions, people, pool, projects, releases, rooms
from gateway.rules.steps import Step
from gateway.rules.visibility import may_see, told_state
from gateway.vocabulary import Command, Role, State

STEPS: tuple[Step, ...] = (*pool.ROWS, *people.ROWS, *projects.ROWS, *exemptions.ROWS, *rooms.ROWS, *releases.ROWS)


def rows(state: State, command: Command) -> list[Step]:
    """The rows of a command from a state; state classes keep equal names of different nouns apart."""
    return [row for row in _of(command) if row.state is state]


@cache
def _of(command: Command) -> tuple[Step, ...]:
    return tuple(row for row in STEPS if row.command is command)


@cache
def _allowed(command: Command) -> frozenset[Role]:
    return frozenset(role for row in _of(command) for role in row.by)


def states_open_to(commands: Iterable[Command], roles: frozenset[Role] | None = None) -> frozenset[State]:
    """The states from which one of the commands leads on, by somebody in one of the roles or by anybody."""
    chosen = frozenset(commands)
    return frozenset(row.state for row in STEPS if row.command in chosen and (roles is None or row.by & roles))


def speaks_of(command: Command, state: State) -> bool:
    """True when the command is about that noun at all; an id of another noun names nothing here."""
    return any(type(row.state) is type(state) for row in _of(command))


def choose(actor: Actor, command: Command, facts: Facts) -> Step | Refusal:
    """The row to take, or why not. Asked by the door and by every page, so that both say the same."""
    roles = roles_on(actor, facts)
    if not may_see(roles, facts) or not speaks_of(command, facts.state):
        return unknown()
    if actor.only is not None and command not in actor.only:
        return beyond_token(command)
    if not roles & _allowed(command):
        return not_your_role(command, _names(_allowed(command)))
    candidates = rows(facts.state, command)
    if not candidates:
        return wrong_state(command, told_state(roles, facts.state))
    answers = [_judge(row, roles, actor, facts) for row in candidates]
    return next((answer for answer in answers if isinstance(answer, Step)), answers[0])


def refusal(actor: Actor, command: Command, facts: Facts) -> Refusal | None:
    """Why not, or None."""
    answer = choose(actor, command, facts)
    return answer if isinstance(answer, Refusal) else None


def _judge(row: Step, roles: frozenset[Role], actor: Actor, facts: Facts) -> Step | Refusal:
    if not roles & row.by:
        return not_your_role(row.command, _names(row.by))
    return next((why for guard in row.when if (why := guard(actor, facts)) is not None), row)


def _names(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(role.value.replace("_", " ").lower() for role in roles))
