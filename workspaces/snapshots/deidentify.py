"""From NHS numbers to what a project may see: pseudonyms, dense numbers, coarsened dates, ages and places.

Every rule is a fixed map of one person's own values (privacy model P2); a column without a rule cannot pass.
"""

import hmac
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workspaces.catalogue.errors import Invalid
from workspaces.catalogue.places import BOROUGHS, UNKNOWN
from workspaces.catalogue.tables import BAND_YEARS, TOP_AGE
from workspaces.engine import Engine, fill, run
from workspaces.numbers import keyed
from workspaces.snapshots.plan import key_id


@dataclass(frozen=True)
class PseudonymKey:
    """32 secret bytes of one project; they end with it, so pseudonyms of two projects cannot be joined."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != 32:
            raise ValueError("a pseudonym key has 32 bytes")

    def of_build(self, name: str) -> "PseudonymKey":
        """The key of one build: no two versions of a project's records share an order, and all end with its key."""
        return PseudonymKey(hmac.digest(self.key, b"build\0" + name.encode(), "sha256"))

    def longitudinal(self) -> bytes:
        """The key of pseudonyms that stay over the life of the project, for its workspace alone."""
        return hmac.digest(self.key, b"longitudinal", "sha256")

    @property
    def id(self) -> str:
        """Its name in the manifest."""
        return key_id(self.key)


def number_people(engine: Engine, *, pseudonyms: PseudonymKey, sample_key: bytes) -> int:
    """Fill `identity` (nhs_number, person_id, sample_key) for everyone in `kept`; gives how many.

    `person_id` counts 1, 2, … in the order of the project's pseudonyms, so it says nothing about number, source or
    order of arrival. Raises `Invalid` on a collision of either key, which a different key resolves.
    """
    numbers = np.asarray(engine.execute("FROM kept").fetchnumpy()["nhs_number"], dtype=np.int64)
    sampled, person = keyed(numbers, sample_key), pseudonymise(numbers, pseudonyms)
    _need_distinct(np.sort(sampled))
    engine.register("numbered", {"nhs_number": numbers, "person_id": person, "sample_key": sampled})
    engine.execute("CREATE TEMP TABLE identity AS FROM numbered")
    engine.unregister("numbered")
    return len(numbers)


def stay_known(engine: Engine, key: bytes) -> None:
    """Fill `staying` (person_id, pseudonym) for everyone in `identity`: 64 bits that a later build gives them again.

    Raises `Invalid` on a collision.
    """
    held = engine.execute("SELECT nhs_number, person_id FROM identity").fetchnumpy()
    pseudonyms = keyed(np.asarray(held["nhs_number"], dtype=np.int64), key)
    _need_distinct(np.sort(pseudonyms))
    engine.register("numbered", {"person_id": held["person_id"], "pseudonym": pseudonyms})
    engine.execute("CREATE TEMP TABLE staying AS FROM numbered")
    engine.unregister("numbered")


def pseudonymise(numbers: NDArray[np.int64], pseudonyms: PseudonymKey) -> NDArray[np.int32]:
    """The dense number of each: its place, from 1, in the order of the pseudonyms. One pass of AES, one sort."""
    keys = keyed(numbers, pseudonyms.key)
    order = np.argsort(keys)
    _need_distinct(keys[order])
    person = np.empty(len(numbers), dtype=np.int32)
    person[order] = np.arange(1, len(numbers) + 1, dtype=np.int32)
    return person


def _need_distinct(ordered: NDArray[np.uint64]) -> None:
    if (ordered[1:] == ordered[:-1]).any():
        raise Invalid(
            "snapshot:pseudonym_collision",
            "Two people would share one pseudonym under this key.",
            "Build with a new key of the project.",
        )


