"""What is seen of people: themselves, how they stand with certificates, and the certificates one by one."""

from datetime import datetime

from gateway.models import Certificate, Membership, Person
from gateway.rules.certificates import COUNTS, KINDS, Standing
from gateway.rules.facts import Actor, Facts
from gateway.store.queries.certificates import demands, standings
from gateway.store.queries.view_parts import PEOPLE, View, person, plain
from gateway.store.unit_of_work import Work
from gateway.vocabulary import ProjectState, Role, Seat

_TOLD = frozenset({Role.OWNER, Role.IG_OFFICER, Role.AUDITOR})


def oneself(work: Work, actor: Actor, roles: frozenset[Role], subject: Person, facts: Facts) -> View:
    """Somebody: their address for themselves alone; how they stand for them and who answers for accreditation."""
    body = plain(subject, "name", "organisation")
    body |= plain(subject, "email") if subject.id == actor.person_id else {}
    if roles & _TOLD:
        body["certificates"] = [standing_shown(each) for each in standings(work, subject, facts.now)]
    return body


def standing_shown(each: Standing) -> View:
    """How somebody stands with one kind."""
    return {
        "kind": each.kind,
        "title": each.title,
        "stand": each.stand.value,
        "ends_on": each.ends_on.isoformat() if each.ends_on else None,
        "demanded_by": sorted(seat.value for seat in each.demanded_by),
    }


def certificate(work: Work, actor: Actor, roles: frozenset[Role], subject: Certificate, facts: Facts) -> View:  # noqa: ARG001
    """One certificate, for its holder and for accreditation."""
    said = plain(subject, "kind", "organisation", "reference", "issued_on", "ends_on", "presented_at", "decided_at")
    ended = subject.ends_on is not None and subject.ends_on < facts.now.date()
    held = {"person": person(work, subject.person_id), "title": KINDS[subject.kind].title, "ended": ended}
    return {**said, **held, "reason": subject.reason}


def member(work: Work, row: Membership, now: datetime) -> View:
    """Somebody in a project, and what they lack to work in it: the project proposes, accreditation decides."""
    found, asked = work.one_of(PEOPLE, row.person_id), work.once(demands, now)
    kinds = [kind for kind, seats in asked.items() if Seat.RESEARCHER in seats]
    lacking = [each for each in standings(work, found, now, kinds) if each.stand not in COUNTS] if found else []
    return {**person(work, row.person_id), "leads": row.leads, "lacks": [each.title for each in lacking]}


def declarations(work: Work, actor: Actor, roles: frozenset[Role], facts: Facts) -> list[View]:
    """What members of the committee declared: one's own, and all of them once it has settled or for auditors."""
    decided = facts.state is not ProjectState.SUBMITTED or Role.AUDITOR in roles
    rows = [row for row in facts.declarations if decided or row.person_id in actor.accounts]
    said = [plain(row, "conflict", "reason", "round", "at") for row in rows]
    return [{**told, "person": person(work, row.person_id)} for told, row in zip(said, rows, strict=True)]
