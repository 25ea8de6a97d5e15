"""Proven scalars: the SQL written for them, their type, and the whole numbers they can be.

Every number is a count of units within known ends, so no sum or product of them can overflow and none is a
binary fraction. Literals wait for the value they meet, and are listed with the bits of choice they carry.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from math import gcd, lcm

from sqlglot import exp

from disclosure.person_view.refusals import refuse
from disclosure.person_view.schema import Literal, Schema
from workspaces.catalogue.columns import BOOLEAN_DOMAIN, Domain, Grid, Type

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2099, 12, 31)
LARGEST = 2**52
_LABEL = re.compile(r"[A-Za-z0-9 +<>=.,_/()%-]{1,40}")

Raw = Fraction | str | date | bool


@dataclass(frozen=True)
class Scale:
    """A number is units x step, low <= units <= high; `unit` is a UCUM code, None where the author left it open."""

    step: Fraction
    low: int
    high: int
    unit: str | None = None

    def __post_init__(self) -> None:
        if max(abs(self.low), abs(self.high)) > LARGEST:
            refuse("range", "A number of the view could grow beyond what is added up exactly.")

    def grid(self) -> Grid:
        """The public grid of the values."""
        return Grid(self.low * self.step, self.high * self.step, self.step, self.unit or "1")


@dataclass(frozen=True)
class Value:
    """A scalar with its SQL. `raw` marks a literal; `type` is None for NULL."""

    sql: exp.Expr
    type: Type | None
    scale: Scale | None = None
    domain: Domain | None = None
    raw: Raw | None = None
    fixed: bool = False


@dataclass
class Proof:
    """What was read, chosen and completed while a view was proven."""

    schema: Schema
    reads: dict[str, list[str]] = field(default_factory=dict)
    concepts: set[int] = field(default_factory=set)
    literals: list[Literal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    steps: list[tuple[str, exp.Expr]] = field(default_factory=list)
    names: int = 0

    def alias(self) -> str:
        """A fresh name; none that the researcher gave reaches the engine as an alias."""
        self.names += 1
        return f"t{self.names}"

    def note(self, text: str) -> None:
        """Say once what was completed or rewritten."""
        if text not in self.notes:
            self.notes.append(text)

    def chose(self, text: str, bits: int, where: str) -> None:
        """List a literal of the author."""
        self.literals.append(Literal(text, bits, where))


def number(units: int) -> exp.Expr:
    """A 64-bit whole number."""
    digits: exp.Expr = exp.Literal.number(abs(units))
    return exp.cast(exp.Neg(this=digits) if units < 0 else digits, "BIGINT")


def day(value: date) -> exp.Expr:
    """A date."""
    return exp.cast(exp.Literal.string(value.isoformat()), "DATE")


def settle(proof: Proof, value: Value, like: Value, where: str) -> Value:
    """The literal as a value that may be compared with `like`; other values are returned as they are."""
    if value.raw is None:
        return value
    raw = value.raw
    if like.type is Type.DATE and isinstance(raw, str):
        raw = _iso(raw)
    _check_domain(raw, like, where)
    made = _typed(replace(value, raw=raw), like.scale.step if like.scale else None)
    if not value.fixed:
        proof.chose(str(raw), _bits(raw, like), where)
    return made


def _iso(text: str) -> date:
    try:
        return date.fromisoformat(text if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else "")
    except ValueError:
        refuse("literal", "A date is compared with text that is not a date.", "Write DATE '2020-01-31'.")


def _check_domain(raw: Raw, like: Value, where: str) -> None:
    """A literal that meets a column with a public domain or grid is one of its values."""
    if like.raw is not None:
        return
    plain = int(raw) if isinstance(raw, Fraction) and raw.denominator == 1 else raw
    if like.domain is not None and like.type is not Type.BOOLEAN and plain not in like.domain.values:
        refuse("domain", f"A value in {where} is not in the public domain of what it is compared with.")
    if isinstance(raw, Fraction) and like.scale and (raw / like.scale.step).denominator != 1:
        refuse("grid", f"A number in {where} is not a multiple of {like.scale.step}, the step of its grid.")


def _typed(value: Value, step: Fraction | None = None) -> Value:
    """The literal as typed SQL; `step` is the fixed-point unit wanted."""
    raw = value.raw
    if isinstance(raw, bool):
        return Value(exp.Boolean(this=raw), Type.BOOLEAN, domain=BOOLEAN_DOMAIN)
    if isinstance(raw, Fraction):
        step = step if step is not None and (raw / step).denominator == 1 else Fraction(1, raw.denominator)
        units = int(raw / step)
        domain = Domain((int(raw),), (str(raw),)) if raw.denominator == 1 else None
        return Value(number(units), Type.INTEGER, Scale(step, units, units), domain)
    if isinstance(raw, date):
        if not FIRST_DAY <= raw <= LAST_DAY:
            refuse("literal", "A date lies outside the years 1900 to 2099.")
        return Value(day(raw), Type.DATE)
    if not isinstance(raw, str) or not _LABEL.fullmatch(raw):
        refuse("literal", "A text is not plain: 1 to 40 ASCII letters, digits, spaces and + < > = . , _ / ( ) % -.")
    return Value(exp.Literal.string(raw), Type.TEXT, domain=Domain((raw,), (raw,)))


def _bits(raw: Raw, like: Value) -> int:
    """Bits of choice: log2 of the values it could have been, rounded up; free text counts eight a character."""
    if isinstance(raw, bool):
        return 1
    if isinstance(raw, date):
        return (LAST_DAY - FIRST_DAY).days.bit_length()
    if like.raw is None and like.domain is not None and like.type is not Type.BOOLEAN:
        return (len(like.domain.values) - 1).bit_length()
    if isinstance(raw, str):
        return 8 * len(raw)
    if like.raw is None and like.scale is not None:
        return max((like.scale.high - like.scale.low).bit_length(), abs(raw.numerator).bit_length())
    return abs(raw.numerator).bit_length() + raw.denominator.bit_length()


def natural(proof: Proof, value: Value, where: str) -> Value:
    """A literal standing for itself; other values are returned as they are."""
    if value.raw is None:
        return value
    if not value.fixed:
        proof.chose(str(value.raw), _bits(value.raw, value), where)
    return _typed(value)


def alike(proof: Proof, values: Sequence[Value], where: str) -> list[Value]:
    """The values brought to one type and one step, as branches of one expression. Raises Invalid("view:type")."""
    dated = any(value.type is Type.DATE for value in values)
    settled = [
        natural(proof, replace(value, raw=_iso(value.raw)) if dated and isinstance(value.raw, str) else value, where)
        for value in values
    ]
    types = {value.type for value in settled if value.type is not None}
    if len(types) != 1:
        refuse("type", f"{where} combines values of different types, or only NULL.")
    if types != {Type.INTEGER}:
        return settled
    step = _common([value.scale.step for value in settled if value.scale])
    return [rescale(value, step) for value in settled]


def _common(steps: Sequence[Fraction]) -> Fraction:
    return Fraction(
        gcd(*(s.numerator * (lcm(*(t.denominator for t in steps)) // s.denominator) for s in steps)),
        lcm(*(t.denominator for t in steps)),
    )


def rescale(value: Value, step: Fraction) -> Value:
    """The same number counted in a finer step."""
    if value.scale is None or value.scale.step == step:
        return value
    factor = int(value.scale.step / step)
    scale = Scale(step, value.scale.low * factor, value.scale.high * factor, value.scale.unit)
    domain = value.domain if step == 1 else None
    return replace(value, sql=paren(exp.Mul(this=value.sql, expression=number(factor))), scale=scale, domain=domain)


def union(values: Sequence[Value]) -> tuple[Type | None, Scale | None, Domain | None]:
    """Type, scale and domain of "one of these values"; the values are alike."""
    known = [value for value in values if value.type is not None]
    scales = [value.scale for value in known if value.scale]
    units = {scale.unit for scale in scales if scale.unit}
    scale = None
    if scales:
        low, high = min(s.low for s in scales), max(s.high for s in scales)
        scale = Scale(scales[0].step, low, high, next(iter(units)) if len(units) == 1 else None)
    return known[0].type, scale, _domains(known)


def _domains(values: Sequence[Value]) -> Domain | None:
    labels: dict[str | int | bool, str] = {}
    for value in values:
        if value.domain is None:
            return None
        for key, label in zip(value.domain.values, value.domain.labels, strict=True):
            labels.setdefault(key, label)
    return Domain(tuple(labels), tuple(labels.values()))


def paren(node: exp.Expr) -> exp.Expr:
    """In brackets, so that no precedence is left to a parser."""
    return exp.Paren(this=node)
