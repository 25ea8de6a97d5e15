"""A release request as a form: the person view built row by row, as SQL or as JSON; statistics; the loss offered.

The form only writes the JSON that `disclosure.requests` reads; what is allowed is decided there, once.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from gateway.web.covariate_field import covariates_line, covariates_of
from gateway.web.event_fields import EventFields, concept_of, date_of, events_of, events_row, only
from gateway.web.forms import Filled, choice, typed_json
from gateway.web.program_fields import ProgramFields, program_of, program_row
from workspaces.catalogue.code_lists import Cited
from workspaces.catalogue.columns import Column
from workspaces.catalogue.concepts import concepts
from workspaces.catalogue.tables import TABLES

Granted = Mapping[str, Iterable[str]]
ROWS = 20
HOW = (
    ("", "Not used"),
    ("person", "Value of the person"),
    ("exists", "Has at least one event"),
    ("count", "Number of events"),
    ("latest", "Latest value"),
    ("earliest", "Earliest value"),
    ("min", "Smallest value"),
    ("max", "Largest value"),
    ("mean", "Mean value"),
)
KINDS = (
    ("", "Not used"),
    ("count", "Count of people"),
    ("proportion", "Proportion of people"),
    ("sum", "Sum"),
    ("mean", "Mean"),
    ("histogram", "Histogram"),
    ("table", "Table with margins"),
    ("spread", "Mean, variance and standard deviation"),
    ("quantiles", "Median and quantiles"),
    ("comparison", "Two groups: risks, difference, ratios"),
    ("rate", "Rate per 1,000 person-years"),
    ("standardised", "Age-standardised rate"),
    ("survival", "Survival and cumulative incidence"),
    ("linear", "Linear regression"),
    ("logistic", "Logistic regression"),
    ("periods", "People per month, quarter or year"),
    ("codes", "Most common codes"),
    ("forecast", "Demand forecast by month"),
    ("program", "Program over blocks of people"),
)
METHODS = (
    ("", "By expected width"),
    ("counts", "Noisy counts"),
    ("selection", "Selection"),
)
_DATED = ("latest", "earliest")
_EVENTS = ("exists", "count")
TEXTS = ("of", "lower", "upper", "method", "group", "half_width", "time", "time_upper", "age", "step", "censored")
LISTS = ("by", "edges", "quantiles", "groups")  # fields of a statistic with commas between their parts


class ColumnForm(Form):  # type: ignore[misc]
    """One column of the person view."""

    name = StringField("Name")
    # what was chosen is judged with the request; a row that was not sent at all is an empty one
    how = SelectField("What it holds", choices=[choice(*each) for each in HOW], validate_choice=False)
    source = SelectField("Taken from", validate_choice=False)
    only = SelectField("Only events of", validate_choice=False)
    since = StringField("From (date)")
    until = StringField("To (date)")


class StatisticForm(EventFields, ProgramFields):
    """One statistic over the view."""

    name = StringField("Name")
    kind = SelectField("Statistic", choices=[choice(*each) for each in KINDS], validate_choice=False)
    of = StringField("Of column")
    by = StringField("By columns")
    lower = StringField("Lower bound")
    upper = StringField("Upper bound")
    edges = StringField("Bin edges")
    quantiles = StringField("Quantiles")
    method = SelectField("Quantiles drawn by", choices=[choice(*each) for each in METHODS], validate_choice=False)
    group = StringField("Group column")
    groups = StringField("Groups to compare")
    half_width = StringField("Half-width wanted")
    time = StringField("Time column")
    time_upper = StringField("Longest time")
    age = StringField("Age column")
    step = StringField("Step of time")
    censored = StringField("Value for no event")
    on = StringField("Covariates")


@dataclass(frozen=True)
class Source:
    """Where a form column can come from: a person's column, an event table, or one column of its rows."""

    value: str
    label: str


