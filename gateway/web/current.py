"""The request's own collaborators: the gateway, the moment, and who is signed in."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from flask import Flask, current_app, g, request, session
from sqlalchemy.exc import SQLAlchemyError

from gateway.commands.perform import Gateway, Outcome, perform, record_refusal
from gateway.models import Person
from gateway.rules.facts import Actor
from gateway.rules.refusals import Refusal, unknown
from gateway.settings import Settings
from gateway.store.ahead import Ahead
from gateway.store.queries import history, lists, views
from gateway.store.queries.facts import actor_of, pool_of
from gateway.store.queries.reach import Place
from gateway.store.queries.view_parts import View
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Command, Noun
from workspaces.catalogue.errors import Invalid

PERSON = "person_id"
ONLY_READ = frozenset({"GET", "HEAD"})
_View = TypeVar("_View", bound=Callable[..., Any])


def public(view: _View) -> _View:
    """Marks a view that people see without signing in; every other one asks for it."""
    view.public = True  # type: ignore[attr-defined]
    return view


def gateway() -> Gateway:
    """The gateway this application serves."""
    found: Gateway = current_app.extensions["gateway"]
    return found


def settings() -> Settings:
    """The settings in force."""
    return gateway().settings


def now() -> datetime:
    """The present moment."""
    return gateway().now()


def actor_or_none() -> Actor | None:
    """Who is signed in, with the appointments in force now; asked once a request."""
    if "actor" not in g:
        g.actor = _actor(session.get(PERSON))
    found: Actor | None = g.actor
    return found


@contextmanager
def reading() -> Iterator[Work]:
    """Where pages ask the database. One that only reads asks everything in one transaction, and nothing twice.

    What acts reads anew each time: it has to see what it did.
    """
    if request.method not in ONLY_READ:
        with gateway().unit.reading() as work:
            yield work
        return
    if "reading" not in g:
        g.opened = ExitStack()
        g.reading = Ahead(g.opened.enter_context(gateway().unit.reading()))
    try:
        yield g.reading
    except SQLAlchemyError:
        put_down()  # what failed answers nothing more
        raise


def put_down(_: BaseException | None = None) -> None:
    """End the page's transaction, if it has one."""
    g.pop("reading", None)
    opened: ExitStack | None = g.pop("opened", None)
    if opened is not None:
        opened.close()


def install(app: Flask) -> None:
    """No transaction outlives its request."""
    app.teardown_request(put_down)


def _actor(person_id: str | None) -> Actor | None:
    if person_id is None:
        return None
    with reading() as work:
        person = work.get(Person, person_id)
        return actor_of(work, person, now()) if person else None


def actor() -> Actor:
    """Who is signed in; nobody is told of anything without it."""
    found = actor_or_none()
    if found is None:
        raise unknown()
    return found


def pool_id() -> str:
    """The one pool of this gateway."""
    with reading() as work:
        return work.once(pool_of).id


def one(subject_id: str) -> View:
    """A subject as the signed-in person sees it; the refusal `unknown` when they may not know of it."""
    with reading() as work:
        return views.one(work, actor(), subject_id, now(), settings().list_max_age_days)


def sees(subject_id: str) -> bool:
    """True when the signed-in person may know of a subject, so that a link to it leads somewhere."""
    try:
        return bool(one(subject_id))
    except Refusal:
        return False


def many(noun: Noun) -> list[View]:
    """Every subject of a noun that the signed-in person may know of, newest first."""
    with reading() as work:
        return views.many(work, actor(), noun, now(), settings().list_max_age_days)


def listed(noun: Noun) -> lists.Page:
    """The subjects of a noun that the signed-in person may know of, from the place in the address on."""
    with reading() as work:
        return lists.page(work, actor(), noun, now(), settings().list_max_age_days, before=place())


def place() -> Place | None:
    """Where in a list the address begins. Raises Invalid."""
    before = request.args.get("before")
    return Place.read(before) if before is not None else None


def waiting(noun: Noun, commands: Iterable[Command]) -> list[View]:
    """The subjects of a noun on which one of the commands may wait for the signed-in person."""
    with reading() as work:
        return lists.waiting(work, actor(), noun, commands, now(), settings().list_max_age_days)


def carry_out(command: Command, subject_id: str, given: Any = None) -> Outcome:
    """One command by the signed-in person, through the door."""
    g.at_the_door = True
    put_down()
    return perform(gateway(), actor=actor(), command=command, subject_id=subject_id, given=given)


def note(error: Invalid | Refusal) -> None:
    """What was refused on the way to the door (an unknown subject, a body too large) leaves the row it would leave."""
    command = getattr(current_app.view_functions.get(request.endpoint or ""), "command", None)
    if request.method != "POST" or command is None or g.get("at_the_door") or actor_or_none() is None:
        return
    subject_id = (request.view_args or {}).get("subject_id", "") or pool_id()
    g.at_the_door = True
    record_refusal(gateway(), actor(), command, subject_id, None, error)


def past(subject_id: str) -> list[View]:
    """What happened to a subject, as far as the signed-in person may know."""
    with reading() as work:
        return history.history(work, actor(), subject_id, now(), settings().list_max_age_days)
