"""Practices write CSV in the shape of the OMOP Common Data Model 5.4."""

import numpy as np

from infra.seeds import practice_care as care
from infra.seeds.draws import Draws, Ints
from infra.seeds.files import Files
from infra.seeds.identity import known, local
from infra.seeds.illnesses import CONDITION_CONCEPTS, DRUG_CONCEPTS, Health
from infra.seeds.measuring import MEASUREMENT_CONCEPTS
from infra.seeds.organisations import Organisation, Organisations
from infra.seeds.people import NEVER, TODAY, People
from infra.seeds.rows import Rows
from infra.seeds.text import Lines, Texts, csv_lines, dates, digits, parts_of, table
from workspaces.catalogue.concepts import concept
from workspaces.catalogue.places import BOROUGHS

# Columns of OMOP CDM 5.4 in its own order.
HEADERS: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split())
    for name, columns in {
        "person": "person_id gender_concept_id year_of_birth month_of_birth day_of_birth birth_datetime race_concept_id"
        " ethnicity_concept_id location_id provider_id care_site_id person_source_value gender_source_value"
        " gender_source_concept_id race_source_value race_source_concept_id ethnicity_source_value"
        " ethnicity_source_concept_id",
        "location": "location_id address_1 address_2 city state zip county location_source_value country_concept_id"
        " country_source_value latitude longitude",
        "visit_occurrence": "visit_occurrence_id person_id visit_concept_id visit_start_date visit_start_datetime"
        " visit_end_date visit_end_datetime visit_type_concept_id provider_id care_site_id visit_source_value"
        " visit_source_concept_id admitted_from_concept_id admitted_from_source_value discharged_to_concept_id"
        " discharged_to_source_value preceding_visit_occurrence_id",
        "condition_occurrence": "condition_occurrence_id person_id condition_concept_id condition_start_date"
        " condition_start_datetime condition_end_date condition_end_datetime condition_type_concept_id"
        " condition_status_concept_id stop_reason provider_id visit_occurrence_id visit_detail_id"
        " condition_source_value condition_source_concept_id condition_status_source_value",
        "drug_exposure": "drug_exposure_id person_id drug_concept_id drug_exposure_start_date"
        " drug_exposure_start_datetime drug_exposure_end_date drug_exposure_end_datetime verbatim_end_date"
        " drug_type_concept_id stop_reason refills quantity days_supply sig route_concept_id lot_number provider_id"
        " visit_occurrence_id visit_detail_id drug_source_value drug_source_concept_id route_source_value"
        " dose_unit_source_value",
        "measurement": "measurement_id person_id measurement_concept_id measurement_date measurement_datetime"
        " measurement_time measurement_type_concept_id operator_concept_id value_as_number value_as_concept_id"
        " unit_concept_id range_low range_high provider_id visit_occurrence_id visit_detail_id"
        " measurement_source_value measurement_source_concept_id unit_source_value unit_source_concept_id"
        " value_source_value measurement_event_id meas_event_field_concept_id",
        "procedure_occurrence": "procedure_occurrence_id person_id procedure_concept_id procedure_date"
        " procedure_datetime procedure_end_date procedure_end_datetime procedure_type_concept_id modifier_concept_id"
        " quantity provider_id visit_occurrence_id visit_detail_id procedure_source_value procedure_source_concept_id"
        " modifier_source_value",
        "observation": "observation_id person_id observation_concept_id observation_date observation_datetime"
        " observation_type_concept_id value_as_number value_as_string value_as_concept_id qualifier_concept_id"
        " unit_concept_id provider_id visit_occurrence_id visit_detail_id observation_source_value"
        " observation_source_concept_id unit_source_value qualifier_source_value value_source_value"
        " observation_event_id obs_event_field_concept_id",
        "death": "person_id death_date death_datetime death_type_concept_id cause_concept_id cause_source_value"
        " cause_source_concept_id",
    }.items()
}

