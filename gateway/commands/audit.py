"""The log itself: exported by auditors, signed by the system."""

from datetime import datetime

from pydantic import Field

from gateway.commands.act import Act, Given, verb
from gateway.models import Checkpoint, Pool
from gateway.store import audit_chain
from gateway.vocabulary import Command

_HEX_32, _HEX_64 = r"^[0-9a-f]{64}$", r"^[0-9a-f]{128}$"


@verb(Command.EXPORT_AUDIT)
def export_audit(*, act: Act, subject: Pool, given: Given) -> None:
    """The whole log up to this moment with its checkpoints; anyone can verify it offline."""
    act.returned = {
        "rows": audit_chain.export(act.work),
        "checkpoints": [audit_chain.published(row) for row in audit_chain.checkpoints(act.work)],
    }


class Signed(Given):
    """A checkpoint as it was signed, and the frontier of its tree."""

    size: int = Field(ge=1)
    root: str = Field(pattern=_HEX_32)
    at: datetime
    public_key: str = Field(pattern=_HEX_32)
    signature: str = Field(pattern=_HEX_64)
    edge: list[str]


@verb(Command.SIGN_CHECKPOINT, Signed)
def sign_checkpoint(*, act: Act, subject: Pool, given: Signed) -> None:
    """Kept; when two workers sign at once, the first of a size is the one that counts."""
    if act.work.get(Checkpoint, given.size) is None:
        act.work.add(Checkpoint(**given.model_dump()))
