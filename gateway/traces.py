"""Spans of requests, commands, tasks and questions to the database: an extra for operators, off at first.

A span has listed attributes whose values are words of our code or whole numbers; everything else stays inside, whoever
hands it over. Errors are told by code or type, never by their text. No address, id, person, query text or parameter
comes out, and what a request says of a trace of its own is not believed.

How long a draw or a job of a room takes follows from records (privacy model P5, P13): in them nothing is traced.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from importlib.metadata import entry_points
from string import ascii_letters
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, event

from gateway.settings import EXPORTERS

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

Told = str | int
KEYS = frozenset({"endpoint", "method", "status", "command", "task", "outcome", "code", "error", "operation"})
CLOSED = {  # what others choose is one of these or nothing
    "method": frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}),
    "operation": frozenset({"BEGIN", "SELECT", "INSERT", "UPDATE", "DELETE", "SAVEPOINT", "RELEASE", "ROLLBACK"}),
}
OTHER = "other"
_SIGNS, _LONGEST = frozenset(ascii_letters + "_.:- "), 64  # no digit: an id or a number of somebody has some


class Kind(StrEnum):
    """What a span is of."""

    REQUEST = "request"
    COMMAND = "command"
    TASK = "task"
    QUERY = "query"


_provider: "TracerProvider | None" = None
_open: "ContextVar[Span | None]" = ContextVar("open", default=None)  # the innermost span of ours
_silent: ContextVar[bool] = ContextVar("silent", default=False)


def begin(exporter: str, engine: Engine) -> None:
    """Trace this process to the installed exporter of that name; the empty name is off."""
    if exporter:
        (found,) = entry_points(group=EXPORTERS, name=exporter)
        begin_with(found.load()(), engine)


def begin_with(exporter: "SpanExporter", engine: Engine) -> None:
    """Trace to this exporter, by a provider of our own: no other library's spans come out of it."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _provider
    end()
    _provider = TracerProvider(resource=Resource({"service.name": "tre-gateway"}))
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    for moment, listener in _LISTENERS.items():
        if not event.contains(engine, moment, listener):
            event.listen(engine, moment, listener)


def end() -> None:
    """Send what waits, and trace no more."""
    global _provider
    if _provider is not None:
        _provider.shutdown()
    _provider = None


@contextmanager
def span(kind: Kind, **told: Told) -> Iterator[None]:
    """A span around this block, inside the one that is open; nothing where traces are off or nothing may be traced."""
    begun = _begun(kind, told)
    if begun is None:
        yield
        return
    token = _open.set(begun)
    try:
        yield
    except Exception as error:
        tell(error=type(error).__name__, code=str(getattr(error, "code", None) or ""))
        raise
    finally:
        _open.reset(token)
        begun.end()


@contextmanager
def silence() -> Iterator[None]:
    """Nothing is traced in this block."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def tell(**told: Told) -> None:
    """Add what is known by now to the open span, if there is one."""
    here = _open.get()
    if here is not None:
        here.set_attributes(_listed(told))


def _listed(told: dict[str, Told]) -> dict[str, Told]:
    """The second wall: listed keys alone, and of texts only what may be a word of ours."""
    return {key: _word(key, value) for key, value in told.items() if key in KEYS and value != ""}


def _word(key: str, value: Told) -> Told:
    if isinstance(value, int):
        return int(value)
    ours = value in CLOSED[key] if key in CLOSED else len(value) <= _LONGEST and _SIGNS.issuperset(value)
    return str(value) if ours else OTHER


def _begun(kind: Kind, told: dict[str, Told]) -> "Span | None":
    if _provider is None or _silent.get():
        return None
    from opentelemetry.context import Context
    from opentelemetry.trace import set_span_in_context

    above = _open.get()
    inside = Context() if above is None else set_span_in_context(above, Context())
    return _provider.get_tracer("gateway").start_span(kind.value, context=inside, attributes=_listed(told))


def _asks(_: Any, __: Any, statement: str, ___: Any, context: Any, ____: bool) -> None:
    """A question inside a span of ours; those beside one, such as a worker's look for tasks, tell when draws end."""
    if _provider is not None and _open.get() is not None:
        context.tre_span = _begun(Kind.QUERY, {"operation": statement.strip()[:20].partition(" ")[0].upper()})


def _asked(_: Any, __: Any, ___: str, ____: Any, context: Any, _____: bool) -> None:
    begun = context.__dict__.pop("tre_span", None)
    if begun is not None:
        begun.end()


def _failed(trouble: Any) -> None:
    begun = trouble.execution_context and trouble.execution_context.__dict__.pop("tre_span", None)
    if begun is not None:
        begun.set_attributes(_listed({"error": type(trouble.original_exception).__name__}))
        begun.end()


_LISTENERS: dict[str, Callable[..., Any]] = {
    "before_cursor_execute": _asks,
    "after_cursor_execute": _asked,
    "handle_error": _failed,
}