# One value of each attribute: from the best source that has one; sources are ordered by format, then organisation.
# They are views, worked out once, when the table is written.
_ATTRIBUTES = """
CREATE TEMP TABLE precedence AS
SELECT source_rank, organisation, row_number() OVER (ORDER BY source_rank, organisation)::INTEGER AS place_in_order
FROM (SELECT DISTINCT source_rank, organisation FROM source_person);
CREATE TEMP VIEW attributes AS
SELECT person_id, arg_min(birth_date, place_in_order) AS birth_date, arg_min(sex, place_in_order) AS sex,
    arg_min(ethnic_group, place_in_order) AS ethnic_group, arg_min(borough, place_in_order) AS borough
FROM source_person JOIN precedence USING (source_rank, organisation) JOIN identity USING (nhs_number)
GROUP BY person_id;
CREATE TEMP TABLE age_group AS
SELECT age::INTEGER AS age, CASE WHEN age >= $top_age THEN $top_age || '+'
    ELSE printf('%02d-%02d', age // $band * $band, age // $band * $band + $band - 1) END AS name
FROM range($top_age + 1) AS years(age);
CREATE TEMP TABLE cut AS SELECT $cut_date::DATE AS cut_date, $top_age::INTEGER AS top_age, $unknown AS unknown;
CREATE TEMP VIEW coarse_person AS
SELECT person_id, greatest(year(birth_date), year(cut_date) - top_age)::INTEGER AS year_of_birth,
    coalesce(age_group.name, unknown) AS age_band,
    coalesce(sex, unknown) AS sex, coalesce(ethnic_group, unknown) AS ethnic_group,
    coalesce(place.code, unknown) AS borough, coalesce(place.stp, unknown) AS stp,
    coalesce(place.imd_decile, 0)::INTEGER AS imd_decile
FROM (SELECT *, year(cut_date) - year(birth_date)
            - ((month(cut_date), day(cut_date)) < (month(birth_date), day(birth_date)))::INTEGER AS years
      FROM attributes, cut) AS a
LEFT JOIN place ON place.code = a.borough
LEFT JOIN age_group ON age_group.age = CASE WHEN years < top_age THEN years ELSE top_age END AND years IS NOT NULL;
"""


def coarsen_people(engine: Engine, *, cut_date: object) -> None:
    """Make `coarse_person`: one row for everyone in `identity`, only published groups of their attributes."""
    places = [(borough.code, borough.stp, borough.imd_decile) for borough in BOROUGHS]
    fill(engine, "place", {"code": "VARCHAR", "stp": "VARCHAR", "imd_decile": "INTEGER"}, places)
    run(engine, _ATTRIBUTES, {"cut_date": cut_date, "top_age": TOP_AGE, "band": BAND_YEARS, "unknown": UNKNOWN})


_WEEK = "CAST(DATE_TRUNC('week', {0}) AS DATE)"
_MONTH = "CAST(DATE_TRUNC('month', {0}) AS DATE)"


def _as_is(*columns: str) -> dict[str, str]:
    return {column: column for column in columns}


def _weeks(*columns: str) -> dict[str, str]:
    """Event dates: the Monday of their week."""
    return {column: _WEEK.format(column) for column in columns}


RULES: dict[str, dict[str, str]] = {
    "person": _as_is("year_of_birth", "age_band", "sex", "ethnic_group", "borough", "stp", "imd_decile"),
    "visit_occurrence": {**_as_is("visit_concept_id"), **_weeks("visit_start_date", "visit_end_date")},
    "condition_occurrence": {**_as_is("condition_concept_id"), **_weeks("condition_start_date")},
    "drug_exposure": {**_as_is("drug_concept_id", "days_supply"), **_weeks("drug_exposure_start_date")},
    "measurement": {**_as_is("measurement_concept_id", "value_as_number"), **_weeks("measurement_date")},
    "procedure_occurrence": {**_as_is("procedure_concept_id"), **_weeks("procedure_date")},
    "observation": {**_as_is("observation_concept_id"), **_weeks("observation_date")},
    "death": {"death_date": _MONTH.format("death_date")},
    "social_care_event": {**_as_is("event_type"), **_weeks("event_start_date", "event_end_date")},
}
"""How each column of a snapshot follows from the vault's; a column that is not here has no rule and cannot pass."""
