"""The pool of people: opened once, filled by loads; its budget is for the life of the data."""

from typing import Any

from pydantic import Field

from disclosure.accounting import convert_grant
from gateway.commands.act import Act, Given, verb
from gateway.models import Budget, Incident, Load, Pool
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


@verb(Command.VIEW_QUALITY)
def view_quality(*, act: Act, subject: Pool, given: Given) -> None:
    """The exact quality figures, audited."""
    act.returned = {"loads": [_shown(load) for load in act.work.all(Load)]}


def _shown(load: Load) -> dict[str, Any]:
    return load.model_dump(mode="json")
