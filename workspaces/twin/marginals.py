"""Which marginals the twin of a pool is made from: one release request, the same for everybody with the same tables.

It follows from the catalogue and the granted tables alone, so a gateway knows it again when it sees it. Of each table
only the first few concepts of the published list are asked for: every further marginal blurs all the others.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from workspaces.catalogue.concepts import Concept, concept
from workspaces.catalogue.tables import TABLES

TITLE = "Public synthetic twin"
EPSILON = "1"
BINS = 12
FLAGS = {"condition_occurrence": 5, "drug_exposure": 4, "visit_occurrence": 2}  # concepts of each that are asked for
VALUES = 3  # measurements
PEOPLE = (("sex", "age_band"), ("sex", "ethnic_group"), ("borough",))
CONCEPT_OF = {name: next(c.name for c in TABLES[name].columns if c.name.endswith("_concept_id")) for name in FLAGS}
MEASUREMENT = "measurement"
Tables = Mapping[str, Iterable[str]]


def request_for(tables: Tables) -> dict[str, Any]:
    """The request for the twin of these granted tables; needs sex and age_band of person at least."""
    granted = {name: set(columns) for name, columns in tables.items()}
    person = granted.get("person", set())
    kept = [keys for keys in PEOPLE if set(keys) <= person]
    names = sorted({name for keys in kept for name in keys})
    flags = [(table, each) for table, each in _flags(granted)]
    values = list(_values(granted))
    columns = [{"name": name, "person": name} for name in names]
    columns += [_exists(table, each) for table, each in flags] + [_latest(each) for each in values]
    statistics = [{"name": f"by_{'_and_'.join(keys)}", "kind": "count", "by": list(keys)} for keys in kept]
    statistics += [_counted(flag(table, each)) for table, each in flags] + [_histogram(each) for each in values]
    return {"title": TITLE, "view": {"form": {"columns": columns}}, "statistics": statistics, "epsilon": EPSILON}


def flag(table: str, each: Concept) -> str:
    """The view's column that says whether a person has the concept in the table."""
    return f"{table.split('_', 1)[0]}_{each.concept_id}"


def value(each: Concept) -> str:
    """The view's column that holds a person's latest value of a measurement."""
    return f"value_{each.concept_id}"


def concepts_of(table: str, most: int) -> list[Concept]:
    """The first concepts of a table's published list."""
    domain = next(column.domain for column in TABLES[table].columns if column.name.endswith("_concept_id"))
    found = [concept(int(number)) for number in (domain.values[:most] if domain else ())]
    return [each for each in found if each is not None]


def edges_of(each: Concept) -> list[str]:
    """Edges of some ten bins over the whole public grid of a measurement."""
    if each.grid is None:
        return []
    grid = each.grid
    steps = int((grid.high - grid.low) / grid.step)
    width = max(1, -(-steps // BINS))
    points = [*range(0, steps, width), steps]
    return [f"{float(grid.low + point * grid.step):g}" for point in points]


def _flags(granted: Mapping[str, set[str]]) -> Iterable[tuple[str, Concept]]:
    for table, most in FLAGS.items():
        if CONCEPT_OF[table] in granted.get(table, set()):
            yield from ((table, each) for each in concepts_of(table, most))


def _values(granted: Mapping[str, set[str]]) -> Iterable[Concept]:
    needed = {"measurement_concept_id", "measurement_date", "value_as_number"}
    if needed <= granted.get(MEASUREMENT, set()):
        yield from concepts_of(MEASUREMENT, VALUES)


def _exists(table: str, each: Concept) -> dict[str, Any]:
    where = [{"column": CONCEPT_OF[table], "is": each.concept_id}]
    return {"name": flag(table, each), "exists": {"table": table, "where": where}}


def _latest(each: Concept) -> dict[str, Any]:
    where = [{"column": "measurement_concept_id", "is": each.concept_id}]
    events = {"table": MEASUREMENT, "value": "value_as_number", "date": "measurement_date", "where": where}
    return {"name": value(each), "latest": events}


def _counted(name: str) -> dict[str, Any]:
    return {"name": f"by_{name}", "kind": "count", "by": [name, "age_band"]}


def _histogram(each: Concept) -> dict[str, Any]:
    return {"name": f"by_{value(each)}", "kind": "histogram", "of": value(each), "edges": edges_of(each), "by": ["sex"]}
