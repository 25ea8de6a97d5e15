"""Crowds: several small worlds with odd values as one, and people of whom there is enough to ask for."""

from datetime import date

from hypothesis import strategies as st

from infra.audit.cases import BMI, HYPERTENSION, METFORMIN
from tests.factories.odd_worlds import worlds


def usual(crowd):
    """The crowd with every other diagnosis and prescription one that the audited statistics ask for.

    Two more people have something of everything, so that no statistic is of nobody.
    """
    for table, column, concept in (
        ("condition_occurrence", "condition_concept_id", HYPERTENSION),
        ("drug_exposure", "drug_concept_id", METFORMIN),
        ("measurement", "measurement_concept_id", BMI),
    ):
        crowd[table] = [{**row, column: concept} if place % 2 else row for place, row in enumerate(crowd[table])]
    for who, sex in ((10_001, "female"), (10_002, "male")):
        day = {"person_id": who, "condition_start_date": date(2018, 1, 1)}
        crowd["person"].append({"person_id": who, "sex": sex, "age_band": "40-44"})
        crowd["condition_occurrence"].append({**day, "condition_concept_id": HYPERTENSION})
        dated = {"drug_exposure_start_date": date(2018, 1, 1), "days_supply": 20}
        crowd["drug_exposure"].append({"person_id": who, "drug_concept_id": METFORMIN, **dated})
        taken = {"measurement_date": date(2018, 1, 1), "value_as_number": 22.5}
        crowd["measurement"].append({"person_id": who, "measurement_concept_id": BMI, **taken})
    return crowd


def many(crowd):
    """Five more people with a row for each of six months in every table of events: more than may be read."""
    for table in ("condition_occurrence", "measurement", "drug_exposure"):
        (day,) = {name for name in crowd[table][-1] if name.endswith("_date")}
        for place in range(30):
            who = {"person_id": 20_001 + place % 5, day: date(2019, 1 + place // 5, 1 + place % 5)}
            crowd[table].append({**crowd[table][-1], **who})
    crowd["person"] += [{"person_id": 20_001 + each, "sex": "male", "age_band": "40-44"} for each in range(5)]
    return crowd


def secret(person):
    """A sampling key as the factory writes it."""
    return 7919 * person + 13


@st.composite
def crowds(draw):
    """Several small worlds as one: what holds for each person does not depend on who else is there."""
    made = {}
    for place, each in enumerate(draw(st.lists(worlds(), min_size=4, max_size=8))):
        for table, rows in each.items():
            moved = [{**row, "person_id": row["person_id"] + 100 * place} for row in rows]
            made.setdefault(table, []).extend(moved)
    return made
