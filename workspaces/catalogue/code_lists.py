"""Published code lists: named, versioned, with a digest, cited by id in a person view (privacy model P1).

A version never changes once it is published; what is worded anew is the next version.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class CodeList:
    """A list of OMOP concepts of one table, cited as `id`, e.g. `hypertension/1`.

    `codes` are (code, term) of `vocabulary` as they were published, where the list came from a file.
    """

    id: str
    name: str
    concept_ids: tuple[int, ...]
    vocabulary: str = "OMOP"
    codes: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the id, the sorted concepts and, where there are any, the vocabulary and the sorted codes."""
        concepts = f"{self.id}:{','.join(map(str, sorted(self.concept_ids)))}"
        published = json.dumps([self.vocabulary, sorted(code for code, _ in self.codes)]) if self.codes else ""
        return sha256(f"{concepts}{published}".encode()).hexdigest()


@dataclass(frozen=True)
class Cited:
    """What a person view needs of a list that it cites: its concepts, and the digest that the proof notes."""

    id: str
    name: str
    concept_ids: tuple[int, ...]
    digest: str


@dataclass(frozen=True)
class Difference:
    """What one list has and another has not: codes with their terms, and concepts that snapshots hold."""

    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    concepts_added: tuple[int, ...]
    concepts_removed: tuple[int, ...]


def compare(old: CodeList, new: CodeList) -> Difference:
    """From the old list to the new one; a term that is worded anew is no difference."""
    concepts = set(old.concept_ids), set(new.concept_ids)
    return Difference(
        _without(new.codes, old.codes),
        _without(old.codes, new.codes),
        tuple(sorted(concepts[1] - concepts[0])),
        tuple(sorted(concepts[0] - concepts[1])),
    )


def _without(codes: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    known = {code for code, _ in others}
    return tuple(sorted(each for each in codes if each[0] not in known))


CODE_LISTS: dict[str, CodeList] = {
    code_list.id: code_list
    for code_list in (
        CodeList("hypertension/1", "Hypertension", (320128,)),
        CodeList("diabetes/1", "Diabetes mellitus", (201826, 201254)),
        CodeList("respiratory/1", "Asthma or COPD", (317009, 255573)),
        CodeList("cardiovascular/1", "Cardiovascular disease", (313217, 317576, 381316, 316139)),
        CodeList("antihypertensives/1", "Blood-pressure lowering drugs", (1332418, 1334456)),
        CodeList("emergency/1", "Emergency visits", (9203,)),
        CodeList("inpatient/1", "Inpatient visits", (9201,)),
    )
}
CITED: dict[str, Cited] = {
    each.id: Cited(each.id, each.name, each.concept_ids, each.digest) for each in CODE_LISTS.values()
}
"""The lists that come with the catalogue; a gateway has those beside them that its IG officers imported."""


def cited_in(imported: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Cited]:
    """The lists of the catalogue with those of a gateway: id -> `name`, `concept_ids` and `digest`."""
    found = {
        str(id_): Cited(str(id_), str(each["name"]), tuple(map(int, each["concept_ids"])), str(each["digest"]))
        for id_, each in imported.items()
    }
    return {**found, **CITED}