class ReleaseForm(FlaskForm):  # type: ignore[misc]
    """The whole request."""

    title = StringField(
        "Title", description="At most 120 characters. Readers see it.", validators=[Filled("Enter a title", 120)]
    )
    mode = RadioField(
        "How do you describe the person view?",
        choices=[
            choice("form", "With a form", "One row per person, one column per line below."),
            choice("sql", "With SQL", "One SELECT over the granted tables, grouped by person."),
            choice("json", "With the form as JSON", "For what the form here cannot show."),
        ],
        default="form",
        validators=[InputRequired("Choose how you describe the view")],
    )
    columns = FieldList(FormField(ColumnForm), min_entries=4, max_entries=ROWS)
    sql = TextAreaField("SQL", description="It must give person_id and one row per person.")
    form_json = TextAreaField("Form as JSON")
    statistics = FieldList(FormField(StatisticForm), min_entries=2, max_entries=ROWS)
    epsilon = StringField(
        "Privacy loss offered (ε)",
        description="More than 0, at most 1: the most that this may cost. More gives narrower intervals and leaves "
        "less for later. Statistics with a half-width take what that needs; the others share the rest.",
        validators=[Filled("Enter a number above 0 and at most 1, for example 0.5", 40)],
    )

    def offer(self, granted: Granted, code_lists: Iterable[Cited]) -> None:
        """Let the selects offer what the project was granted, and the lists that it may cite."""
        sources = [choice("", "Choose"), *(choice(each.value, each.label) for each in sources_of(granted))]
        limits = [
            choice("", "All events"),
            *(choice(each.value, each.label) for each in limits_of(granted, code_lists)),
        ]
        for row in self.columns:
            row.form.source.choices, row.form.only.choices = sources, limits
        tables = [choice("", "Choose"), *(choice(name, name) for name in granted if name != "person")]
        for row in self.statistics:
            row.form.events_table.choices, row.form.events_only.choices = tables, limits

    def validate_form_json(self, field: Any) -> None:
        """JSON that is an object; what it says is judged elsewhere."""
        if self.mode.data == "json" and not isinstance(typed_json(field.data or ""), dict):
            raise ValidationError('Enter the form as a JSON object, for example {"columns": […]}')

    def validate_sql(self, field: Any) -> None:
        """Something, when SQL was chosen."""
        if self.mode.data == "sql" and not (field.data or "").strip():
            raise ValidationError("Enter the SQL of the person view")

    def request(self) -> dict[str, Any]:
        """The JSON that the form stands for."""
        statistics = [_statistic(row.form) for row in self.statistics if row.form.kind.data]
        return {
            "title": self.title.data.strip(),
            "view": self._view(),
            "statistics": statistics,
            "epsilon": self.epsilon.data.strip(),
        }

    def _view(self) -> dict[str, Any]:
        if self.mode.data == "sql":
            return {"sql": self.sql.data.strip()}
        if self.mode.data == "json":
            return {"form": typed_json(self.form_json.data or "")}
        return {"form": {"columns": [_column(row.form) for row in self.columns if row.form.how.data]}}


def _column(row: ColumnForm) -> dict[str, Any]:
    name, how = (row.name.data or "").strip(), row.how.data
    table, _, column = (row.source.data or "").partition(".")
    if how == "person":
        return {"name": name, "person": column or table}
    events: dict[str, Any] = {"table": table}
    if how not in _EVENTS:
        events["value"] = column
    date = date_of(TABLES[table]) if table in TABLES else None
    if how in _DATED and date:
        events["date"] = date.name
    where = [
        *(only(TABLES[table], row.only.data) if table in TABLES else ()),
        *_between(date, row.since.data, row.until.data),
    ]
    return {"name": name, how: {**events, **({"where": where} if where else {})}}


def _between(date: Column | None, since: str | None, until: str | None) -> list[dict[str, Any]]:
    ends = {name: text.strip() for name, text in (("from", since or ""), ("to", until or "")) if text.strip()}
    return [{"column": date.name, **ends}] if date and ends else []


