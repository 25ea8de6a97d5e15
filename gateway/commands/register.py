"""The public register: an entry is drafted by the decision itself and published by an IG officer."""

from gateway.commands.act import Act, Given, verb
from gateway.models import RegisterEntry
from gateway.vocabulary import Command


@verb(Command.PUBLISH_ENTRY)
def publish(*, act: Act, subject: RegisterEntry, given: Given) -> None:
    """Anybody can read it from now on."""
    subject.published_at = act.now
