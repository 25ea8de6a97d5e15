"""Who a bearer token speaks for."""

from dataclasses import replace
from datetime import datetime

from gateway.models import ApiToken, Person
from gateway.rules.facts import Actor
from gateway.rules.scopes import SCOPES
from gateway.store.queries.facts import actor_of
from gateway.store.unit_of_work import Work
from gateway.vocabulary import PersonState


def actor_of_token(work: Work, token_hash: str, now: datetime) -> Actor | None:
    """Who a token that is neither expired nor revoked speaks for, and what it may do of what they may; or None."""
    token = work.find(ApiToken, ApiToken.token_hash == token_hash)
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    person = work.need(Person, token.person_id)
    if person.state is not PersonState.ACTIVE:
        return None
    return replace(actor_of(work, person, now), only=SCOPES[token.scope].commands)