def _statistic(row: StatisticForm) -> dict[str, Any]:
    body: dict[str, Any] = {"name": (row.name.data or "").strip(), "kind": row.kind.data}
    body |= {name: text for name in TEXTS if (text := (row[name].data or "").strip())}
    for name in LISTS:
        listed = [part.strip() for part in (row[name].data or "").split(",") if part.strip()]
        body |= {name: listed} if listed else {}
    return body | covariates_of(row.on.data) | events_of(row, body["kind"]) | program_of(row, body["kind"])


def sources_of(granted: Granted) -> list[Source]:
    """Every place that a column may come from under a grant."""
    found = []
    for name, columns in granted.items():
        table = TABLES[name]
        kept = [c for c in table.columns if c.name in set(columns) and c.name != table.person_key]
        if not table.one_row_per_person:
            found.append(Source(name, f"{name}: its rows"))
        found += [Source(f"{name}.{c.name}", f"{name}: {c.name}") for c in kept]
    return found


def limits_of(granted: Granted, code_lists: Iterable[Cited]) -> list[Source]:
    """Published code lists and single concepts of the granted event tables."""
    kinds = {str(concept_of(TABLES[name]).domain.values) for name in granted if _has_concept(name)}  # type: ignore[union-attr]
    listed = [Source(f"list:{each.id}", f"Code list: {each.name} ({each.id})") for each in code_lists]
    single = [
        Source(f"concept:{each.concept_id}", f"{each.domain.capitalize()}: {each.name}")
        for each in concepts()
        if any(str(each.concept_id) in kind for kind in kinds)
    ]
    return [*listed, *single] if kinds else []


def _has_concept(name: str) -> bool:
    column = concept_of(TABLES[name])
    return column is not None and column.domain is not None


def filled_from(request: Mapping[str, Any]) -> dict[str, Any]:
    """A stored request as the form's data; a view that the rows cannot show is shown as JSON."""
    view = request["view"]
    data: dict[str, Any] = {"title": request["title"], "epsilon": str(request["epsilon"])}
    data["statistics"] = [_statistic_row(each) for each in request["statistics"]]
    if "sql" in view:
        return {**data, "mode": "sql", "sql": view["sql"]}
    rows = [_column_row(each) for each in view["form"]["columns"]]
    if view["form"].get("where") or any(row is None for row in rows):
        return {**data, "mode": "json", "form_json": json.dumps(view["form"], indent=2)}
    return {**data, "mode": "form", "columns": rows}


def _statistic_row(statistic: Mapping[str, Any]) -> dict[str, str]:
    listed = {name: ", ".join(map(str, statistic.get(name) or ())) for name in LISTS}
    texts = {k: str(v) for k, v in statistic.items() if k not in (*listed, "events", "on", "program")}
    rows = {**events_row(statistic), **program_row(statistic)}
    return {**texts, **listed, **rows, "on": covariates_line(statistic.get("on", ()))}


def _column_row(column: Mapping[str, Any]) -> dict[str, str] | None:
    """The row of a column, or None when its conditions are more than a row can say."""
    how = next(kind for kind, _ in HOW if kind in column)
    if how == "person":
        return {"name": column["name"], "how": how, "source": f"person.{column['person']}"}
    events = column[how]
    table = events["table"]
    source = f"{table}.{events['value']}" if "value" in events else table
    row = {"name": column["name"], "how": how, "source": source}
    for condition in events.get("where") or ():
        row |= _limit(condition)
    again = _column(ColumnForm(data=row))
    return row if again == dict(column) else None


def _limit(condition: Mapping[str, Any]) -> dict[str, str]:
    if "in_code_list" in condition:
        return {"only": f"list:{condition['in_code_list']}"}
    if "is" in condition:
        return {"only": f"concept:{condition['is']}"}
    return {"since": str(condition.get("from", "")), "until": str(condition.get("to", ""))}
