"""The door of the person view: a form or SQL goes in, canonical SQL with its proof comes out, or a refusal."""

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from sqlglot import exp

from disclosure.person_view.form import Form
from disclosure.person_view.form import query as form_query
from disclosure.person_view.refusals import refuse
from disclosure.person_view.relations import selects
from disclosure.person_view.relations.tables import read
from disclosure.person_view.schema import PERSON_ID, ProvenView, Schema, ViewColumn
from disclosure.person_view.sql import check, parse
from disclosure.person_view.sugar import plain
from disclosure.person_view.values import Proof, Value


class View(Protocol):
    """A view as a release request carries it: a form or SQL, one of the two."""

    @property
    def form(self) -> Form | None:
        """The typed form, if it is one."""

    @property
    def sql(self) -> str | None:
        """The SQL text, if it is that."""


def prove(view: View, schema: Schema) -> ProvenView:
    """Canonical SQL with at most one row per person, from that person's rows alone. Raises Invalid("view:<clause>").

    The proof runs on a stack of its own: how deep a view may nest is the same wherever it is asked, so that what was
    priced can be drawn.
    """
    with ThreadPoolExecutor(max_workers=1) as own:
        return own.submit(_within_stack, view, schema).result()


def _within_stack(view: View, schema: Schema) -> ProvenView:
    try:
        return _proven(view, schema)
    except RecursionError:
        refuse("size", "The view is nested too deeply.")


def _proven(view: View, schema: Schema) -> ProvenView:
    tree = form_query(view.form) if view.form is not None else plain(parse(view.sql or ""))
    check(tree)
    proof = Proof(schema)
    relation, written = selects.query(proof, tree, {})
    if not relation.keyed:
        refuse("group", "The view can hold several rows per person, because it is not grouped by person_id.")
    if not relation.columns:
        refuse("column", "The view has no column besides person_id.", "Select at least one more column.")
    tree = _tree(proof, written)
    return ProvenView(
        sql=tree.sql(dialect="duckdb", pretty=True, comments=False),
        columns={name: _column(name, value) for name, value in relation.columns.items()},
        tables=frozenset(proof.reads),
        literals=tuple(proof.literals),
        notes=tuple(proof.notes),
        sources={table: (PERSON_ID, *sorted(names)) for table, names in sorted(proof.reads.items())},
        tree=tree,
        rows_per_person=schema.rows_per_person,
    )


def _tree(proof: Proof, written: exp.Select) -> exp.Select:
    for table, names in sorted(proof.reads.items()):
        written = written.with_(
            exp.to_identifier(f"read_{table}", quoted=True), as_=read(table, names, proof.concepts), copy=False
        )
    for name, select in proof.steps:
        written = written.with_(exp.to_identifier(name, quoted=True), as_=select, copy=False)
    return written


def _column(name: str, value: Value) -> ViewColumn:
    if value.type is None:
        refuse("type", f"The column {name} is only NULL.")
    return ViewColumn(name, value.type, value.domain, value.scale.grid() if value.scale else None)
