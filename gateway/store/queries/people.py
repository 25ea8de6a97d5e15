"""People as others name them: by email address, or by the id that their account page shows."""

from collections.abc import Sequence

from gateway.models import Person
from gateway.store.queries.facts import noun_of
from gateway.store.unit_of_work import Work
from gateway.vocabulary import Noun


def called(work: Work, name: str) -> Sequence[Person]:
    """Everybody of that address or id: an address is no identity, so that two people may have the same one."""
    name = name.strip()
    if not name:
        return ()
    return work.all(Person, (Person.id if noun_of(name) is Noun.PERSON else Person.email) == name)
