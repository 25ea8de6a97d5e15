"""The pool of people: opened once, filled by loads; its budget is for the life of the data."""

from typing import Any

from pydantic import Field
from sqlmodel import col

from disclosure.accounting import convert_grant
from gateway.commands.act import Act, Given, verb
from gateway.models import Budget, Incident, Load, Pool
from gateway.rules.refusals import unknown
from gateway.vocabulary import Command


@verb(Command.OPEN_POOL)
def open_pool(*, act: Act, subject: Pool, given: Given) -> None:
    """Gives the pool its budget, converted once from epsilon and delta (privacy model P7, P8)."""
    if act.work.get(Budget, subject.id) is None:
        loss = convert_grant(subject.epsilon_micro, subject.delta_e15)
        act.work.add(
            Budget(
                id=subject.id, pool_id=subject.id, granted_micro_rho=loss.micro_rho, granted_delta_e15=loss.delta0_e15
            )
        )


class TableQuality(Given):
    """Figures of one table: rows, filled values by column, first and last month, rows of the source held back."""

    rows: int = Field(ge=0)
    complete: dict[str, int]
    first: str | None
    last: str | None
    quarantined: dict[str, int]


class Expected(Given):
    """What was expected of a load, and what was found."""

    name: str
    table: str
    column: str
    expected: str
    found: str
    met: bool


class Quality(Given):
    """How good a load is (`workspaces.intake.quality`); exact."""

    tables: dict[str, TableQuality] = Field(default_factory=dict)
    elsewhere: dict[str, int] = Field(default_factory=dict)
    cut: str = ""
    expectations: list[Expected] = Field(default_factory=list)


class Loaded(Given):
    """What a load found; exact figures, for IG officers and auditors only."""

    digest: str
    organisation: str
    organisation_name: str = Field(default="", max_length=1000)
    format: str
    standing: str
    rows: dict[str, int] = Field(default_factory=dict)
    quarantined: dict[str, int] = Field(default_factory=dict)
    unsupported: dict[str, int] = Field(default_factory=dict)
    quality: Quality = Field(default_factory=Quality)
    alarms: list[str] = Field(default_factory=list)


@verb(Command.LOAD_RECORDS, Loaded)
def load_records(*, act: Act, subject: Pool, given: Loaded) -> None:
    """One row per load; the same bytes a second time change nothing."""
    if act.work.find(Load, Load.digest == given.digest) is not None:
        return
    load = act.work.add(Load(**given.model_dump(), loaded_at=act.now))
    for alarm in given.alarms:
        sentence = f"{given.organisation}: {alarm}"
        act.work.add(Incident(at=act.now, kind="intake", subject_id=subject.id, sentence=sentence))
    act.created_id = load.id


class Looked(Given):
    """Which load is looked at; empty for all of them."""

    load: str = Field(default="", max_length=100)


@verb(Command.VIEW_QUALITY, Looked)
def view_quality(*, act: Act, subject: Pool, given: Looked) -> None:
    """The exact quality figures, audited."""
    chosen = [Load.id == given.load] if given.load else []
    found = act.work.all(Load, *chosen, order=col(Load.loaded_at))
    if given.load and not found:
        raise unknown()
    act.returned = {"loads": [_shown(load) for load in found]}


def _shown(load: Load) -> dict[str, Any]:
    return load.model_dump(mode="json")
