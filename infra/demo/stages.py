"""What happens before a demonstration's gateway starts: data, tables, pool, people, records, opt-outs.

Each stage leaves a stamp, so that a second start of the same folder does none of it again.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from gateway.commands.perform import perform
from gateway.jobs.house import House, open_house
from gateway.jobs.opt_out_lists import receive_list, request_list
from gateway.jobs.pool import open_pool
from gateway.jobs.records import load_records
from gateway.models import Person
from gateway.rules.facts import SYSTEM, Actor
from gateway.settings import Settings
from gateway.store.migrate import upgrade
from gateway.store.queries.facts import actor_of
from gateway.vocabulary import Command
from infra.demo.personas import CAST, write_personas
from infra.demo.place import Place
from infra.national.sandbox import is_here, sandbox
from infra.national.service import answer_requests
from infra.seeds.population import write_population
from workspaces.catalogue.errors import Invalid
from workspaces.intake import read_sources


@dataclass(frozen=True)
class Population:
    """Which people: made from a seed, or given in a folder."""

    people: int
    seed: int
    given: Path | None = None

    def described(self) -> dict[str, object]:
        """What the folder was made for."""
        if self.given is not None:
            return {"data": str(self.given.resolve())}
        return {"people": self.people, "seed": self.seed}


def prepare(place: Place, population: Population) -> House:
    """Everything up to the point where the gateway can start; what was done before is left alone."""
    place.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    _stamped(place, population)
    _once(place, "data", lambda: make_data(place, population))
    write_personas(place.personas)
    at = house_of(place)
    _once(place, "pool", lambda: make_pool(place, at))
    _once(place, "people", lambda: make_people(place, at))
    _once(place, "records", lambda: load_everything(place, at))
    _once(place, "opt-outs", lambda: exchange(place, at))
    return at


def house_of(place: Place) -> House:
    """The gateway of this folder, as this very process sees it."""
    os.environ.update({name: value for name, value in place.environment().items() if name.startswith("TRE_")})
    return open_house(Settings())


def _stamped(place: Place, population: Population) -> None:
    stamp, wanted = place.folder / "made-for.json", population.described()
    if not stamp.exists():
        stamp.write_text(json.dumps(wanted) + "\n", encoding="utf-8")
    elif json.loads(stamp.read_text(encoding="utf-8")) != wanted:
        raise Invalid(
            "demo:other_population",
            f"{place.folder} holds another population.",
            "Name another folder with --dir, or give the options it was made with.",
        )


def _once(place: Place, stage: str, do: Callable[[], None]) -> None:
    stamp = place.folder / f".{stage}-done"
    if not stamp.exists():
        do()
        stamp.touch()


def make_data(place: Place, population: Population) -> None:
    """The organisations' files."""
    if population.given is not None:
        return
    click.echo(f"Making {population.people:,} people (seed {population.seed}) in {place.data}")
    half = place.folder / "data.half"
    if half.exists():
        _remove(half)
    write_population(population.people, population.seed, half, lambda done: click.echo(f"  {done:,} people"))
    half.rename(place.data)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def make_pool(place: Place, at: House) -> None:
    """The tables, and the pool with the population that the sources file names."""
    upgrade(at.gateway.settings.database)
    open_pool(at, name="London", public_population=read_sources(place.data / "sources.toml").population)


def make_people(place: Place, at: House) -> None:
    """Everybody as if they had signed in once, with the seats they hold."""
    for cast in CAST.values():
        who = cast.who
        identity = {"issuer": place.issuer, "subject": who.sub, "name": who.name, "email": who.email}
        welcomed = perform(
            at.gateway,
            actor=SYSTEM,
            command=Command.WELCOME_PERSON,
            subject_id=at.pool_id(),
            given=identity | {"organisation": who.organisation},
        )
        for seat in cast.seats:
            perform(
                at.gateway,
                actor=SYSTEM,
                command=Command.APPOINT_PERSON,
                subject_id=welcomed.created_id,
                given={"role": seat},
            )


def load_everything(place: Place, at: House) -> None:
    """Every source, by the operator; what is refused is said and left out."""
    declared = read_sources(place.data / "sources.toml")
    operator = acting(at, "operator")
    number = len(declared.sources)
    click.echo(f"Loading {number} sources into the vault")
    for refused in declared.refused:
        click.echo(f"  refused: {refused.why}")
    for done, source in enumerate(declared.sources, start=1):
        try:
            load_records(at, actor=operator, source=source, folder=declared.folder_of(source))
        except Invalid as why:
            click.echo(f"  {source.organisation} ({source.format.value}) refused: {why}")
        if done % 20 == 0 or done == number:
            click.echo(f"  {done} of {number} sources")


def exchange(place: Place, at: House) -> None:
    """One exchange with the stand-in national service: a request, an answer, a list that waits for an IG officer."""
    with national_service(at, place.data / "national" / "opted_out.csv") as (by_its_way, answer):
        operator = acting(at, "operator")
        local_id = request_list(by_its_way, actor=operator)
        answer()
        receive_list(by_its_way, actor=operator, local_id=local_id)


@contextmanager
def national_service(at: House, opted_out: Path) -> Iterator[tuple[House, Callable[[], object]]]:
    """The house by its way to the stand-in service, and what makes that answer: over MESH where the sandbox is."""
    if not is_here():
        click.echo("Exchanging opt-outs with the stand-in national service, over folders")
        yield at, lambda: answer_requests(at.outbox, at.inbox, opted_out)
        return
    click.echo("Exchanging opt-outs with the stand-in national service, over the NHS's own mesh-sandbox")
    from infra.national.mesh import answer_messages, mailbox_of

    with sandbox([at.gateway.settings.mailbox]) as running, mailbox_of(running) as client:
        settings = at.gateway.settings.model_copy(update=running.settings())
        yield replace(at, gateway=replace(at.gateway, settings=settings)), lambda: answer_messages(client, opted_out)


def acting(at: House, sub: str) -> Actor:
    """A persona with the seats in force now."""
    with at.gateway.unit.reading() as work:
        person = work.find(Person, Person.email == CAST[sub].who.email)
        if person is None:
            raise Invalid("demo:no_persona", f"The persona {sub} is not known.", "Remove the folder and start again.")
        return actor_of(work, person, at.gateway.now())
