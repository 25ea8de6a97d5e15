"""What people hold, as the rules need it: demands in force, and certificates of a person and their organisation."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import col

from gateway.models import AccessTerms, Certificate, Person, Requirement
from gateway.rules.certificates import KINDS, Standing, demanded, standing, suspended, version_in_force
from gateway.store.unit_of_work import Relation, Work
from gateway.vocabulary import Seat

Demands = dict[str, frozenset[Seat]]
HELD = Relation(Certificate, col(Certificate.person_id), col(Certificate.presented_at).desc())
OF_ORGANISATION = Relation(Certificate, col(Certificate.organisation), col(Certificate.presented_at).desc())


def demands(work: Work, now: datetime) -> Demands:
    """For each kind of certificate the seats that demand it now."""
    return demanded(work.all(Requirement), now)


def standings(work: Work, person: Person, now: datetime, kinds: Iterable[str] = tuple(KINDS)) -> list[Standing]:
    """How somebody stands with these kinds of certificate, or with every kind."""
    wanted = tuple(kinds)
    if not wanted:
        return []  # and nothing is asked: a list of projects has hundreds of members
    asked = work.once(demands, now)
    version = version_in_force(work.once(every_version), now)
    held = held_by(work, person)
    return [standing(kind, held, version, now, asked.get(kind, frozenset())) for kind in wanted]


def suspended_seats(work: Work, person: Person, now: datetime) -> frozenset[Seat]:
    """The seats that somebody does not hold for want of a certificate; nothing is asked where none is demanded."""
    asked = work.once(demands, now)
    return suspended(standings(work, person, now, asked)) if asked else frozenset()


def held_by(work: Work, person: Person) -> Sequence[Certificate]:
    """Somebody's certificates and those of their organisation, the newest first."""
    own = [each for each in work.of(HELD, person.id) if not each.organisation]
    return [*own, *(work.of(OF_ORGANISATION, person.organisation) if person.organisation else ())]


def every_version(work: Work) -> Sequence[AccessTerms]:
    """Every version of the agreement, the newest first."""
    return work.all(AccessTerms, order=col(AccessTerms.version).desc())
