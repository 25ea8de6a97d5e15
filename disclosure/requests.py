"""A release request: a person view, the statistics over it, and the privacy loss offered; frozen, strict, digested.

Numbers are exact: epsilon is a whole number of millionths, bounds and edges are decimals. A refusal looks at
the request only (privacy model P5) and names fields, never what stands in them.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from disclosure import covariate_requests, event_requests, program_requests
from disclosure.covariate_requests import MOST, Covariate, check_covariates
from disclosure.event_requests import Ahead, EventKeys, check_events
from disclosure.person_view.form import Form
from disclosure.program_requests import Program, check_program
from disclosure.request_values import (
    MICRO,
    Bound,
    Edge,
    Key,
    Name,
    Share,
    Strict,
    Width,
    micro,
    printable,
    several,
    visible,
)
from workspaces.catalogue.errors import Invalid

MAX_STATISTICS = 20
MAX_KEYS = 5
MAX_EDGES = 50
MAX_QUANTILES = 19
MAX_SQL = 20_000

Kind = Literal[
    "count",
    "proportion",
    "sum",
    "mean",
    "histogram",
    "spread",
    "quantiles",
    "comparison",
    "table",
    "rate",
    "standardised",
    "survival",
    "linear",
    "logistic",
    "periods",
    "codes",
    "forecast",
    "program",
]
NEEDS: dict[str, tuple[str, ...]] = {
    "count": (),
    "proportion": ("of",),
    "sum": ("of", "lower", "upper"),
    "mean": ("of", "lower", "upper"),
    "histogram": ("of", "edges"),
    "spread": ("of", "lower", "upper"),
    "quantiles": ("of", "lower", "upper", "quantiles"),
    "comparison": ("of", "group", "groups"),
    "table": (),
    "rate": ("of", "upper", "time", "time_upper"),
    "standardised": ("of", "upper", "time", "time_upper", "age"),
    "survival": ("of", "time", "upper", "step"),
    "linear": ("of", "lower", "upper", "on"),
    "logistic": ("of", "on"),
    "periods": ("events",),
    "codes": ("events",),
    "forecast": ("events", "ahead"),
    "program": ("program",),
}
MAY: dict[str, tuple[str, ...]] = {"survival": ("censored",), "quantiles": ("method",)}
TAKES = tuple(sorted({field for fields in (*NEEDS.values(), *MAY.values()) for field in fields}))
TAKEN = {"measure", "quantile", "period", "time", "term"}  # names that releases use for keys of their own


class Statistic(Strict):
    """One statistic by groups. Bounds and edges are in the unit of the column's grid.

    `half_width` is the 95 % half-width wanted, in the unit of the figure (of a share: 0.01 is one percentage point):
    the statistic then takes the loss that this needs, instead of an equal share.
    """

    name: Name
    kind: Kind
    of: Name | None = None
    by: Annotated[tuple[Name, ...], BeforeValidator(several), Field(max_length=MAX_KEYS)] = ()
    lower: Bound = None
    upper: Bound = None
    edges: Annotated[tuple[Edge, ...], BeforeValidator(several), Field(max_length=MAX_EDGES)] | None = None
    quantiles: (
        Annotated[tuple[Share, ...], BeforeValidator(several), Field(min_length=1, max_length=MAX_QUANTILES)] | None
    ) = None
    method: Literal["counts", "selection"] | None = None
    group: Name | None = None
    groups: Annotated[tuple[Key, ...], BeforeValidator(several), Field(min_length=2, max_length=2)] | None = None
    time: Name | None = None
    time_upper: Bound = None
    age: Name | None = None
    step: Bound = None
    censored: Key | None = None
    on: Annotated[tuple[Covariate, ...], BeforeValidator(several), Field(min_length=1, max_length=MOST)] | None = None
    events: EventKeys | None = None
    ahead: Ahead | None = None
    program: Program | None = None
    half_width: Width = None

    @model_validator(mode="after")
    def _takes_what_its_kind_needs(self) -> Self:
        given = {field for field in TAKES if getattr(self, field) is not None}
        if given - set(MAY.get(self.kind, ())) != set(NEEDS[self.kind]):
            needs = ", ".join(NEEDS[self.kind]) or "neither column nor bounds"
            raise PydanticCustomError("kind", "needs exactly: {needs}", {"needs": f"{self.kind} takes {needs}"})
        if len(set(self.by)) != len(self.by):
            raise PydanticCustomError("by", "must name each key once")
        if self.kind == "table" and len(self.by) < 2:
            raise PydanticCustomError("by", "must name two keys or more for a table")
        check_events(self.kind, self.events)
        check_covariates(self.kind, self.of, self.on)
        check_program(self.kind, self.program, self.by, self.half_width)
        if TAKEN & set(self.by):
            raise PydanticCustomError("by", "holds a name that releases use themselves")
        if any(a >= b for a, b in pairwise(self.quantiles or ())):
            raise PydanticCustomError("quantiles", "must increase")
        return self


class View(Strict):
    """The person view, as a typed form or as SQL: exactly one of the two."""

    form: Form | None = None
    sql: Annotated[str, StringConstraints(min_length=1, max_length=MAX_SQL), BeforeValidator(visible)] | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.form is None) == (self.sql is None):
            raise PydanticCustomError("view", "must be either a form or sql")
        return self


class ReleaseRequest(Strict):
    """What a researcher asks to be released. `epsilon_micro` is in millionths: the most that it may cost.

    Where every statistic says the half-width it wants, epsilon may be left out and is then the most allowed, 1.
    """

    title: Annotated[str, StringConstraints(min_length=1, max_length=120), BeforeValidator(printable)]
    view: View
    statistics: Annotated[
        tuple[Statistic, ...], BeforeValidator(several), Field(min_length=1, max_length=MAX_STATISTICS)
    ]
    epsilon_micro: Annotated[int, BeforeValidator(micro), Field(alias="epsilon")]
    sites: Annotated[tuple[Literal["local"]], BeforeValidator(several)] = ("local",)

    @model_validator(mode="before")
    @classmethod
    def _offers_enough(cls, body: Any) -> Any:
        asked = body.get("statistics") if isinstance(body, Mapping) else None
        if not isinstance(asked, list | tuple) or not asked or "epsilon" in body:
            return body
        said = all(isinstance(each, Mapping) and each.get("half_width") is not None for each in asked)
        return {**body, "epsilon": "1"} if said else body

    @model_validator(mode="after")
    def _names_statistics_once(self) -> Self:
        if len({statistic.name for statistic in self.statistics}) != len(self.statistics):
            raise PydanticCustomError("statistics", "must name each statistic once")
        return self

    def canonical(self) -> dict[str, Any]:
        """The request as JSON that determines its meaning: decimals in shortest text, absent fields left out."""
        body = self.model_dump(mode="python", by_alias=True, exclude_none=True, exclude={"epsilon_micro"})
        return _shortest({**body, "epsilon": Decimal(self.epsilon_micro) / MICRO})  # type: ignore[no-any-return]

    def digest(self) -> str:
        """SHA-256 of the canonical JSON, hexadecimal."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return sha256(text.encode()).hexdigest()


