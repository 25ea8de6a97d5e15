"""The tables and columns a snapshot may hold: OMOP CDM 5.4 names, and council events beside them.

Row identifiers, source values and free text are not listed, so they never enter a snapshot. `person_id`
is a dense number for storage order only (privacy model P3): it joins and groups, and is never shown.
"""

from workspaces.catalogue.columns import Column, Domain, Kind, Table, Type, integers, texts
from workspaces.catalogue.concepts import CONDITIONS, DRUGS, MEASUREMENTS, OBSERVATIONS, PROCEDURES, VISITS
from workspaces.catalogue.places import BOROUGH_DOMAIN, IMD_DOMAIN, STP_DOMAIN

BAND_YEARS = 5
TOP_AGE = 90
_BANDS = (*tuple(f"{low:02d}-{low + BAND_YEARS - 1:02d}" for low in range(0, TOP_AGE, BAND_YEARS)), f"{TOP_AGE}+")
AGE_BANDS: Domain = texts(*((band, band) for band in _BANDS), ("unknown", "not known"))

SEXES: Domain = texts(("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Not known"))

ETHNIC_GROUPS: Domain = texts(
    ("white", "White"),
    ("mixed", "Mixed"),
    ("asian", "Asian or Asian British"),
    ("black", "Black or Black British"),
    ("other", "Chinese or any other ethnic group"),
    ("unknown", "Not stated or not known"),
)

EVENT_TYPES: Domain = texts(
    ("request", "Request for support"),
    ("assessment", "Assessment"),
    ("service", "Service"),
    ("review", "Review"),
)

PERSON_KEY = Column(
    "person_id", Type.INTEGER, Kind.SAFE, "Ties the rows of one person together in this snapshot only.", nullable=False
)


def _concept(name: str, domain: Domain, meaning: str) -> Column:
    return Column(name, Type.INTEGER, Kind.SENSITIVE, meaning, domain=domain, nullable=False)


def _date(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(name, Type.DATE, Kind.QUASI_IDENTIFYING, meaning, nullable=nullable)


def _quasi(name: str, domain: Domain, meaning: str, type_: Type = Type.TEXT) -> Column:
    return Column(name, type_, Kind.QUASI_IDENTIFYING, meaning, domain=domain, nullable=False)


PERSON = Table(
    "person",
    "One row per person.",
    (
        PERSON_KEY,
        Column(
            "year_of_birth",
            Type.INTEGER,
            Kind.QUASI_IDENTIFYING,
            "Calendar year of birth; years that would show an age of 90 or more are raised to the 90+ year.",
            grid=integers(1900, 2030, "a"),
        ),
        _quasi("age_band", AGE_BANDS, "Age in completed years at the data cut, five-year bands, 90+ together."),
        _quasi("sex", SEXES, "Recorded sex."),
        _quasi("ethnic_group", ETHNIC_GROUPS, "Ethnic category (England) in five published groups."),
        _quasi("borough", BOROUGH_DOMAIN, "Borough of residence, GSS code."),
        _quasi("stp", STP_DOMAIN, "Partnership of the borough of residence, ODS code."),
        _quasi(
            "imd_decile", IMD_DOMAIN, "Deprivation decile of the borough (1 most deprived, 0 not known).", Type.INTEGER
        ),
    ),
    one_row_per_person=True,
)

VISIT = Table(
    "visit_occurrence",
    "Encounters with hospitals and practices.",
    (
        PERSON_KEY,
        _concept("visit_concept_id", VISITS, "Kind of encounter."),
        _date("visit_start_date", "Monday of the week in which it began."),
        _date("visit_end_date", "Monday of the week in which it ended.", nullable=True),
    ),
)

CONDITION = Table(
    "condition_occurrence",
    "Recorded diagnoses.",
    (
        PERSON_KEY,
        _concept("condition_concept_id", CONDITIONS, "Diagnosis, OMOP standard concept."),
        _date("condition_start_date", "Monday of the week in which it was recorded."),
    ),
)

DRUG = Table(
    "drug_exposure",
    "Prescriptions and vaccinations.",
    (
        PERSON_KEY,
        _concept("drug_concept_id", DRUGS, "Ingredient or vaccine, OMOP standard concept."),
        _date("drug_exposure_start_date", "Monday of the week in which it was prescribed or given."),
        Column("days_supply", Type.INTEGER, Kind.SAFE, "Days the prescription lasts.", grid=integers(0, 365, "d")),
    ),
)

MEASUREMENT = Table(
    "measurement",
    "Measured values.",
    (
        PERSON_KEY,
        _concept("measurement_concept_id", MEASUREMENTS, "What was measured, OMOP standard concept."),
        _date("measurement_date", "Monday of the week in which it was taken."),
        Column(
            "value_as_number", Type.DOUBLE, Kind.SENSITIVE, "The value; its grid and unit are those of the concept."
        ),
    ),
)

PROCEDURE = Table(
    "procedure_occurrence",
    "Procedures.",
    (
        PERSON_KEY,
        _concept("procedure_concept_id", PROCEDURES, "Procedure, OMOP standard concept."),
        _date("procedure_date", "Monday of the week in which it was done."),
    ),
)

OBSERVATION = Table(
    "observation",
    "Recorded allergies.",
    (
        PERSON_KEY,
        _concept("observation_concept_id", OBSERVATIONS, "What was observed, OMOP standard concept."),
        _date("observation_date", "Monday of the week in which it was recorded."),
    ),
)

DEATH = Table(
    "death",
    "People who have died.",
    (PERSON_KEY, _date("death_date", "First day of the month of death.")),
    one_row_per_person=True,
)

SOCIAL_CARE = Table(
    "social_care_event",
    "Adult social care events (Client Level Data); OMOP has no table of its own for them.",
    (
        PERSON_KEY,
        Column("event_type", Type.TEXT, Kind.SENSITIVE, "Kind of event.", domain=EVENT_TYPES, nullable=False),
        _date("event_start_date", "Monday of the week in which it began."),
        _date("event_end_date", "Monday of the week in which it ended.", nullable=True),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (PERSON, VISIT, CONDITION, DRUG, MEASUREMENT, PROCEDURE, OBSERVATION, DEATH, SOCIAL_CARE)
}
