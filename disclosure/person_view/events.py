"""Event rows for statistics that count one person in several cells: rows of one table that meet every condition.

A row keeps the person key and the columns asked for, and nothing else; it is a function of that one row. How many
cells of one person count is bounded by the engine afterwards, so the view's rule of one row per person is not needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from disclosure.person_view.form import Events, rows
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations import selects
from disclosure.person_view.relations.tables import read
from disclosure.person_view.schema import PERSON_ID, Literal, Schema, ViewColumn
from disclosure.person_view.values import Proof


@dataclass(frozen=True)
class ProvenEvents:
    """Canonical DuckDB SQL that yields `person_id` and `columns` for each row of `table` that meets the conditions.

    `source` names the columns read from the table, the person key first. `sql` is written from `tree`.
    """

    table: str
    sql: str
    columns: Mapping[str, ViewColumn]
    source: tuple[str, ...]
    literals: tuple[Literal, ...]
    notes: tuple[str, ...]
    tree: exp.Select = field(repr=False, compare=False)


def prove_events(events: Events, names: Sequence[str], schema: Schema) -> ProvenEvents:
    """The rows of a typed form with these columns. Raises Invalid("view:<clause>")."""
    if PERSON_ID in names:
        refuse("person_key", "person_id is asked for as a key of events.")
    proof = Proof(schema)
    relation, written = selects.query(proof, rows(events, names), {})
    found = {
        name: ViewColumn(name, value.type, value.domain, value.scale.grid() if value.scale else None)
        for name, value in relation.columns.items()
        if value.type is not None
    }
    clean = read(events.table, proof.reads[events.table], proof.concepts)
    written = written.with_(exp.to_identifier(f"read_{events.table}", quoted=True), as_=clean, copy=False)
    return ProvenEvents(
        table=events.table,
        sql=written.sql(dialect="duckdb", pretty=True, comments=False),
        columns=found,
        source=(PERSON_ID, *sorted(proof.reads[events.table])),
        literals=tuple(proof.literals),
        notes=tuple(proof.notes),
        tree=written,
    )
