"""Which rows may be worth a look for somebody, newest first: a question to the database, before the rules judge each.

Whatever is left out here `may_see` would refuse as well; a test holds both together.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlmodel import col, select

from gateway.models import Membership, Workspace
from gateway.rules.facts import Actor
from gateway.rules.visibility import Reach, reach
from gateway.store.queries.facts import TABLES
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Noun
from workspaces.catalogue.errors import Invalid

SINCE = {
    Noun.OPT_OUT_LIST: "received_at",
    Noun.PROJECT: "created_at",
    Noun.SNAPSHOT: "requested_at",
    Noun.WORKSPACE: "opened_at",
    Noun.TRANSFER: "submitted_at",
    Noun.JOB: "submitted_at",
    Noun.RELEASE: "created_at",
    Noun.REGISTER_ENTRY: "created_at",
    Noun.PERSON: "created_at",
    Noun.CERTIFICATE: "presented_at",
    Noun.ERASURE_ORDER: "proposed_at",
    Noun.REFRESH: "begun_at",
    Noun.EXEMPTION: "proposed_at",
}
_THROUGH_WORKSPACES = frozenset({Noun.TRANSFER, Noun.JOB})
_OF_A_PROJECT = frozenset({Noun.SNAPSHOT, Noun.WORKSPACE, Noun.RELEASE, Noun.REGISTER_ENTRY, Noun.EXEMPTION})


class Place(NamedTuple):
    """Where a page of a list ended: what comes after it is older."""

    moment: datetime
    id: str

    def __str__(self) -> str:
        return f"{self.moment.isoformat()}~{self.id}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """A place as an address gives it. Raises Invalid; what it names is compared with, never looked up."""
        moment, _, id_ = text.partition("~")
        try:
            found = datetime.fromisoformat(moment)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not (id_.isascii() and id_.isprintable() and len(id_) <= 64):
            raise Invalid("list:unknown_place", "There is no such place in a list.", "Begin at its first page.")
        return cls(found, id_)


def place_of(noun: Noun, row: Any) -> Place:
    """Where a row stands in its list; a pool, of which there is one, needs no place."""
    return Place(getattr(row, SINCE[noun]), row.id)


def worth_a_look(actor: Actor, noun: Noun) -> ColumnElement[bool]:
    """The rows that somebody may know of, or more; never fewer."""
    far = reach(actor, noun)
    if far is Reach.ALL:
        return true()
    own, table = own_rows(actor, noun), _table(noun)
    if far is Reach.OWN:
        return own
    has_drafts = "DRAFT" in table.model_fields["state"].annotation.__members__
    return or_(col(table.state) != "DRAFT", own) if has_drafts else true()  # PostgreSQL compares with its states only


def own_rows(actor: Actor, noun: Noun) -> ColumnElement[bool]:
    """The rows of one's projects; of people oneself."""
    table = _table(noun)
    mine = select(Membership.project_id).where(col(Membership.person_id) == actor.person_id)
    if noun is Noun.PERSON:
        return col(table.id) == actor.person_id
    if noun is Noun.CERTIFICATE:
        return col(table.person_id) == actor.person_id
    if noun is Noun.PROJECT:
        return col(table.id).in_(mine)
    if noun in _OF_A_PROJECT:
        return col(table.project_id).in_(mine)
    if noun in _THROUGH_WORKSPACES:
        return col(table.workspace_id).in_(select(Workspace.id).where(col(Workspace.project_id).in_(mine)))
    return false()


def in_order(
    work: Work, noun: Noun, which: ColumnElement[bool], before: Place | None = None, limit: int | None = None
) -> Sequence[Any]:
    """Rows newest first, from a place on."""
    table = _table(noun)
    since = col(getattr(table, SINCE.get(noun, "id")))
    if before is not None:
        which = and_(which, since <= before.moment, or_(since < before.moment, col(table.id) < before.id))
    query = select(table).where(which).order_by(since.desc(), col(table.id).desc())
    return work.session.exec(query if limit is None else query.limit(limit)).all()


def _table(noun: Noun) -> Any:
    return TABLES[noun]