EHR = "32817"  # OMOP type concept: from an electronic health record
RESTRICTED_CONCEPT = "4140103"  # in vitro fertilisation
UNKNOWN_CONCEPT = "0"  # what a practice writes for a code that it could not map
_SEX = table("8532", "8507", "8521", "0")
_SEX_SOURCE = table("F", "M", "O", "")
# A value in tenths as text; the last one lies outside every grid.
TENTHS: Texts = table(*(f"{n // 10}.{n % 10}" if n % 10 else str(n // 10) for n in range(2700)), "9999")
# A practice's system writes opt-outs in SNOMED CT, Read v2 or CTV3.
_OPT_OUT = table("827241000000103", "9Nu0", "XaZ89")
_WITHDRAWN = table("827261000000102", "9Nu1", "XaZ8A")
_SMOKING = table("160603005", "8517006", "266919005")  # smoker, ex-smoker, never


def begin(files: Files, senders: Organisations) -> None:
    """Headers of every practice's files, and its list of places: codes or, at every second practice, names."""
    for number, practice in enumerate(senders.practices):
        for name, header in HEADERS.items():
            places = _places(number) if name == "location" else ""
            files.begin(f"omop/{practice.code}/{name}.csv", ",".join(header) + "\n" + places)


def _places(practice: int) -> str:
    empty = "," * (len(HEADERS["location"]) - 7)
    names = [borough.name if practice % 2 else borough.code for borough in BOROUGHS]
    return "".join(f"{place},,,,,,{name}{empty}\n" for place, name in enumerate(names, 1))


def write(files: Files, senders: Organisations, draws: Draws, people: People, health: Health) -> None:
    """Everything that practices send about one chunk of people."""
    to = _Practices(files, senders.practices, people)
    to.persons(draws)
    to.events("visit_occurrence", "visit", care.practice_visits(draws, people, health), (581477,))
    to.events("condition_occurrence", "condition", care.practice_conditions(draws, people, health), CONDITION_CONCEPTS)
    to.events("drug_exposure", "drug", care.practice_drugs(draws, people, health), DRUG_CONCEPTS)
    to.events("measurement", "measurement", care.practice_measurements(draws, people, health), MEASUREMENT_CONCEPTS)
    to.events(
        "procedure_occurrence", "procedure", care.practice_procedures(draws, people, health), care.PROCEDURE_CONCEPTS
    )
    to.observations(draws)
    to.deaths()


class _Practices:
    """The files of all practices for one chunk."""

    def __init__(self, files: Files, practices: tuple[Organisation, ...], people: People) -> None:
        self.files = files
        self.practices = practices
        self.people = people

    def _deal(self, name: str, practice: Ints, made: Lines) -> None:
        self.files.deal(self.practices, practice, f"{name}.csv", made)

    def _write(self, name: str, practice: Ints, columns: dict[str, str | Texts]) -> None:
        self._deal(name, practice, csv_lines(HEADERS[name], len(practice), columns))

    def persons(self, draws: Draws) -> None:
        """One row per registered person; every second practice gives the birth date in three columns only."""
        person = np.argsort(self.people.practice, kind="stable")
        practice, birth = self.people.practice[person], self.people.birth[person]
        about = known(draws, "practice", self.people, person, missing=0.026, unverified=0.0)
        year, month, of_month = parts_of(birth)
        whole = np.where(practice % 2 == 0, dates(birth), b"")
        place = np.where(draws.one("no address")[person] < 0.01, b"", digits(self.people.borough[person] + 1))
        self._write(
            "person",
            practice,
            {
                "person_id": local(self.people, person, self.people.practice[person]),
                "gender_concept_id": _SEX[about.sex],
                "year_of_birth": year,
                "month_of_birth": month,
                "day_of_birth": of_month,
                "birth_datetime": whole.astype("S10"),
                "race_concept_id": "0",
                "ethnicity_concept_id": "0",
                "location_id": place.astype("S3"),
                "person_source_value": about.number,
                "gender_source_value": _SEX_SOURCE[about.sex],
                "race_source_value": about.ethnic,
            },
        )

    def events(self, name: str, stem: str, rows: Rows, concepts: tuple[int, ...]) -> None:
        """Rows of one of the event tables."""
        start = f"{name}_start_date" if name == "drug_exposure" else f"{stem}_start_date"
        if name in ("measurement", "procedure_occurrence"):
            start = f"{stem}_date"
        when = dates(rows.day)
        columns: dict[str, str | Texts] = {
            f"{name}_id": digits(rows.id),
            "person_id": local(self.people, rows.person, rows.sender),
            f"{stem}_concept_id": table(*map(str, concepts), RESTRICTED_CONCEPT, UNKNOWN_CONCEPT)[rows.concept],
            start: when,
            f"{stem}_type_concept_id": EHR,
        }
        self._write(name, rows.sender, columns | _more(name, rows, when, concepts))

    def observations(self, draws: Draws) -> None:
        """Type 1 opt-out codes with their withdrawals, and smoking status."""
        type_1, index = self.people.type_1, np.arange(len(self.people.index))
        days = np.concatenate([type_1.opted, type_1.withdrawn, type_1.renewed, _smoking_days(draws)])
        person, kind = np.tile(index, 4), np.repeat(np.arange(4), len(index))
        kept = (days <= TODAY) & (days >= self.people.birth[person])
        person, kind, days = person[kept], kind[kept], days[kept]
        order = np.lexsort((kind, person, self.people.practice[person]))
        person, kind, days = person[order], kind[order], days[order]
        practice = self.people.practice[person]
        smoking = _SMOKING[self.people.index[person] % 3]
        codes = np.select([kind == 1, kind == 3], [_WITHDRAWN[practice % 3], smoking], default=_OPT_OUT[practice % 3])
        self._write(
            "observation",
            practice,
            {
                "observation_id": digits(self.people.index[person] * 4 + kind + 1),
                "person_id": local(self.people, person, self.people.practice[person]),
                "observation_concept_id": "0",
                "observation_date": dates(days),
                "observation_type_concept_id": EHR,
                "observation_source_value": codes,
            },
        )

    def deaths(self) -> None:
        """People who died before the extract."""
        person = np.argsort(self.people.practice, kind="stable")
        person = person[self.people.death[person] < NEVER]
        columns: dict[str, str | Texts] = {
            "person_id": local(self.people, person, self.people.practice[person]),
            "death_date": dates(self.people.death[person]),
            "death_type_concept_id": EHR,
        }
        self._write("death", self.people.practice[person], columns)


def _smoking_days(draws: Draws) -> Ints:
    draw = draws.uniform("smoking", 2)
    return np.where(draw[:, 0] < 0.2, TODAY - (draw[:, 1] * 3000).astype(np.int64), NEVER)


def _source_code(concept_id: int) -> str:
    found = concept(concept_id)
    return next((code for vocabulary, code in found.codes if vocabulary == "SNOMED"), "") if found else ""


def _more(name: str, rows: Rows, when: Texts, concepts: tuple[int, ...]) -> dict[str, str | Texts]:
    """The columns that only this table has."""
    if name == "visit_occurrence":
        return {"visit_end_date": dates(rows.end)}
    if name == "drug_exposure":
        return {"drug_exposure_end_date": when, "days_supply": table(*map(str, range(90)))[rows.value // 10]}
    if name == "measurement":
        source = table(*map(_source_code, concepts), "local-7")[rows.concept]
        return {"value_as_number": TENTHS[rows.value], "measurement_source_value": source}
    if name == "condition_occurrence":
        return {"condition_source_value": table(*map(_source_code, concepts), "local-7")[rows.concept]}
    return {}
