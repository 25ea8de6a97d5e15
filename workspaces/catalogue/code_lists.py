"""Published code lists: named, versioned, with a digest, cited by id in a person view (privacy model P1)."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class CodeList:
    """A list of OMOP concepts of one table, cited as `id`, e.g. `hypertension/1`."""

    id: str
    name: str
    concept_ids: tuple[int, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the id and the sorted concepts."""
        return sha256(f"{self.id}:{','.join(map(str, sorted(self.concept_ids)))}".encode()).hexdigest()


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
