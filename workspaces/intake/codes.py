"""The fixed maps that turn a source's codes and words into the catalogue's values, as tables of the engine."""

from collections.abc import Iterator
from hashlib import sha256

from workspaces.catalogue.concepts import Concept, concepts
from workspaces.catalogue.legal_codes import VERSION, legal_codes
from workspaces.catalogue.places import BOROUGHS
from workspaces.catalogue.tables import EVENT_TYPES
from workspaces.engine import Engine, fill

_TABLE_OF = {
    "visit": "visit_occurrence",
    "condition": "condition_occurrence",
    "drug": "drug_exposure",
    "measurement": "measurement",
    "procedure": "procedure_occurrence",
    "observation": "observation",
}

_SEX_WORDS = {
    "female": ("female", "f", "2", "8532"),
    "male": ("male", "m", "1", "8507"),
    "other": ("other", "8521"),
}
_ETHNIC_CATEGORIES = {"white": "ABC", "mixed": "DEFG", "asian": "HJKL", "black": "MNP", "other": "RS"}

CodeRow = tuple[
    str, str, str | None, int | None, str | None, int | None, int | None, int | None, int | None, str | None
]

MACROS = """
CREATE MACRO two_digits(t) AS CASE WHEN len(t) < 2 THEN '0' || t ELSE t END;
CREATE MACRO unit_word(t) AS regexp_replace(lower(replace(t, '²', '2')), '[^a-z0-9/%]', '', 'g');
CREATE MACRO day_text(t) AS CASE
    WHEN t[5:5] = '-' AND t[8:8] = '-' THEN try_cast(left(t, 10) AS DATE)
    WHEN t[5:5] = '-' AND len(t) = 7 THEN try_cast(t || '-01' AS DATE)
    WHEN len(t) = 4 THEN try_cast(t || '-01-01' AS DATE)
    WHEN t[3:3] = '/' AND t[6:6] = '/' THEN try_strptime(left(t, 10), '%d/%m/%Y')::DATE END;
CREATE MACRO as_day(t) AS CASE WHEN day_text(t) >= DATE '1900-01-01' THEN day_text(t) END;
CREATE MACRO bare(t) AS regexp_replace(t, '[\\s\\p{Z}\\p{Pd}\\p{Cf}]', '', 'g');
CREATE MACRO as_number(t) AS CASE WHEN regexp_full_match(bare(t), '[0-9]{10}') THEN bare(t)::BIGINT END;
CREATE MACRO check_digit_holds(n) AS n > 0 AND (
    10 * (n // 1000000000) + 9 * (n // 100000000 % 10) + 8 * (n // 10000000 % 10) + 7 * (n // 1000000 % 10)
    + 6 * (n // 100000 % 10) + 5 * (n // 10000 % 10) + 4 * (n // 1000 % 10) + 3 * (n // 100 % 10)
    + 2 * (n // 10 % 10) + n % 10) % 11 = 0;
CREATE MACRO is_in_use(n, synthetic) AS coalesce(check_digit_holds(n) AND (n // 1000000000 = 9) = synthetic, false);
"""
"""`as_day` reads an ISO date or date-time (a bare year or month means its first day) or DD/MM/YYYY, and gives null
for anything else or before 1900. `as_number` passes over whatever spaces and dashes people put between the digits,
so that an opt-out is not missed for the way a number is written. `check_digit_holds` is Modulus 11 (NHS Data
Dictionary, NHS NUMBER): the weighted sum of all ten digits, the check digit weighing 1, is a multiple of 11; a
remainder that would need a check digit of 10 can then never hold."""


def mapping_version() -> str:
    """A digest over every fixed map used at load: a changed map makes the same bytes a new load."""
    return sha256(repr((VERSION, MACROS, _code_rows(), _word_rows(), _place_rows())).encode()).hexdigest()


def create_maps(engine: Engine) -> None:
    """Create the macros and the tables `code`, `word` and `place`."""
    engine.execute(MACROS)
    texts, numbers = ("key", "use", "target"), ("low", "step", "steps", "parts")
    fill(
        engine,
        "code",
        {
            **dict.fromkeys(texts, "VARCHAR"),
            "concept_id": "INTEGER",
            "label": "VARCHAR",
            **dict.fromkeys(numbers, "INTEGER"),
            "unit": "VARCHAR",
        },
        _code_rows(),
    )
    fill(engine, "word", dict.fromkeys(("attribute", "word", "value"), "VARCHAR"), _word_rows())
    fill(engine, "place", dict.fromkeys(("word", "borough"), "VARCHAR"), _place_rows())


def _code_rows() -> list[CodeRow]:
    return sorted({*_concept_rows(), *_event_type_rows(), *_legal_rows()}, key=repr)


def _concept_rows() -> Iterator[CodeRow]:
    for concept in concepts():
        for key in (*(f"{vocabulary}|{code}" for vocabulary, code in concept.codes), f"OMOP|{concept.concept_id}"):
            yield (key, "concept", _TABLE_OF[concept.domain], concept.concept_id, None, *_grid(concept))


def _grid(concept: Concept) -> tuple[int | None, int | None, int | None, int | None, str | None]:
    """The grid in whole numbers: value = (low + k * step) / parts for k from 0 to steps."""
    grid = concept.grid
    if grid is None:
        return (None, None, None, None, None)
    parts = grid.step.denominator * grid.low.denominator
    steps = int((grid.high - grid.low) / grid.step)
    return (int(grid.low * parts), int(grid.step * parts), steps, parts, grid.unit)


def _event_type_rows() -> Iterator[CodeRow]:
    for value in EVENT_TYPES.values:
        yield (f"CLD|{value}", "concept", "social_care_event", 0, str(value), None, None, None, None, None)


def _legal_rows() -> Iterator[CodeRow]:
    """Each code under its own vocabulary and as a source's own code, since senders name theirs loosely."""
    for legal in legal_codes():
        for vocabulary in (legal.vocabulary, "SOURCE"):
            yield (f"{vocabulary}|{legal.code}", legal.use, None, None, None, None, None, None, None, None)


def _word_rows() -> list[tuple[str, str, str]]:
    sexes = [("sex", word, sex) for sex, words in _SEX_WORDS.items() for word in words]
    groups = [("ethnic_group", letter, group) for group, letters in _ETHNIC_CATEGORIES.items() for letter in letters]
    return sexes + groups


def _place_rows() -> list[tuple[str, str]]:
    return [(word, borough.code) for borough in BOROUGHS for word in (borough.code, borough.name.upper())]
