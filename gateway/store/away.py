"""When a part of the house does not answer: nobody's defect, nothing was changed, and it may be tried again."""

from sqlalchemy.exc import OperationalError

from gateway.store.standing import RESTORING, ROTATING, UPGRADING, Closed
from workspaces.catalogue.errors import Invalid
from workspaces.snapshots.objects import StoreUnavailable

AWAY = (StoreUnavailable, OperationalError)
RETRY_AFTER_SECONDS = 30
_NEXT = "Nothing was changed. Try again in a minute; if it goes on, tell the operator."

_WAIT = "Nothing was changed. It opens again by itself when that is done; the operator knows when."
_DOING = {RESTORING: "put back from a backup", UPGRADING: "moved to a newer version", ROTATING: "given a new key"}


def told(error: Exception) -> Invalid:
    """What is said of it: which part, never what it said itself."""
    if isinstance(error, Closed):
        return Invalid("gateway:closed", f"The gateway is closed while it is {_DOING[str(error)]}.", _WAIT)
    if isinstance(error, StoreUnavailable):
        return Invalid("store:away", "The store of files does not answer at present.", _NEXT)
    return Invalid("database:away", "The database does not answer at present.", _NEXT)
