"""The application as a form: the Five Safes questions, the columns wanted with a reason per table, budget, end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError

from disclosure.checks.presets import DEFAULT, presets
from gateway.models.grant import JOBS
from gateway.rules.tiers import OFFERED, TIERS
from gateway.web.forms import DayField, Filled, LinesField, PlainNumber, choice
from workspaces.catalogue.columns import Table
from workspaces.catalogue.tables import TABLES


@dataclass(frozen=True)
class Part:
    """One question of the application: the field's name, what it is called, what is asked."""

    name: str
    label: str
    hint: str


PARTS = (
    Part("lay_summary", "Summary in plain English", "What you want to find out, for somebody outside research."),
    Part("public_benefit", "Public benefit", "Who is better off, and how you will know."),
    Part("safe_people", "Safe people", "Who works on it, their training and accreditation."),
    Part("safe_project", "Safe project", "Why the use is right: purpose, ethics, legal ground in your own words."),
    Part("safe_settings", "Safe settings", "Where and how you will work."),
    Part("safe_outputs", "Safe outputs", "Which tables you mean to release."),
)
_SHORT = {
    "title": ("Title of the project", "At most 200 characters. It will stand in the public register."),
    "organisation": ("Organisation", "The organisation that answers for the project."),
    "legal_basis_article_6": ("Legal basis, UK GDPR Article 6", ""),
    "legal_basis_article_9": ("Condition, UK GDPR Article 9", ""),
    "common_law_route": ("Common law duty of confidentiality", "For example consent, or section 251 support."),
}
DEFAULTS = {
    "legal_basis_article_6": "(e) public task",
    "legal_basis_article_9": "(j) research",
    "common_law_route": "Not applicable",
}
_MEMBERS = "One email address (or person id) on each line. They must have signed in here once."
_RULES = "Every request and release of the project is checked against these before a person looks."
_AGREE = "They review each release blind to one another, and talk where they differ."
_CHECKERS = (
    ("2-2", "Two; both must agree"),
    ("3-2", "Three; two must agree"),
    ("3-3", "Three; all must agree"),
    ("4-3", "Four; three must agree"),
)
_TIER = "The committee grants it with the rest. The choice cannot be changed later without a new application."
_ALIKE = "Fewer are told more coarsely or left out of your working copy. Releases are drawn from the records before."
_STAYING = (
    "Whoever reads two versions of the records then knows exactly who left between them. Choose it only if the question"
    " cannot do without."
)
_EPSILON = "The most that all releases of the project together may reveal; more than 0, at most 10."


def columns_field(table: Table) -> str:
    """The name of a table's field of columns."""
    return f"columns_{table.name}"


def reason_field(table: Table) -> str:
    """The name of a table's field for the reason."""
    return f"reason_{table.name}"


def _columns(table: Table) -> SelectMultipleField:
    wanted = [c for c in table.columns if c.name != table.person_key and c.grantable]
    return SelectMultipleField(
        f"Columns of {table.name}",
        choices=[choice(c.name, c.name, c.meaning) for c in wanted],
        description=table.meaning,
    )


class ProjectForm(FlaskForm):  # type: ignore[misc]
    """One field for each part of the application; tables and columns follow the catalogue."""

    def validate_period_end(self, field: Any) -> None:
        """The period does not end before it starts."""
        if field.data and self.period_start.data and field.data < self.period_start.data:
            raise ValidationError("The last day must not be before the first day")

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        """Field by field, then: at least one table, and a reason for each."""
        if not self.is_submitted():
            return False
        ok = bool(self.validate(extra_validators))
        chosen = [table for table in TABLES.values() if self[columns_field(table)].data]
        if not chosen:
            self[columns_field(next(iter(TABLES.values())))].errors = ["Choose at least one column of one table"]
        for table in chosen:
            if not (self[reason_field(table)].data or "").strip():
                self[reason_field(table)].errors = [f"Say why you need these columns of {table.name}"]
        return ok and not self.errors

    def application(self) -> dict[str, Any]:
        """The form as the command's input."""
        text = {name: self[name].data.strip() for name in (*_SHORT, *(p.name for p in PARTS))}
        days = {name: _iso(self[name].data) for name in ("period_start", "period_end", "ends_on")}
        return {
            **text,
            **days,
            "preset": self.preset.data,
            "tier": self.tier.data,
            **_profile(self.checkers.data),
            "room_k": int(self.room_k.data),
            "longitudinal": self.longitudinal.data == "yes",
            "epsilon": self.epsilon.data.strip(),
            "members": self.members.data,
            "data": self._data(),
        }

    def _data(self) -> list[dict[str, Any]]:
        return [
            {
                "table": table.name,
                "columns": self[columns_field(table)].data,
                "reason": self[reason_field(table)].data.strip(),
            }
            for table in TABLES.values()
            if self[columns_field(table)].data
        ]


