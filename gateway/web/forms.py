"""WTForms fields as parameters of the kit's macros, and the fields that the kit has and WTForms does not.

Templates stay declarative: `{{ textarea(forms.text(form.reason)) }}`. What a person typed comes back with the
error; the error summary links to the element that needs them.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from wtforms import Field, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from gateway.rules.refusals import Refusal
from workspaces.catalogue.errors import Invalid

Parameters = dict[str, Any]


def choice(value: str, label: str, hint: str = "") -> SelectChoice:
    """One choice of radios, checkboxes or a select."""
    return SelectChoice(value, label, render_kw={"hint": hint} if hint else {})


def _base(field: Any) -> Parameters:
    return {
        "name": field.name,
        "errorMessage": {"text": field.errors[0]} if field.errors else None,
        "hint": {"text": field.description} if field.description else None,
    }


def text(field: Any, **extra: Any) -> Parameters:
    """For the input and textarea macros."""
    label = {"text": field.label.text, "size": extra.pop("size", "s")}
    value = field._value() if hasattr(field, "_value") else field.data
    return {**_base(field), "id": field.id, "label": label, "value": _kept(value or ""), **extra}


def _kept(value: str) -> Markup:
    """Text whose lines stay as they are: the macros indent what they hold, and a script would be another one."""
    return Markup(str(escape(value)).replace("\r\n", "\n").replace("\n", "&#10;"))  # noqa: S704 - escaped before


def upload(field: Any, **extra: Any) -> Parameters:
    """For the file upload macro; browsers never send a file's name back, so nothing is kept."""
    return {**_base(field), "id": field.id, "label": {"text": field.label.text, "size": "s"}, **extra}


def choices(field: Any, conditional: Mapping[str, Any] | None = None, **extra: Any) -> Parameters:
    """For radios and checkboxes; the first item's id is the field's, where the error summary leads."""
    picked = set(field.data or []) if isinstance(field.data, list | tuple) else {field.data}
    items = [
        {
            "value": item.value,
            "text": item.label,
            "checked": item.value in picked,
            "hint": {"text": item.render_kw["hint"]} if item.render_kw and "hint" in item.render_kw else None,
            "conditional": {"html": (conditional or {}).get(item.value)} if item.value in (conditional or {}) else None,
        }
        for item in field.iter_choices()
    ]
    legend = {"text": field.label.text, "size": extra.pop("size_of_legend", "s")}
    return {**_base(field), "idPrefix": field.id, "items": items, "fieldset": {"legend": legend}, **extra}


def select(field: Any, **extra: Any) -> Parameters:
    """For the select macro."""
    items = [{"value": c.value, "text": c.label, "selected": c.value == field.data} for c in field.iter_choices()]
    label = {"text": field.label.text, "size": extra.pop("size", "s")}
    return {**_base(field), "id": field.id, "label": label, "items": items, **extra}


def day(field: Any, **extra: Any) -> Parameters:
    """For the date input macro: three small boxes."""
    items = [
        {
            "name": f"{field.name}-{part}",
            "id": f"{field.id}-{part}",
            "label": part.capitalize(),
            "width": 4 if part == "year" else 2,
            "value": value,
            "error": bool(field.errors),
        }
        for part, value in zip(DayField.PARTS, field.parts, strict=True)
    ]
    fieldset = {"legend": {"text": field.label.text, "size": "s"}}
    return {**_base(field), "id": field.id, "items": items, "fieldset": fieldset, **extra}


def summary(form: FlaskForm | None, problem: Invalid | Refusal | None = None) -> Parameters | None:
    """Parameters of the error summary: each wrong field, or what the command refused; None when all is well."""
    errors = [
        {"text": field.errors[0], "href": f"#{field.id}{'-day' if isinstance(field, DayField) else ''}"}
        for field in form or ()
        if field.errors and isinstance(field.errors[0], str)
    ]
    if problem is None:
        return {"titleText": "There is a problem", "errorList": errors} if errors else None
    named = problem.code.partition(":")[2]
    where = {"href": f"#{form[named].id}"} if form is not None and named in form else {}
    errors.append({"text": f"{problem.sentence} {problem.next_step}", **where})
    return {"titleText": "There is a problem", "descriptionText": f"Code: {problem.code}", "errorList": errors}


def typed_json(text: str) -> Any:
    """What the JSON that somebody typed stands for; None for what is none, or nested beyond reading."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class DayField(Field):  # type: ignore[misc]
    """A date typed as day, month and year; empty is None unless a validator asks for it."""

    PARTS = ("day", "month", "year")

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:  # noqa: ARG002
        """Read the three boxes, or take the object's date."""
        self.process_errors: list[str] = []
        stored = data if isinstance(data, date) else None
        self.data: date | None = stored
        self.parts = (str(stored.day), str(stored.month), str(stored.year)) if stored else ("", "", "")
        if formdata and any(f"{self.name}-{part}" in formdata for part in self.PARTS):
            self.parts = tuple(formdata.get(f"{self.name}-{part}", "").strip() for part in self.PARTS)
            self.data = self._read()

    def _read(self) -> date | None:
        if not any(self.parts):
            return None
        try:
            day_, month, year = (int(part) for part in self.parts)
            return date(year, month, day_)
        except ValueError:
            self.process_errors.append(f"{self.label.text}: enter a real date, for example 31 3 2027")
            return None


class LinesField(TextAreaField):  # type: ignore[misc]
    """One value on each line; empty lines do not count."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Text to lines."""
        lines: Iterable[str] = valuelist[0].splitlines() if valuelist else ()
        self.data: Any = [line.strip() for line in lines if line.strip()]

    def _value(self) -> str:
        return "\n".join(self.data or [])


class Filled:
    """Something other than spaces, within a length."""

    def __init__(self, message: str, longest: int = 3000) -> None:
        self.message, self.longest = message, longest

    def __call__(self, _: Any, field: Any) -> None:
        """Raises ValidationError in the words of the page."""
        data = field.data.strip() if isinstance(field.data, str) else field.data
        if not data:
            raise ValidationError(self.message)
        if isinstance(data, str) and len(data) > self.longest:
            raise ValidationError(f"{field.label.text}: use {self.longest} characters or fewer")


class PlainNumber:
    """A plain decimal above zero and at most `most`; NaN, signs and exponents are none."""

    def __init__(self, message: str, most: str, places: int = 6) -> None:
        self.message, self.most, self.places = message, Decimal(most), places

    def __call__(self, _: Any, field: Any) -> None:
        """Raises ValidationError in the words of the page."""
        typed = (field.data or "").strip()
        try:
            number = Decimal(typed)
        except InvalidOperation:
            raise ValidationError(self.message) from None
        plain = typed.replace(".", "", 1).isascii() and typed.replace(".", "", 1).isdigit()
        if not plain or not 0 < number <= self.most or len(typed.partition(".")[2]) > self.places:
            raise ValidationError(self.message)
