"""Hypothesis strategies for typed forms, as the dictionaries a request carries."""

from datetime import date

from hypothesis import strategies as st

from tests.factories.odd_worlds import CONCEPTS
from tests.factories.person_queries import EVENTS, LITERAL_DAYS
from workspaces.catalogue.code_lists import CODE_LISTS
from workspaces.catalogue.columns import Type
from workspaces.catalogue.tables import TABLES

VALUE = "value_as_number"


@st.composite
def _condition(draw, columns):
    """A condition on one of the columns of a table."""
    column = draw(st.sampled_from(columns))
    asked = {"column": column.name}
    if column.type is Type.DATE or column.domain is None:
        ends = LITERAL_DAYS.map(date.isoformat) if column.type is Type.DATE else st.integers(1900, 1960)
        chosen = draw(st.sampled_from([("from",), ("to",), ("from", "to"), ("is",)]))
        return asked | {end: draw(ends) for end in chosen}
    listed = [cited for cited, found in CODE_LISTS.items() if set(found.concept_ids) <= set(column.domain.values)]
    if listed and draw(st.booleans()):
        return asked | {"in_code_list": draw(st.sampled_from(listed))}
    values = st.sampled_from(column.domain.values)
    if draw(st.booleans()):
        return asked | {"is": draw(values)}
    return asked | {"in": draw(st.lists(values, min_size=1, max_size=3))}


def _columns(table):
    return [column for column in TABLES[table].columns if column.name != "person_id" and column.type is not Type.DOUBLE]


@st.composite
def _events(draw):
    """exists or count of the rows of an event table."""
    table = draw(st.sampled_from(EVENTS))
    where = draw(st.lists(_condition(_columns(table)), max_size=2))
    return {draw(st.sampled_from(["exists", "count"])): {"table": table, "where": where}}


@st.composite
def _measured(draw):
    """A number made from the values of one concept."""
    asked = {"table": "measurement", "value": VALUE}
    dated = [column for column in _columns("measurement") if column.type is Type.DATE]
    asked["where"] = [
        {"column": "measurement_concept_id", "is": draw(st.sampled_from(CONCEPTS))},
        *draw(st.lists(_condition(dated), max_size=1)),
    ]
    kind = draw(st.sampled_from(["latest", "earliest", "min", "max", "mean"]))
    return {kind: asked | ({"date": "measurement_date"} if kind in ("latest", "earliest") else {})}


@st.composite
def forms(draw):
    """A form over everything: columns of each kind, conditions on columns of person."""
    person = st.sampled_from([column.name for column in _columns("person")])
    kinds = st.one_of(person.map(lambda name: {"person": name}), _events(), _measured())
    columns = [
        {"name": f"c{number}", **kind} for number, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=3)))
    ]
    return {"columns": columns, "where": draw(st.lists(_condition(_columns("person")), max_size=1))}
