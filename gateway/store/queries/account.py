"""What people find on their own page beside their sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col

from gateway.models import ApiToken
from gateway.store.unit_of_work import Work


def live_tokens(work: Work, person_id: str, now: datetime) -> Sequence[ApiToken]:
    """One person's tokens that still work, newest first; their secrets are not kept anywhere."""
    rows = work.all(ApiToken, ApiToken.person_id == person_id, order=col(ApiToken.created_at).desc())
    return [row for row in rows if row.revoked_at is None and row.expires_at > now]