def _short(name: str) -> StringField:
    label, hint = _SHORT[name]
    filled = Filled(f"{label}: fill this in", 200)
    return StringField(label, description=hint, default=DEFAULTS.get(name, ""), validators=[filled])


def _fields() -> Iterator[tuple[str, Field]]:
    """Every field in the order of the page, which is the order of its errors."""
    yield "title", _short("title")
    yield "organisation", _short("organisation")
    for part in PARTS:
        filled = Filled(f"{part.label}: answer this question")
        yield part.name, TextAreaField(part.label, description=part.hint, validators=[filled])
    yield "members", LinesField("Other members", description=_MEMBERS)
    for name in ("legal_basis_article_6", "legal_basis_article_9", "common_law_route"):
        yield name, _short(name)
    for table in TABLES.values():
        yield columns_field(table), _columns(table)
        yield reason_field(table), TextAreaField(f"Why do you need {table.name}?")
    yield "period_start", DayField("First day of the records wanted", description="Leave empty for everything.")
    yield "period_end", DayField("Last day of the records wanted", description="Leave empty for everything.")
    rules = [choice(each.id, each.name) for each in presets().values()]
    yield "preset", SelectField("Output rules", description=_RULES, choices=rules, default=DEFAULT)
    tiers = [choice(name, TIERS[name].title, TIERS[name].meaning) for name in OFFERED]
    checkers = [choice(value, label) for value, label in _CHECKERS]
    yield "checkers", SelectField("Output checkers", description=_AGREE, choices=checkers, default="2-2")
    yield "tier", RadioField("How you will work", description=_TIER, choices=tiers, default=JOBS)
    alike = [choice(str(k), f"At least {k} people" if k else "As they are") for k in (0, 3, 5, 10, 20)]
    yield "room_k", SelectField("People alike in the workspace's copy", description=_ALIKE, choices=alike, default="0")
    staying = [choice("no", "New with every refresh"), choice("yes", "The same for the life of the project")]
    yield "longitudinal", RadioField("Pseudonyms", description=_STAYING, choices=staying, default="no")
    number = PlainNumber("Enter a number above 0 and at most 10, for example 1.5", "10")
    yield "epsilon", StringField("Privacy budget (ε)", description=_EPSILON, default="1", validators=[number])
    ends = Filled("Enter an end date")
    yield "ends_on", DayField("End of the project", description="For example 31 3 2028", validators=[ends])


for _name, _field in _fields():
    setattr(ProjectForm, _name, _field)


def _profile(chosen: str) -> dict[str, int]:
    """How many review each release, and how many of them settle it."""
    reviews, agreeing = chosen.split("-")
    return {"reviews": int(reviews), "agreeing": int(agreeing)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def filled_from(view: dict[str, Any]) -> dict[str, Any]:
    """A stored application as the form's data."""
    said = view["application"]
    days = {name: _date(said.get(name)) for name in ("period_start", "period_end", "ends_on")}
    tables = {f"columns_{wanted['table']}": wanted["columns"] for wanted in said["data"]}
    reasons = {f"reason_{wanted['table']}": wanted["reason"] for wanted in said["data"]}
    reviews = said.get("reviews", 2)
    checkers = f"{reviews}-{said.get('agreeing') or reviews}"
    copy = {"room_k": str(said.get("room_k", 0)), "longitudinal": "yes" if said.get("longitudinal") else "no"}
    return {**said, **days, **tables, **reasons, **copy, "epsilon": str(said["epsilon"]), "checkers": checkers}


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