def _shortest(value: Any) -> Any:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, Mapping):
        return {key: _shortest(inner) for key, inner in value.items()}
    return [_shortest(inner) for inner in value] if isinstance(value, tuple | list) else value


def parse_request(obj: object) -> ReleaseRequest:
    """The request that the JSON object stands for. Raises Invalid with a code `request:<field>`."""
    if not isinstance(obj, Mapping) or _depth(obj) > 12:
        raise Invalid(
            "request:object", "A release request is one JSON object.", "Send title, view, statistics and epsilon."
        )
    try:
        return ReleaseRequest.model_validate(dict(obj))
    except ValidationError as error:
        raise _refusal(error.errors(include_input=False, include_url=False)[0]) from None


def _depth(value: object) -> int:
    """How deep lists and objects are nested, walked without recursion; 13 stands for more than 12."""
    level: list[object] = [value]
    for depth in range(13):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return depth
    return 13


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


_NEXT = {
    "title": "Give a title of 1 to 120 printable characters.",
    "epsilon": "Give epsilon as a decimal of at most 6 places, more than 0 and at most 1, for example 0.5.",
    "statistics": f"Give 1 to {MAX_STATISTICS} statistics, each with a name of its own.",
    "name": "Use a name like mean_bmi: lower-case letters, digits and underscores, at most 40, a letter first.",
    "kind": " or ".join(f"{kind} ({', '.join(fields)})" if fields else kind for kind, fields in NEEDS.items()) + ".",
    "by": f"Give at most {MAX_KEYS} different view columns as keys, none called {' or '.join(sorted(TAKEN))}.",
    "of": "Name one column of the view.",
    "lower": "Give the bound as a plain decimal number, for example 60 or 0.1.",
    "upper": "Give the bound as a plain decimal number, for example 60 or 0.1.",
    "edges": f"Give 2 to {MAX_EDGES} plain decimal numbers in increasing order.",
    "quantiles": f"Give 1 to {MAX_QUANTILES} increasing numbers between 0 and 1 of at most 3 places, like 0.25 or 0.5.",
    "method": "Leave it out, or give counts (values with intervals) or selection (closer values without).",
    "group": "Name one column of the view that has public values.",
    "groups": "Give the two values to compare, the reference last, for example [true, false].",
    "half_width": "Give the half-width wanted as a plain decimal number above 0, for example 25 (people) or 0.01.",
    "time": "Name one column of the view that holds a length of time, for example days between two dates.",
    "time_upper": "Give the longest time of one person that counts, for example 1826.",
    "age": "Name one column of the view that holds five-year age bands, such as age_band of the person table.",
    "step": "Give the length of one step of time in the unit of its column, for example 30.",
    "censored": "Give the value that says that somebody was followed without an event, as the column holds it.",
    "sites": 'Leave it out, or give ["local"].',
    "view": 'Give {"form": {"columns": […]}} or {"sql": "SELECT …"}.',
    "form": "Each column has a name and one of person, exists, count, latest, earliest, min, max, mean.",
    **event_requests.NEXT,
    **covariate_requests.NEXT,
    **program_requests.NEXT,
    "sql": f"Give one SELECT of at most {MAX_SQL} characters.",
}


def _refusal(error: ErrorDetails) -> Invalid:
    """One refusal for the first fault; a field that nobody knows is named by its place, never echoed."""
    path = [part for part in error["loc"] if isinstance(part, str) and part in _NEXT]
    field = "form" if "form" in path else path[-1] if path else "object"
    kind, what = error["type"], error["msg"][:1].lower() + error["msg"][1:]
    code = kind if kind in _NEXT else field
    if kind == "extra_forbidden":
        return Invalid(
            "request:unknown_field", f"{field}: it holds a field that is not known.", "Leave that field out."
        )
    elif kind == "missing" and isinstance(error["loc"][-1], str):
        code, what = error["loc"][-1], "this field is needed"
    return Invalid(f"request:{code}", f"{field}: {what}.", _NEXT.get(code, _NEXT.get(field, "Leave that field out.")))
