"""Roles are relations: what a person is on this subject, with every conflict of interest already taken out."""

from gateway.rules.facts import Actor, Facts
from gateway.vocabulary import Noun, Role, Seat

STANDING = {
    Seat.RESEARCHER: Role.RESEARCHER,
    Seat.IG_OFFICER: Role.IG_OFFICER,
    Seat.OPERATOR: Role.OPERATOR,
    Seat.AUDITOR: Role.AUDITOR,
    Seat.SIGNATORY: Role.SIGNATORY,
}
COMMITTEE = {Seat.COMMITTEE_MEMBER, Seat.LAY_MEMBER}


def seat_roles(actor: Actor) -> frozenset[Role]:
    """Every role that some subject may give the actor without their belonging to it; `roles_on` says which do."""
    seats = actor.appointments
    held = {Role.SIGNED_IN} | {role for seat, role in STANDING.items() if seat in seats}
    held |= {Role.COMMITTEE_MEMBER} if seats & COMMITTEE else set()
    held |= {Role.OUTPUT_CHECKER} if Seat.OUTPUT_CHECKER in seats else set()
    return frozenset({Role.SYSTEM} if actor.is_system else held)


def roles_on(actor: Actor, facts: Facts) -> frozenset[Role]:
    """Every role the actor holds on the subject.

    A committee member is none on a project they belong to, or in which they declared an interest in any round;
    a checker is none on a release they wrote, in a
    project they belong to, or on a pool where they have a workspace (privacy model P11); an IG officer is
    none on their own project. Whoever has several accounts belongs where any of them does, and may only do there
    what this one may.
    """
    if actor.is_system:
        return frozenset({Role.SYSTEM})
    held = {Role.SIGNED_IN} | {role for appointment, role in STANDING.items() if appointment in actor.appointments}
    member = next((m for m in facts.members if m.person_id == actor.person_id), None)
    if _belongs(actor, facts):
        held -= {Role.IG_OFFICER}
    elif actor.appointments & COMMITTEE and not _recused(actor, facts):
        held.add(Role.COMMITTEE_MEMBER)
    if member is not None and Role.RESEARCHER in held:
        held |= {Role.MEMBER} | ({Role.LEAD} if member.leads else set())
    if Seat.OUTPUT_CHECKER in actor.appointments and _independent(actor, facts):
        held.add(Role.OUTPUT_CHECKER)
    if owns(actor, facts):
        held.add(Role.OWNER)
    if _wrote(actor, facts) and Role.MEMBER in held:
        held.add(Role.AUTHOR)
    return frozenset(held)


def _wrote(actor: Actor, facts: Facts) -> bool:
    return facts.release is not None and facts.release.author_id == actor.person_id


def _belongs(actor: Actor, facts: Facts) -> bool:
    return any(member.person_id in actor.accounts for member in facts.members)


def _recused(actor: Actor, facts: Facts) -> bool:
    return any(row.conflict and row.person_id in actor.accounts for row in facts.declarations)


def _independent(actor: Actor, facts: Facts) -> bool:
    wrote = facts.release is not None and facts.release.author_id in actor.accounts
    return not _belongs(actor, facts) and not wrote and not actor.accounts & facts.people_with_workspaces


def owns(actor: Actor, facts: Facts) -> bool:
    """True for the person whose own record, or certificate, this is."""
    return facts.noun in {Noun.PERSON, Noun.CERTIFICATE} and facts.owner_id == actor.person_id
