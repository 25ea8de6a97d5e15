"""How messages reach the national service and come back: by whoever moves files, or over MESH."""

from dataclasses import dataclass
from typing import Protocol

from workspaces.opt_outs.exchange import Exchange


@dataclass(frozen=True)
class Collected:
    """What one look into the mailbox brought: local ids of answers and of undelivered requests, and how many messages
    were not from the service; those are dropped unread."""

    answered: tuple[str, ...] = ()
    undelivered: tuple[str, ...] = ()
    strange: int = 0


class Carrier(Protocol):
    """Carries what lies in the outbox out, and what waits for us into the inbox. Each call can be made again.

    Raises `Invalid` when the way is closed: then nothing was lost, and nothing was sent twice.
    """

    def send(self, exchange: Exchange) -> tuple[str, ...]:
        """Send every request that waits in the outbox; their local ids."""

    def collect(self, exchange: Exchange) -> Collected:
        """Bring in every message that waits for us."""


class ByHand:
    """Somebody else moves the files between both folders and the service, as its own client program does."""

    def send(self, exchange: Exchange) -> tuple[str, ...]:  # noqa: ARG002
        """Leaves them in the outbox."""
        return ()

    def collect(self, exchange: Exchange) -> Collected:  # noqa: ARG002
        """Finds in the inbox what was put there."""
        return Collected()
