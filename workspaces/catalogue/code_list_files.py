"""Code lists as files: a CSV with a column of codes becomes a list of the concepts that snapshots hold.

Codes are kept as they were published; what a person view cites is the concepts they lead to by the fixed mapping of
the catalogue. A code that the catalogue does not know stays in the list and is counted.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO

from workspaces.catalogue.concepts import concepts
from workspaces.catalogue.errors import Invalid

LARGEST_BYTES, MOST_CODES, LONGEST_TERM = 8 * 2**20, 50_000, 300
_CODE_COLUMNS = ("code", "dmd_id", "snomedctconceptid", "snomedcode", "snomed_code", "conceptid", "icd10_code", "id")
_TERM_COLUMNS = ("term", "dmd_name", "name", "description", "preferred_term", "meaning")


class Vocabulary(StrEnum):
    """Where codes come from. dm+d codes are SNOMED CT codes of medicines."""

    SNOMED = "SNOMED"
    ICD10 = "ICD10"
    DMD = "DMD"


@dataclass(frozen=True)
class ReadList:
    """A list as it was read: code -> term, in order of codes; the concepts it leads to, and of what kind they are."""

    vocabulary: Vocabulary
    codes: Mapping[str, str]
    concept_ids: tuple[int, ...]
    domain: str
    unmapped: int


def read_code_list(text: str, vocabulary: Vocabulary) -> ReadList:
    """Read a list. Raises Invalid, naming lines but never what stands on them."""
    codes = _codes(text, vocabulary)
    found = [_leads_to(code, vocabulary) for code in codes]
    mapped = {concept for concept in found if concept is not None}
    domains = {domain for _, domain in mapped}
    if len(domains) != 1:
        kinds = ", ".join(sorted(domains)) or "none"
        raise Invalid(
            "code_list:no_single_kind",
            f"The codes lead to these kinds of records: {kinds}. A list is of one kind.",
            "Leave out the others, or choose the vocabulary that the codes are from.",
        )
    ids = tuple(sorted(concept for concept, _ in mapped))
    return ReadList(vocabulary, codes, ids, domains.pop(), found.count(None))


def _codes(text: str, vocabulary: Vocabulary) -> dict[str, str]:
    if len(text) > LARGEST_BYTES:
        raise _unreadable(f"The file is larger than {LARGEST_BYTES // 2**20} MiB.")
    rows = _rows(text)
    names = [name.strip().lower() for name in rows[0]]
    code_at = next((names.index(name) for name in _CODE_COLUMNS if name in names), None)
    term_at = next((names.index(name) for name in _TERM_COLUMNS if name in names), None)
    if code_at is None:
        raise _unreadable("The first line names no column of codes.")
    given = [(number, row) for number, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    wrong = [number for number, row in given if len(row) != len(names) or not _is_code(row[code_at], vocabulary)]
    if wrong:
        lines = ", ".join(map(str, wrong[:5])) + (" and more" if len(wrong) > 5 else "")
        raise _unreadable(f"No {vocabulary} code stands on these lines: {lines}.")
    if not given or len(given) > MOST_CODES:
        raise _unreadable(f"A list has between 1 and {MOST_CODES} codes.")
    read = {_plain(row[code_at], vocabulary): _term(row[term_at]) if term_at is not None else "" for _, row in given}
    return dict(sorted(read.items()))


def _rows(text: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error:
        raise _unreadable("The file is not CSV.") from None
    if not rows:
        raise _unreadable("The file is empty.")
    return rows


def _term(text: str) -> str:
    """What a code means, as one line that everybody can see."""
    return "".join(each for each in " ".join(text.split()) if each.isprintable())[:LONGEST_TERM]


def _plain(code: str, vocabulary: Vocabulary) -> str:
    code = code.strip()
    if vocabulary is not Vocabulary.ICD10:
        return code
    bare = code.upper().replace(".", "").rstrip("-")
    return bare if len(bare) == 3 else f"{bare[:3]}.{bare[3:]}"


def _is_code(text: str, vocabulary: Vocabulary) -> bool:
    text = text.strip()
    if vocabulary is Vocabulary.ICD10:
        return re.fullmatch(r"[A-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,2}|\.?-)?", text.upper()) is not None
    return re.fullmatch(r"[1-9][0-9]{5,17}", text) is not None and _check_digit_holds(text)


_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


@cache
def _permuted(position: int) -> tuple[int, ...]:
    return tuple(range(10)) if position == 0 else tuple(_TURN[each] for each in _permuted(position - 1))


def _times(left: int, right: int) -> int:
    """In the dihedral group of ten elements: five turns, and each of them mirrored."""
    turned = left + right if left < 5 else left - right
    return turned % 5 + (5 if (left < 5) != (right < 5) else 0)


def _check_digit_holds(code: str) -> bool:
    """The check digit of an SCTID (Verhoeff's dihedral scheme, SNOMED CT Release File Specification, 5.5)."""
    check = 0
    for position, digit in enumerate(reversed(code)):
        check = _times(check, _permuted(position % 8)[int(digit)])
    return check == 0


@cache
def known(vocabulary: Vocabulary) -> Mapping[str, tuple[int, str]]:
    """Code -> concept and its domain. dm+d is a part of SNOMED CT; ICD-10 has a published map of its own."""
    domain_of = {concept.concept_id: concept.domain for concept in concepts()}
    if vocabulary is Vocabulary.ICD10:
        with (files("workspaces.catalogue") / "data/icd10.csv").open(encoding="utf-8") as file:
            rows = [(row["code"], int(row["concept_id"])) for row in csv.DictReader(file)]
    else:
        rows = [(code, each.concept_id) for each in concepts() for named, code in each.codes if named == "SNOMED"]
    found = {code: (concept, domain_of[concept]) for code, concept in rows}
    drugs = {code: each for code, each in found.items() if each[1] == "drug"}
    return drugs if vocabulary is Vocabulary.DMD else found


def _leads_to(code: str, vocabulary: Vocabulary) -> tuple[int, str] | None:
    """The concept of a code; of an ICD-10 subcategory that the map does not name, the one of its category."""
    found = known(vocabulary)
    return found.get(code) or (found.get(code.partition(".")[0]) if vocabulary is Vocabulary.ICD10 else None)


def _unreadable(sentence: str) -> Invalid:
    return Invalid("code_list:unreadable", sentence, "Give a CSV file in UTF-8 with a column named code.")
