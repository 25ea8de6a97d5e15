"""Every code list that a view may cite: those of the catalogue, and those that IG officers imported. For everybody."""

from typing import Any

from sqlmodel import col

from gateway.models import CodeList
from gateway.rules.refusals import unknown
from gateway.store.queries.view_parts import View, plain
from gateway.store.unit_of_work import Work
from workspaces.catalogue import code_lists as published
from workspaces.catalogue.concepts import concept


def all_lists(work: Work) -> list[View]:
    """Every version without its codes, by id; newest versions first."""
    ours = [_shown(each, "the catalogue") for each in published.CODE_LISTS.values()]
    rows = work.all(CodeList, order=col(CodeList.version).desc())
    imported = [_shown(_published(row), row.publisher) | plain(row, "imported_at") for row in rows]
    return sorted([*ours, *imported], key=lambda each: str(each["id"]).partition("/")[0])


def one(work: Work, list_id: str) -> View:
    """One version with its codes and the concepts that snapshots hold. Raises the refusal `unknown`."""
    row = work.get(CodeList, list_id)
    found = _published(row) if row else published.CODE_LISTS.get(list_id)
    if found is None:
        raise unknown()
    held = [{"concept_id": number, "name": _name(number)} for number in found.concept_ids]
    told = _shown(found, row.publisher if row else "the catalogue")
    told |= plain(row, "imported_at") if row else {}
    return told | {"codes": [list(each) for each in found.codes], "concepts": held}


def compared(work: Work, old: str, new: str) -> View:
    """What was added and what was removed from one list to another. Raises the refusal `unknown`."""
    lists = [one(work, each) for each in (old, new)]
    before, after = (
        published.CodeList(
            each["id"],
            each["name"],
            tuple(held["concept_id"] for held in each["concepts"]),
            each["vocabulary"],
            tuple((code, term) for code, term in each["codes"]),
        )
        for each in lists
    )
    found = published.compare(before, after)
    return {
        "from": old,
        "to": new,
        "added": [list(each) for each in found.added],
        "removed": [list(each) for each in found.removed],
        "concepts_added": [_name(number) for number in found.concepts_added],
        "concepts_removed": [_name(number) for number in found.concepts_removed],
    }


def before(work: Work, list_id: str) -> str | None:
    """The version before this one, if there is one."""
    slug, _, version = list_id.partition("/")
    earlier = f"{slug}/{int(version) - 1}" if version.isascii() and version.isdigit() else ""
    return earlier if work.get(CodeList, earlier) else None


def _published(row: CodeList) -> published.CodeList:
    codes = tuple((code, term) for code, term in row.codes)
    return published.CodeList(row.id, row.name, tuple(row.concept_ids), row.vocabulary, codes)


def _shown(each: published.CodeList, publisher: str) -> dict[str, Any]:
    told = {"id": each.id, "name": each.name, "vocabulary": each.vocabulary, "publisher": publisher}
    return {**told, "codes_in_all": len(each.codes), "digest": each.digest, "concept_ids": list(each.concept_ids)}


def _name(number: int) -> str:
    found = concept(number)
    return found.name if found else str(number)
