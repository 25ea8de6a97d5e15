"""Something that somebody, or their organisation, must hold to work here: training, accreditation, an agreement."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from gateway.models.columns import Instant, opaque_id
from gateway.vocabulary import CertificateState


class Certificate(SQLModel, table=True):
    """One certificate. `organisation` is empty for one of a person; else everybody there is covered by it.

    Whether it still counts on a day is worked out from `ends_on`: nothing has to run for it to lapse.
    """

    __tablename__ = "certificate"

    id: str = Field(default_factory=lambda: opaque_id("crt"), primary_key=True)
    state: CertificateState = Field(default=CertificateState.PRESENTED, index=True)
    kind: str
    person_id: str = Field(foreign_key="person.id", index=True)
    organisation: str = Field(default="", index=True)
    reference: str
    issued_on: date
    ends_on: date | None = None
    presented_at: datetime = Field(sa_type=Instant, index=True)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str = ""
    reason: str = ""
    warned_days: int | None = None
