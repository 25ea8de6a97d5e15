"""The part of a statistic's row that says which events are counted, by what, and how often one person counts.

Conditions beyond "only events of" are written as JSON: the row shows what it can and keeps the rest as it stands.
"""

import json
from collections.abc import Mapping
from typing import Any

from wtforms import Form, SelectField, StringField

from disclosure.event_requests import KINDS
from gateway.web.forms import choice, typed_json
from workspaces.catalogue.columns import Column, Table, Type
from workspaces.catalogue.tables import TABLES

PERIODS = (("", "Choose"), ("month", "Month"), ("quarter", "Quarter"), ("year", "Year"))
FIELDS = ("events_table", "events_only", "per", "first", "last", "split", "at_most", "ahead", "events_json")


class EventFields(Form):  # type: ignore[misc]
    """Fields of statistics over event rows; empty for all others."""

    events_table = SelectField("Events from", validate_choice=False)
    events_only = SelectField("Only events of", validate_choice=False)
    per = SelectField("Count by", choices=[choice(*each) for each in PERIODS], validate_choice=False)
    first = StringField("First month")
    last = StringField("Last month")
    split = StringField("Split by")
    at_most = StringField("Cells of one person")
    ahead = StringField("Months ahead")
    events_json = StringField("Events as JSON")


def events_of(row: EventFields, kind: str) -> dict[str, Any]:
    """What the row says of events: `events` and `ahead`, each where it is given."""
    texts = {name: (row[name].data or "").strip() for name in FIELDS}
    ahead = {"ahead": texts["ahead"]} if texts["ahead"] else {}
    if texts["events_json"]:
        return {"events": typed_json(texts["events_json"]), **ahead}
    if kind not in KINDS:
        return ahead
    events: dict[str, Any] = {"table": texts["events_table"]}
    table = TABLES.get(texts["events_table"])
    if table is not None:
        limit = only(table, texts["events_only"])
        events |= {"where": limit} if limit else {}
        date = date_of(table)
        events |= {"date": date.name} if date is not None and "date" in KINDS[kind][0] else {}
    events |= {name: texts[name] for name in ("per", "first", "last", "split", "at_most") if texts[name]}
    return {"events": events, **ahead}


def events_row(statistic: Mapping[str, Any]) -> dict[str, str]:
    """The row of a stored statistic; events that its fields cannot show stand as JSON."""
    events = statistic.get("events")
    row = {"ahead": str(statistic["ahead"])} if "ahead" in statistic else {}
    if events is None:
        return row
    row |= {name: str(events[name]) for name in ("per", "first", "last", "split", "at_most") if name in events}
    shown = row | {"events_table": events["table"], "events_only": _limit(events.get("where") or ())}
    again = events_of(EventFields(data=shown), statistic["kind"])["events"]
    if _plain(again) == _plain(events):
        return shown
    return {name: row[name] for name in ("ahead",) if name in row} | {"events_json": json.dumps(events)}


def _plain(events: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name == "where" else str(value) for name, value in events.items() if value}


def _limit(where: Any) -> str:
    """The one condition that a row can show."""
    first = where[0] if len(where) == 1 else {}
    if "in_code_list" in first:
        return f"list:{first['in_code_list']}"
    return f"concept:{first['is']}" if "is" in first else ""


def only(table: Table, chosen: str | None) -> list[dict[str, Any]]:
    """The condition that a choice stands for: one published list, or one concept, of the table's kind of event."""
    kind, _, what = (chosen or "").partition(":")
    concept = concept_of(table)
    if not what or concept is None:
        return []
    one = int(what) if what.isascii() and what.isdigit() else what
    return [{"column": concept.name, **({"in_code_list": what} if kind == "list" else {"is": one})}]


def concept_of(table: Table) -> Column | None:
    """The column that says what kind of event a row is."""
    return next((c for c in table.columns if c.name.endswith("_concept_id")), None)


def date_of(table: Table) -> Column | None:
    """The date that orders a table's rows."""
    return next((c for c in table.columns if c.type is Type.DATE), None)
