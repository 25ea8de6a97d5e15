"""One row of a state machine, and how it is written down."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.rules.guards import Guard
from gateway.vocabulary import Command, Event, Role, State, TaskKind


@dataclass(frozen=True)
class Step:
    """One row. `then` is tried by the system after the commit; `queues` is work without a person."""

    state: State
    command: Command
    to: State
    by: frozenset[Role]
    when: tuple[Guard, ...]
    records: Event
    then: Command | None = None
    queues: TaskKind | None = None


def step(
    state: State,
    command: Command,
    *,
    by: Iterable[Role],
    records: Event,
    to: State | None = None,
    when: Iterable[Guard] = (),
    then: Command | None = None,
    queues: TaskKind | None = None,
) -> Step:
    """A row; without `to` it leads from the state to itself."""
    return Step(state, command, state if to is None else to, frozenset(by), tuple(when), records, then, queues)
