"""What views are made of: chosen fields, people by name, money."""

from typing import Any

from sqlmodel import SQLModel, col

from gateway.models import Person
from gateway.rules.budgets import left
from gateway.rules.facts import Facts
from gateway.store.unit_of_work import Relation, Work

View = dict[str, Any]
PEOPLE = Relation(Person, col(Person.id))


def plain(row: SQLModel, *names: str) -> View:
    """Some fields as JSON."""
    return row.model_dump(mode="json", include=set(names))


def person(work: Work, person_id: str) -> View:
    """Somebody by name."""
    found = work.one_of(PEOPLE, person_id)
    return {"id": person_id, "name": found.name if found else person_id}


def budget(facts: Facts) -> View | None:
    """What a project was granted, has set aside, spent and left."""
    if facts.budget is None:
        return None
    row = facts.budget
    return {
        "granted_micro_rho": row.granted_micro_rho,
        "reserved_micro_rho": row.reserved_micro_rho,
        "spent_micro_rho": row.spent_micro_rho,
        "left_micro_rho": left(row).micro_rho,
    }
