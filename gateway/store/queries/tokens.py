"""Who a bearer token speaks for."""

from datetime import datetime

from gateway.models import ApiToken, Person
from gateway.store.unit_of_work import Work


def person_of_token(work: Work, token_hash: str, now: datetime) -> Person | None:
    """The person of a token that is neither expired nor revoked, or None."""
    token = work.find(ApiToken, ApiToken.token_hash == token_hash)
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    return work.get(Person, token.person_id)
